// A state as bytes: whatever way a history was folded, its bytes are the same, and what comes back from them is the same
// state, now and for all that follows. SEED repeats a run; it is part of each test's name.
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PlacedCommand, PlacedEvent } from '../../schemas/records.ts';
import { decide, evolve, evolveVersion, fork, initial, settle, sizes } from '../../src/domain/decider.ts';
import type { State } from '../../src/domain/decider.ts';
import { stateCodec } from '../../src/domain/snapshot.ts';
import { adjust, archive, asked, cancel, carryOut, change, create, place, print, start, usd, uuid } from './given.ts';
import { histories } from './histories.ts';

const seed = Number(process.env.SEED ?? 20_261_122);
const runs = Number(process.env.RUNS ?? 150);

function hashOf(state: State): string {
  const hash = createHash('sha256');
  for (const piece of stateCodec.encode(state)) hash.update(piece);
  return hash.digest('hex');
}

function copyOf(state: State): State {
  const restoring = stateCodec.restore();
  // Copied, as the log would: the pieces lie anywhere in the memory that they are read from.
  for (const piece of stateCodec.encode(state)) restoring.add(Buffer.concat([Buffer.alloc(3), piece]).subarray(3));
  return restoring.state();
}

function journalOf(commands: readonly PlacedCommand[]): PlacedEvent[] {
  const state = initial();
  const journal: PlacedEvent[] = [];
  for (const command of commands) journal.push(...carryOut(state, command, journal.length));
  return journal;
}

function fold(events: readonly PlacedEvent[], state = initial()): State {
  for (const event of events) evolve(state, event);
  return state;
}

/** Decides in batches on forks; every few batches the state is held still for some batches, as a snapshot does. */
function writeInBatches(
  commands: readonly PlacedCommand[],
  sizesOf: readonly number[],
  holds: readonly boolean[],
): State {
  let state = initial();
  let offset = 0;
  for (let from = 0, batch = 0; from < commands.length; batch += 1) {
    const to = from + (sizesOf[batch % sizesOf.length] ?? 1);
    const wantsHold = holds[batch % holds.length] ?? false;
    if (wantsHold && state.below === null) state = fork(state);
    else if (!wantsHold && state.below !== null) state = settle(state);
    const overlay = fork(state);
    for (const command of commands.slice(from, to)) offset += carryOut(overlay, command, offset).length;
    state = settle(overlay);
    from = to;
  }
  return state.below === null ? state : settle(state);
}

describe(`any history (seed ${seed}, ${runs} runs)`, () => {
  test('goes on from a copy at any point as if there had been none', () => {
    const property = fc.property(histories, fc.double({ min: 0, max: 1, noNaN: true }), (commands, share) => {
      const journal = journalOf(commands);
      const cut = Math.floor(journal.length * share);
      const original = fold(journal.slice(0, cut));
      const copy = copyOf(original);
      expect(hashOf(copy)).toBe(hashOf(original));
      expect(sizes(copy)).toEqual(sizes(original));
      fold(journal.slice(cut), original);
      fold(journal.slice(cut), copy);
      expect(hashOf(copy)).toBe(hashOf(original));
      const now = original.time;
      for (const later of [0, 60_000, 600_000, 86_400_000]) {
        for (const command of commands) {
          const asksAgain = { ...command, at: now + later };
          expect(decide(copy, asksAgain)).toEqual(decide(original, asksAgain));
        }
      }
    });
    fc.assert(property, { seed, numRuns: runs });
  });

  test('has the same bytes whether it was folded or decided in batches, held still in between or not', () => {
    const batches = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
    const holds = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 });
    const property = fc.property(histories, batches, holds, (commands, sizesOf, held) => {
      expect(hashOf(writeInBatches(commands, sizesOf, held))).toBe(hashOf(fold(journalOf(commands))));
    });
    fc.assert(property, { seed, numRuns: runs });
  });
});

