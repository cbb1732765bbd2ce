// Commands on products: each one's outcome, each one's refusals.
import { describe, expect, test } from '@jest/globals';
import { UnsoundCommand } from '../../src/domain/decider.ts';
import type { Asked } from './given.ts';
import { accepted, adjust, archive, archived, change, create, created, given, held, repeatOf, usd } from './given.ts';

const changed = (name: string, price: number, low_stock_threshold: number | null, version: number) =>
  ({
    type: 'ProductChanged',
    data: { product_id: 'cup', name, price: usd(price), low_stock_threshold, version },
  }) as const;

const adjusted = (delta: number, on_hand: number, holds: number, version: number) =>
  ({
    type: 'StockAdjusted',
    data: { product_id: 'cup', delta, on_hand, held: holds, reason: 'count', reference: null, version },
  }) as const;

const holdsSeven = [created('cup'), held('cup', 5, 7, 10, 7), accepted(5, [['cup', 7]])];

describe('creating a product', () => {
  test('offers it with version 1', () => {
    given()
      .when(create('cup', { low_stock_threshold: 3, billing: 'recurring', frequency: 'month' }))
      .then(created('cup', { low_stock_threshold: 3, billing: 'recurring', frequency: 'month' }));
  });

  test('may leave the stock untracked, or start with none, or with as many as can be counted', () => {
    given()
      .when(create('plan', { stock: null }))
      .then(created('plan', { stock: null }));
    given()
      .when(create('cup', { stock: 0 }))
      .then(created('cup', { stock: 0 }));
    given()
      .when(create('cup', { stock: 1e12 }))
      .then(created('cup', { stock: 1e12 }));
  });

  test('is refused for an id that is in use, by an archived product too', () => {
    given(created('cup')).when(create('cup')).thenRefused('already_exists', { product_id: 'cup' });
    given(created('cup'), archived('cup')).when(create('cup')).thenRefused('already_exists', { product_id: 'cup' });
  });

  test('is refused above 10^12 units', () => {
    given()
      .when(create('cup', { stock: 1e12 + 1 }))
      .thenRefused('amount_too_large', { product_id: 'cup' });
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('takes %s for an id like any other', (id) => {
    given().when(create(id)).then(created(id));
    given(created(id)).when(create(id)).thenRefused('already_exists', { product_id: id });
    given(created(id, { stock: 4 }))
      .when(adjust(id, { delta: -5 }))
      .thenRefused('would_go_below_held', { product_id: id });
  });
});

describe('changing a product', () => {
  test('changes what is named and keeps the rest', () => {
    const cup = created('cup', { low_stock_threshold: 3 });
    given(cup)
      .when(change('cup', { name: 'Mug' }))
      .then(changed('Mug', 250, 3, 2));
    given(cup)
      .when(change('cup', { price: usd(300) }))
      .then(changed('Cup', 300, 3, 2));
    given(cup)
      .when(change('cup', { low_stock_threshold: { value: 5 } }))
      .then(changed('Cup', 250, 5, 2));
    given(cup)
      .when(change('cup', { low_stock_threshold: { value: null } }))
      .then(changed('Cup', 250, null, 2));
  });

  test('rests on the changes before it', () => {
    given(created('cup'), changed('Mug', 300, 4, 2))
      .when(change('cup', { price: usd(200) }))
      .then(changed('Mug', 200, 4, 3));
  });

  test.each([
    ['nothing', {}],
    ['the name that it has', { name: 'Mug' }],
    ['all that it has', { name: 'Mug', price: usd(300), low_stock_threshold: { value: 4 } }],
  ])('to %s is no event of the product, and its version stays', (_, values) => {
    const unchanged = given(created('cup'), changed('Mug', 300, 4, 2))
      .when(change('cup', { ...values, expected_version: 2 }))
      .then(repeatOf({ product_id: 'cup' }, -1, 'ProductChanged'));
    expect(unchanged.decision.remember).toBe(true);
  });

  test('to another currency is a change, whatever the amount', () => {
    const price = { amount: 250, currency: 'EUR' };
    const event = changed('Cup', 250, null, 2);
    given(created('cup'))
      .when(change('cup', { price }))
      .then({ ...event, data: { ...event.data, price } });
  });
});

describe('archiving a product', () => {
  test('ends its offer and leaves holds as they are', () => {
    given(...holdsSeven)
      .when(archive('cup'))
      .then(archived('cup'));
  });

  test('is a repeat when it is archived already, whatever version is expected', () => {
    const first = repeatOf({ product_id: 'cup' }, 1, 'ProductArchived');
    given(created('cup'), archived('cup')).when(archive('cup')).then(first);
    const again = given(created('cup'), archived('cup')).when(archive('cup', 1)).then(first);
    expect(again.decision.remember).toBe(true);
  });
});

describe('adjusting stock', () => {
  test.each([
    ['adding', { delta: 5 }, adjusted(5, 15, 7, 2)],
    ['taking away down to what is held', { delta: -3 }, adjusted(-3, 7, 7, 2)],
    ['setting higher', { set_to: 30 }, adjusted(20, 30, 7, 2)],
    ['setting to what is held', { set_to: 7 }, adjusted(-3, 7, 7, 2)],
    ['filling up to the limit', { delta: 1e12 - 10 }, adjusted(1e12 - 10, 1e12, 7, 2)],
  ])('%s says the true difference', (_, data, event) => {
    given(...holdsSeven)
      .when(adjust('cup', data))
      .then(event);
  });

  test.each([{ delta: 0 }, { set_to: 10 }])('by %j is no movement: the level is as it was wanted', (data) => {
    const unchanged = given(...holdsSeven)
      .when(adjust('cup', { ...data, expected_version: 1 }))
      .then(repeatOf({ product_id: 'cup' }, -1, 'StockAdjusted'));
    expect(unchanged.decision.remember).toBe(true);
  });

  test('carries reason and reference', () => {
    const why = { reason: 'delivery', reference: 'note-17' };
    const event = adjusted(1, 11, 0, 2);
    given(created('cup'))
      .when(adjust('cup', { delta: 1, ...why }))
      .then({ ...event, data: { ...event.data, ...why } });
  });

  test.each([
    ['below what is held', { delta: -4 }, 'would_go_below_held'],
    ['set below what is held', { set_to: 6 }, 'would_go_below_held'],
    ['set below zero', { set_to: -1 }, 'would_go_below_held'],
    ['by the largest number downwards', { delta: -Number.MAX_SAFE_INTEGER }, 'would_go_below_held'],
    ['above the limit', { delta: 1e12 - 9 }, 'amount_too_large'],
    ['set above the limit', { set_to: 1e12 + 1 }, 'amount_too_large'],
    ['by the largest number', { delta: Number.MAX_SAFE_INTEGER }, 'amount_too_large'],
  ])('%s is refused', (_, data, reason) => {
    given(...holdsSeven)
      .when(adjust('cup', data))
      .thenRefused(reason, { product_id: 'cup' });
  });

  test.each([1, 0])('by %i is refused where stock is not tracked', (delta) => {
    given(created('plan', { stock: null }))
      .when(adjust('plan', { delta }))
      .thenRefused('not_tracked', { product_id: 'plan' });
  });
});

describe('a command about an existing product', () => {
  const commands: readonly [string, (expected: number | null) => Asked][] = [
    ['change', (expected_version) => change('cup', { name: 'Mug', expected_version })],
    ['archive', (expected) => archive('cup', expected)],
    ['adjust', (expected_version) => adjust('cup', { delta: 1, expected_version })],
  ];

  test.each(commands)('%s is refused for a product that is not there', (_, command) => {
    given(created('mug')).when(command(null)).thenRefused('unknown_product', { product_id: 'cup' });
  });

  test.each(commands)('%s is refused for another version than the one expected', (_, command) => {
    const now = [created('cup'), changed('Bowl', 250, null, 2)];
    given(...now)
      .when(command(1))
      .thenRefused('version_mismatch', { product_id: 'cup' });
    given(...now)
      .when(command(3))
      .thenRefused('version_mismatch', { product_id: 'cup' });
    expect(given(...now).when(command(2)).decision.events[0]?.type).toMatch(/^(Product|Stock)/);
  });

  test.each(commands)('%s expects a version that holds do not count in', (_, command) => {
    expect(given(...holdsSeven).when(command(1)).decision.events[0]?.data).toMatchObject({ version: 2 });
  });

  test.each(commands.filter(([name]) => name !== 'archive'))('%s is refused once it is archived', (_, command) => {
    given(created('cup'), archived('cup')).when(command(null)).thenRefused('product_archived', { product_id: 'cup' });
  });
});

test.each<[string, Asked]>([
  ['a negative stock', create('cup', { stock: -1 })],
  ['a negative price', create('cup', { price: usd(-1) })],
  ['a change to a negative price', change('mug', { price: usd(-1) })],
  ['neither delta nor set_to', adjust('mug', {})],
  ['both delta and set_to', adjust('mug', { delta: 1, set_to: 1 })],
  ['a command_id that is no UUID', { ...create('cup'), meta: { command_id: 'cup-1' } }],
])('%s is unsound', (_, command) => {
  expect(() => given(created('mug')).when(command)).toThrow(UnsoundCommand);
});
