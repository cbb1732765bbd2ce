// What is remembered under a command_id, for how long, and what a repeat is answered; windows at their edges.
import { describe, expect, test } from '@jest/globals';
import type { CommandMeta, LedgerEvent } from '../../schemas/generated.ts';
import type { PlacedEvent } from '../../schemas/records.ts';
import { decide, evolve, initial } from '../../src/domain/decider.ts';
import type { State } from '../../src/domain/decider.ts';
import type { Asked } from './given.ts';
import { adjust, archive, asked, cancel, carryOut, change, create, created, given, place, print } from './given.ts';
import { repeatOf, start, told, uuid } from './given.ts';

const dayMs = 86_400_000;

/** Carries commands out one after the other; every one without a meta of its own has its own command_id. */
function history(...commands: readonly Asked[]): { readonly state: State; readonly events: PlacedEvent[] } {
  const state = initial();
  const events: PlacedEvent[] = [];
  commands.forEach((command, n) => {
    const meta = { command_id: uuid(100 + n), fingerprint: print(100 + n), ...command.meta };
    events.push(...carryOut(state, asked({ ...command, meta }, n), events.length));
  });
  return { state, events };
}

function again(state: State, command: Asked, meta: Partial<CommandMeta>, at = start): readonly LedgerEvent[] {
  return decide(state, asked({ ...command, meta, at })).events;
}

const firstMeta = { command_id: uuid(7), fingerprint: print(7) };
const opened = [create('cup'), create('mug', { stock: 1 })];

describe('the same command again', () => {
  const order = { order_id: uuid(1) };
  const cup = { product_id: 'cup' };
  test.each<[string, Asked[], Asked, LedgerEvent]>([
    ['created', [], create('cup'), repeatOf(cup, 0, 'ProductCreated')],
    ['changed', opened, change('cup', { name: 'Mug' }), repeatOf(cup, 2, 'ProductChanged')],
    ['adjusted', opened, adjust('cup', { delta: 1 }), repeatOf(cup, 2, 'StockAdjusted')],
    ['archived', opened, archive('cup'), repeatOf(cup, 2, 'ProductArchived')],
    ['accepted', opened, place(1, [['cup', 1]]), repeatOf(order, 3, 'OrderAccepted')],
    ['cancelled', [...opened, place(1, [['cup', 1]])], cancel(1), repeatOf(order, 4, 'OrderCancelled')],
    ['out of stock', opened, place(1, [['mug', 2]]), repeatOf(order, 2, 'out_of_stock')],
    ['refused, about a product', opened, create('cup'), repeatOf(cup, 2, 'already_exists')],
    ['refused, about an order', opened, cancel(1), repeatOf(order, 2, 'unknown_order')],
    [
      'refused, about an odd order',
      [],
      { ...cancel(1), type: 'CancelOrder', data: { order_id: 'odd', expected_version: null, reason: null } },
      repeatOf({ order_id: 'odd' }, 0, 'unknown_order'),
    ],
    ['itself a repeat', [...opened, archive('cup')], archive('cup'), repeatOf(cup, 2, 'ProductArchived')],
  ])('%s: is answered with what was decided first', (_, before, command, answer) => {
    const { state } = history(...before, { ...command, meta: firstMeta });
    const decision = decide(state, asked({ ...command, meta: firstMeta }));
    expect(decision).toEqual({ events: [answer], answer: 0, remember: false });
  });

  test('about no product and no order: is answered with the refusal', () => {
    const euro = create('tasse', { price: { amount: 1, currency: 'EUR' } });
    const both = place(1, [
      ['cup', 1],
      ['tasse', 1],
    ]);
    const { state } = history(...opened, euro, { ...both, meta: firstMeta });
    expect(again(state, both, firstMeta)).toEqual([repeatOf({}, 3, 'mixed_currencies')]);
  });

  test('stays refused after a restock', () => {
    const order = place(1, [['mug', 2]]);
    const { state } = history(...opened, { ...order, meta: firstMeta }, adjust('mug', { delta: 5 }));
    expect(again(state, order, firstMeta)).toEqual([repeatOf({ order_id: uuid(1) }, 2, 'out_of_stock')]);
  });

  test('with another order_id is answered with the first', () => {
    const { state } = history(...opened, { ...place(1, [['cup', 1]]), meta: firstMeta });
    expect(again(state, place(2, [['cup', 1]]), firstMeta)).toEqual([
      repeatOf({ order_id: uuid(1) }, 3, 'OrderAccepted'),
    ]);
  });

  test('with another body is refused, and the first memory stays', () => {
    const { state } = history(...opened, { ...place(1, [['cup', 1]]), meta: firstMeta });
    const other = asked({ ...place(2, [['cup', 2]]), meta: { ...firstMeta, fingerprint: print(8) } });
    const decision = decide(state, other);
    expect(decision).toMatchObject({
      events: [{ type: 'CommandRefused', data: { reason: 'idempotency_key_reused', order_id: uuid(1) } }],
      remember: false,
    });
    carryOut(state, other, 4);
    expect(again(state, place(1, [['cup', 1]]), firstMeta)).toEqual([
      repeatOf({ order_id: uuid(1) }, 3, 'OrderAccepted'),
    ]);
  });

  test.each([0, 15])('differs where byte %i of the fingerprint does', (place) => {
    const { state } = history({ ...create('cup'), meta: firstMeta });
    const fingerprint = print(7).map((byte, at) => (at === place ? byte ^ 1 : byte));
    expect(again(state, create('cup'), { ...firstMeta, fingerprint })[0]?.data).toMatchObject({
      reason: 'idempotency_key_reused',
    });
  });
});