/** A little of everything that a state can hold. */
function everything(): State {
  const window = { repeat_window_s: 700 };
  const asks = [
    create('cup', { stock: 20, low_stock_threshold: 3 }),
    create('plan', { stock: null, name: 'Plân \ud83d\ude00 "quoted"', price: usd(1) }),
    create('__proto__'),
    place(
      1,
      [
        ['cup', 4],
        ['plan', 1],
      ],
      window,
    ),
    place(2, [['cup', 100]]),
    place(3, [['cup', 2]], { customer_id: 'ann', order_id: 'no-uuid' }),
    cancel(1),
    adjust('cup', { delta: 5 }),
    change('plan', { price: usd(2) }),
    archive('__proto__'),
  ];
  const state = initial();
  let next = 0;
  asks.forEach((ask, n) => {
    const meta = { command_id: uuid(100 + n), fingerprint: print(n), remember_for_s: n % 2 === 0 ? 600 : 86_400 };
    next += carryOut(state, asked({ ...ask, meta, at: start + n * 1_000 }, n), next).length;
  });
  return state;
}

// When this fails, either `evolve` makes another state of the same events, or the same state has other bytes. Both mean
// that older snapshots must not be used: raise `evolveVersion`, and put the new hash here.
test('a known history makes the bytes that belong to this version of evolve', () => {
  expect({ evolveVersion, hash: hashOf(everything()) }).toEqual({
    evolveVersion: 2,
    hash: '0d551033c4d10558930025da0f1131533abd31121f9718e0f96aff157b0692d5',
  });
});

describe('a copy', () => {
  test('of a state that is large comes in many small pieces', () => {
    const state = initial();
    let next = carryOut(state, asked({ ...create('cup', { stock: 1e9 }), meta: { command_id: uuid(1) } }), 0).length;
    for (let n = 0; n < 5_000; n += 1) {
      const meta = { command_id: uuid(100 + n), fingerprint: print(n) };
      next += carryOut(state, asked({ ...place(n + 1, [['cup', 1]]), meta }, n), next).length;
    }
    const lengths = [...stateCodec.encode(state)].map(({ length }) => length);
    expect(lengths.length).toBeGreaterThan(10);
    expect(Math.max(...lengths)).toBeLessThan(150_000);
    const copy = copyOf(state);
    expect(hashOf(copy)).toBe(hashOf(state));
    expect(decide(copy, asked(cancel(4_999)))).toEqual(decide(state, asked(cancel(4_999))));
  });

  test('is not made of a fork', () => {
    expect(() => [...stateCodec.encode(fork(initial()))]).toThrow('not acknowledged');
  });

  test.each<[string, (pieces: Uint8Array[]) => Uint8Array[], string]>([
    ['nothing', () => [], 'at least one piece'],
    ['pieces without the first', (pieces) => pieces.slice(1), 'where none belongs'],
    ['the first piece twice', (pieces) => [...pieces.slice(0, 1), ...pieces], 'where none belongs'],
    ['a piece cut off', (pieces) => pieces.map((piece) => piece.subarray(0, 20)), 'cut off'],
    ['a piece without a length', (pieces) => pieces.map((piece) => piece.subarray(0, 3)), 'too short'],
    ['records that are not whole', (pieces) => pieces.map((piece) => piece.subarray(0, -1)), ''],
    ['another byte order', (pieces) => pieces.map(turned), 'byte order'],
    ['a piece of something else', (pieces) => [...pieces, unknownPiece()], 'is not known'],
  ])('is not made of %s', (_, damage, message) => {
    const restore = (): State => {
      const restoring = stateCodec.restore();
      for (const piece of damage([...stateCodec.encode(everything())])) restoring.add(piece);
      return restoring.state();
    };
    expect(restore).toThrow(message);
  });
});

function turned(piece: Uint8Array): Uint8Array {
  return Buffer.concat([piece.subarray(0, -4), piece.subarray(-4).toReversed()]);
}

function unknownPiece(): Uint8Array {
  const head = Buffer.from('{"is":"weather"}');
  return Buffer.concat([Buffer.from([head.length, 0, 0, 0]), head]);
}
