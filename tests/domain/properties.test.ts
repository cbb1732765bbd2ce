// What holds in every history, tried on random ones. SEED repeats a run; it is part of each test's name.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PlacedCommand, PlacedEvent } from '../../schemas/records.ts';
import { decide, evolve, fork, initial, settle } from '../../src/domain/decider.ts';
import type { Decision, State } from '../../src/domain/decider.ts';
import { appended, carryOut } from './given.ts';
import { histories } from './histories.ts';

const seed = Number(process.env.SEED ?? 20_261_121);
const runs = Number(process.env.RUNS ?? 150);

function property(name: string, ...check: Parameters<typeof fc.assert>): void {
  const [arbitrary, options] = check;
  test(`${name} (seed ${seed}, ${runs} runs)`, () => fc.assert(arbitrary, { seed, numRuns: runs, ...options }));
}

function journalOf(commands: readonly PlacedCommand[], state = initial()): PlacedEvent[] {
  const journal: PlacedEvent[] = [];
  for (const command of commands) journal.push(...carryOut(state, command, journal.length));
  return journal;
}

function foldAll(events: readonly PlacedEvent[], state = initial()): State {
  for (const event of events) evolve(state, event);
  return state;
}

/** Everything that a state can still say, by the commands of a history, asked again then and later. */
function sayings(state: State, commands: readonly PlacedCommand[]): Decision[] {
  const now = Math.max(state.time, commands.at(-1)?.at ?? 0);
  return [0, 1, 60_000, 600_000, 86_400_000].flatMap((later) =>
    commands.map((command) => decide(state, { ...command, at: now + later })),
  );
}

property(
  'deciding in batches on forks, dropped and decided again, is the fold of the journal from zero',
  fc.property(histories, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (commands, sizes) => {
    let state = initial();
    const journal: PlacedEvent[] = [];
    for (let from = 0, batch = 0; from < commands.length; batch += 1) {
      const to = from + (sizes[batch % sizes.length] ?? 1);
      const decideBatch = (overlay: State) => {
        const events: PlacedEvent[] = [];
        for (const command of commands.slice(from, to)) {
          events.push(...carryOut(overlay, command, journal.length + events.length));
        }
        return { overlay, events };
      };
      const dropped = decideBatch(fork(state));
      const kept = decideBatch(fork(state));
      expect(kept.events).toEqual(dropped.events);
      journal.push(...kept.events);
      state = settle(kept.overlay);
      from = to;
    }
    expect(journal).toEqual(journalOf(commands));
    expect(sayings(state, commands)).toEqual(sayings(foldAll(journal), commands));
  }),
);

property(
  'a state that frees memory decides as one that never does',
  fc.property(histories, (commands) => {
    // A fork frees nothing.
    const never = fork(initial());
    expect(journalOf(commands, never)).toEqual(journalOf(commands));
  }),
);

property(
  'any command twice leads to nothing the second time',
  fc.property(histories, (commands) => {
    const state = initial();
    let next = 0;
    for (const command of commands) {
      const first = decide(state, command);
      next += carryOut(state, command, next).length;
      const second = decide(state, command);
      expect(second.events).toHaveLength(1);
      expect(second.remember).toBe(false);
      const [event] = second.events;
      if (first.remember) {
        expect(event?.type).toBe('CommandRepeated');
      } else {
        expect(second).toEqual(first);
      }
      for (const event of appended(second, command, next)) evolve(state, event);
      next += 1;
      expect(decide(state, command)).toEqual(second);
    }
  }),
);

property(
  'a key is known exactly as long as a plain list of outcomes says',
  fc.property(histories, (commands) => {
    const state = initial();
    const outcomes: { readonly key: string; readonly until: number; readonly print: Uint8Array }[] = [];
    let next = 0;
    for (const command of commands) {
      const { command_id: key, fingerprint, remember_for_s, made_at } = command.meta;
      const { events, remember } = decide(state, command);
      const known = outcomes.find((outcome) => outcome.key === key && command.at < outcome.until);
      const late = made_at >= 0 && command.at - made_at > 600_000;
      expect(remember).toBe(!late && known === undefined);
      if (!late && known !== undefined) {
        const same = Buffer.compare(known.print, fingerprint) === 0;
        const [first] = events;
        expect(first?.type).toBe(same ? 'CommandRepeated' : 'CommandRefused');
        if (!same) expect(first?.data).toMatchObject({ reason: 'idempotency_key_reused' });
      }
      if (remember) outcomes.push({ key, until: command.at + remember_for_s * 1000, print: fingerprint });
      next += carryOut(state, command, next).length;
    }
  }),
);