describe('the memory of a command', () => {
  const order = place(1, [['cup', 1]]);

  test.each([
    [86_400, dayMs],
    [600, 600_000],
    [1, 1_000],
  ])('lasts %i s of log time and not a millisecond longer', (remember_for_s, ms) => {
    const { state } = history(...opened, { ...order, meta: { ...firstMeta, remember_for_s } });
    expect(again(state, order, firstMeta, start + ms - 1)).toEqual([
      repeatOf({ order_id: uuid(1) }, 3, 'OrderAccepted'),
    ]);
    expect(again(state, order, firstMeta, start + ms)[0]?.data).toMatchObject({ reason: 'already_exists' });
  });

  test('counts from the first decision, not from the last repeat', () => {
    const first = { ...order, meta: { ...firstMeta, remember_for_s: 600 } };
    const { state } = history(...opened, first, { ...first, at: start + 599_999 });
    expect(again(state, order, firstMeta, start + 600_000)[0]?.data).toMatchObject({ reason: 'already_exists' });
  });

  test('starts anew when it had run out', () => {
    const short = (at: number) => ({ ...cancel(9), at, meta: { ...firstMeta, remember_for_s: 600 } });
    const { state } = history(short(start), short(start + 600_000));
    expect(again(state, cancel(9), firstMeta, start + 1_199_999)).toEqual([
      repeatOf({ order_id: uuid(9) }, 1, 'unknown_order'),
    ]);
    expect(again(state, cancel(9), firstMeta, start + 1_200_000)[0]?.type).toBe('CommandRefused');
  });

  test('is made only of what the journal says', () => {
    const refusal = {
      type: 'CommandRefused',
      data: { reason: 'poison', detail: 'Bytes.', product_id: null, order_id: null },
    } as const;
    const state = initial();
    evolve(state, told(refusal, 0));
    evolve(state, told({ ...refusal, meta: { answers: uuid(7) } }, 1));
    evolve(state, told({ ...refusal, meta: { answers: 'no uuid', remember: { fingerprint: print(7), for_s: 9 } } }, 2));
    expect(again(state, create('cup'), firstMeta)[0]?.type).toBe('ProductCreated');
    evolve(state, told({ ...refusal, meta: { answers: uuid(7), remember: { fingerprint: print(7), for_s: 9 } } }, 3));
    expect(again(state, create('cup'), firstMeta)).toEqual([repeatOf({}, 3, 'poison')]);
  });
});

