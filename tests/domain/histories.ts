// Random histories: few products, orders and keys, so that commands meet; log time that jumps over every window.
import fc from 'fast-check';
import type { CommandMeta } from '../../schemas/generated.ts';
import type { PlacedCommand } from '../../schemas/records.ts';
import type { Asked } from './given.ts';
import { adjust, archive, asked, cancel, change, create, place, print, start, usd, uuid } from './given.ts';

const product = fc.constantFrom('cup', 'mug', 'plan', '__proto__');
const order = fc.integer({ min: 1, max: 12 });
const version = fc.constantFrom(null, null, null, 1, 2, 3);
const price = fc.constantFrom(usd(250), usd(250), usd(1e12), { amount: 3, currency: 'EUR' });
const priority = fc.constantFrom('low', 'normal', 'high', 'critical', 'max');

const line = fc.tuple(product, fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(1_000_000)), priority);
const window = fc.constantFrom(0, 60, 700, 700);

const placing = fc
  .record({ order, lines: fc.array(line, { minLength: 1, maxLength: 4 }), repeat_window_s: window, customer: order })
  .map(({ order: id, lines, repeat_window_s, customer }) =>
    place(id, lines, { repeat_window_s, customer_id: `customer-${customer % 2}` }),
  );

const creating = fc
  .record({ product, price, stock: fc.constantFrom(null, 0, 5, 20, 1e12, 1e12 + 1) })
  .map(({ product: id, price: asPrice, stock }) => create(id, { price: asPrice, stock }));

const adjusting = fc
  .record({ product, version, amount: fc.integer({ min: -15, max: 25 }), absolute: fc.boolean() })
  .map(({ product: id, version: expected_version, amount, absolute }) =>
    adjust(id, { expected_version, ...(absolute ? { set_to: amount } : { delta: amount }) }),
  );

const command: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 8, arbitrary: placing },
  { weight: 4, arbitrary: creating },
  { weight: 4, arbitrary: adjusting },
  {
    weight: 4,
    arbitrary: fc.tuple(order, version).map(([id, v]) => cancel(id, v === null ? {} : { expected_version: v })),
  },
  { weight: 1, arbitrary: fc.tuple(product, price).map(([id, newPrice]) => change(id, { price: newPrice })) },
  { weight: 1, arbitrary: fc.tuple(product, version).map(([id, v]) => archive(id, v)) },
);

const about = fc.record({
  key: fc.integer({ min: 1, max: 60 }),
  body: fc.integer({ min: 1, max: 3 }),
  remember_for_s: fc.constantFrom(600, 600, 86_400),
  age: fc.constantFrom(null, null, null, 0, 600_000, 600_001),
});

/** Milliseconds of log time between two commands: mostly few, sometimes to the edge of a window and just beyond. */
const pause = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(0, 1, 1_000) },
  { weight: 3, arbitrary: fc.constantFrom(59_999, 60_000, 100_000, 150_000) },
  { weight: 2, arbitrary: fc.constantFrom(599_999, 600_000, 700_000) },
  { weight: 1, arbitrary: fc.constantFrom(21_600_000, 86_399_999, 86_400_000) },
);

/** Commands in log order. Four products always start the history, so that most orders find something to hold. */
export const histories: fc.Arbitrary<PlacedCommand[]> = fc
  .array(fc.record({ command, about, pause }), { minLength: 1, maxLength: 80 })
  .map((steps) => {
    let at = start;
    const opening = [create('cup', { stock: 20 }), create('mug', { stock: 5 }), create('plan', { stock: null })];
    const commands = opening.map((each, n) => asked({ ...each, meta: { command_id: uuid(500 + n) } }, n));
    for (const step of steps) {
      at += step.pause;
      const { key, body, remember_for_s, age } = step.about;
      const made_at = age === null ? -1 : at - age;
      const meta: Partial<CommandMeta> = { command_id: uuid(key), fingerprint: print(body), remember_for_s, made_at };
      commands.push(asked({ ...step.command, meta, at }, commands.length));
    }
    return commands;
  });