/** Stock and holds as an outsider counts them, from the events alone. */
interface Count {
  readonly levels: Map<string, { readonly onHand: number | null; readonly held: number }>;
  readonly holds: Map<string, Map<string, number>>;
  readonly accepted: Map<string, Map<string, number>>;
}

function countOne(count: Count, event: PlacedEvent): void {
  const { levels, accepted } = count;
  if (event.type === 'ProductCreated') levels.set(event.data.product_id, { onHand: event.data.stock, held: 0 });
  if (event.type === 'StockAdjusted') moveStock(count, event.data, event.data.delta, 0);
  if (event.type === 'StockHeld') moveHold(count, event.data, event.data.quantity);
  if (event.type === 'StockReleased') moveHold(count, event.data, -event.data.quantity);
  if (event.type === 'OrderAccepted') {
    expect(accepted.has(event.data.order_id)).toBe(false);
    accepted.set(event.data.order_id, new Map(event.data.lines.map((line) => [line.product_id, line.quantity])));
  }
  if (event.type === 'OrderCancelled') accepted.delete(event.data.order_id);
}

interface LevelsAfter {
  readonly product_id: string;
  readonly on_hand: number | null;
  readonly held: number;
}

function moveStock({ levels }: Count, after: LevelsAfter, delta: number, moved: number): void {
  const before = levels.get(after.product_id) ?? { onHand: Number.NaN, held: Number.NaN };
  const onHand = before.onHand === null ? null : before.onHand + delta;
  const now = { onHand, held: before.held + moved };
  expect({ onHand: after.on_hand, held: after.held }).toEqual(now);
  levels.set(after.product_id, now);
}

function moveHold(count: Count, after: LevelsAfter & { readonly order_id: string }, moved: number): void {
  moveStock(count, after, 0, moved);
  const ofOrder = count.holds.get(after.order_id) ?? new Map<string, number>();
  const units = (ofOrder.get(after.product_id) ?? 0) + moved;
  if (units === 0) ofOrder.delete(after.product_id);
  else ofOrder.set(after.product_id, units);
  count.holds.set(after.order_id, ofOrder);
}

property(
  'nothing is oversold, and orders hold all their lines or none',
  fc.property(histories, (commands) => {
    const count: Count = { levels: new Map(), holds: new Map(), accepted: new Map() };
    const state = initial();
    let next = 0;
    for (const command of commands) {
      const events = carryOut(state, command, next);
      next += events.length;
      for (const event of events) {
        countOne(count, event);
        for (const { onHand, held } of count.levels.values()) {
          expect(held).toBeGreaterThanOrEqual(0);
          if (onHand !== null) expect(held).toBeLessThanOrEqual(onHand);
        }
      }
      // Between commands: what is held is what the live orders ask for, line by line.
      const held = new Map([...count.holds].filter(([, lines]) => lines.size > 0));
      expect(held).toEqual(count.accepted);
      for (const [id, level] of count.levels) {
        const sum = [...count.accepted.values()].reduce((units, lines) => units + (lines.get(id) ?? 0), 0);
        expect(level.held).toBe(sum);
      }
    }
  }),
);

property(
  'every command has one outcome, whose answer is about an order, a product or the command',
  fc.property(histories, (commands) => {
    const state = initial();
    let next = 0;
    for (const command of commands) {
      const { events, answer } = decide(state, command);
      const answers = events.filter(({ type }) => type !== 'StockHeld' && type !== 'StockReleased');
      expect(answers).toEqual([events[answer]]);
      next += carryOut(state, command, next).length;
    }
  }),
);

test('random histories come to every outcome', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(histories, (commands) => {
      for (const { type, data } of journalOf(commands))
        seen.add('reason' in data && type === 'CommandRefused' ? data.reason : type);
    }),
    { seed, numRuns: runs },
  );
  expect([...seen].sort()).toEqual(
    [
      ...['CommandRepeated', 'OrderAccepted', 'OrderCancelled', 'OrderRefused', 'ProductArchived', 'ProductChanged'],
      ...['ProductCreated', 'StockAdjusted', 'StockHeld', 'StockReleased', 'already_exists', 'amount_too_large'],
      ...[
        'idempotency_key_reused',
        'mixed_currencies',
        'not_tracked',
        'product_archived',
        'repeated_order',
        'too_late',
      ],
      ...['unknown_order', 'unknown_product', 'version_mismatch', 'would_go_below_held'],
    ].sort(),
  );
});