describe('a command that was made long ago', () => {
  const late = (ms: number): Asked => ({ ...create('cup'), at: start, meta: { made_at: start - ms } });

  test('is refused above 10 minutes, and not remembered', () => {
    expect(given().when(late(600_000)).decision.events[0]?.type).toBe('ProductCreated');
    expect(given().when(late(600_001)).thenRefused('too_late').decision.remember).toBe(false);
  });

  test('is too late even where its outcome is known', () => {
    const { state } = history({ ...create('cup'), meta: firstMeta });
    expect(again(state, create('cup'), { ...firstMeta, made_at: start - 600_001 })[0]?.data).toMatchObject({
      reason: 'too_late',
    });
  });

  test('is decided where lateness does not matter', () => {
    given()
      .when({ ...create('cup'), meta: { made_at: -1 } })
      .then(created('cup'));
    given()
      .when({ ...create('cup'), meta: { made_at: 0 } })
      .thenRefused('too_late');
  });
});

describe('an equal order under another key', () => {
  const equal = print(50);
  const one = (order: number, data: { customer_id?: string; repeat_window_s?: number } = {}) =>
    place(order, [['cup', 1]], { repeat_window_s: 60, ...data });
  const first = { ...one(1), meta: { ...firstMeta, fingerprint: equal } };
  const other = { command_id: uuid(8), fingerprint: equal };

  test('is refused within the window, and the refusal is remembered', () => {
    const { state } = history(...opened, first);
    const decision = decide(state, asked({ ...one(2), meta: other, at: start + 59_999 }));
    expect(decision).toMatchObject({
      events: [{ type: 'CommandRefused', data: { reason: 'repeated_order', order_id: uuid(1) } }],
      remember: true,
    });
  });

  test.each<[string, Asked, Asked]>([
    ['after the window', first, { ...one(2), at: start + 60_000 }],
    ['after its own, shorter window', first, { ...one(2, { repeat_window_s: 10 }), at: start + 10_000 }],
    ['without a window of its own', first, one(2, { repeat_window_s: 0 })],
    ['where the first had none', { ...first, ...one(1, { repeat_window_s: 0 }) }, one(2)],
    [
      'after the shorter window of the first',
      { ...first, ...one(1, { repeat_window_s: 10 }) },
      { ...one(2), at: start + 10_000 },
    ],
    ['for another customer', first, one(2, { customer_id: 'dee' })],
    ['where the first was refused', { ...first, ...place(1, [['cup', 99]], { repeat_window_s: 60 }) }, one(2)],
  ])('is accepted %s', (_, before, command) => {
    const { state } = history(...opened, before);
    expect(again(state, command, other, command.at).at(-1)?.type).toBe('OrderAccepted');
  });

  test('is accepted where the fingerprint differs', () => {
    const { state } = history(...opened, first);
    expect(again(state, one(2), { ...other, fingerprint: print(51) }).at(-1)?.type).toBe('OrderAccepted');
  });

  test('under the same key is a repeat, and no repeated order once that is forgotten', () => {
    const forgetful = { ...firstMeta, fingerprint: equal, remember_for_s: 30 };
    const { state } = history(...opened, { ...one(1), meta: forgetful });
    expect(again(state, one(2), forgetful, start + 29_999)[0]?.type).toBe('CommandRepeated');
    expect(again(state, one(2), forgetful, start + 30_000).at(-1)?.type).toBe('OrderAccepted');
  });

  test('is looked for before the stock', () => {
    const { state } = history(create('cup', { stock: 1 }), first);
    expect(again(state, one(2), other)[0]?.data).toMatchObject({ reason: 'repeated_order' });
  });
});
