// Placing orders: all lines or none, and every way to be refused.
import { describe, expect, test } from '@jest/globals';
import { UnsoundCommand } from '../../src/domain/decider.ts';
import type { Told } from './given.ts';
import { accepted, archived, cancelled, created, given, held, ordered, outOfStock, place, shop } from './given.ts';
import { start, usd, uuid } from './given.ts';

describe('placing an order', () => {
  test('holds every line, then accepts', () => {
    const { decision } = given(...shop)
      .when(
        place(1, [
          ['mug', 4],
          ['cup', 2],
        ]),
      )
      .then(
        held('mug', 1, 4, 4, 4),
        held('cup', 1, 2, 10, 2),
        accepted(1, [
          ['mug', 4],
          ['cup', 2],
        ]),
      );
    expect(decision).toMatchObject({ answer: 2, remember: true });
  });

  test('holds what is untracked without limit, on hand null', () => {
    given(...shop, held('plan', 9, 2_000_000, null, 2_000_000))
      .when(place(1, [['plan', 1_000_000]]))
      .then(held('plan', 1, 1_000_000, null, 3_000_000), accepted(1, [['plan', 1_000_000]]));
  });

  test('sums lines of a product, first appearance and highest priority', () => {
    given(...shop)
      .when(
        place(1, [
          ['mug', 1, 'low'],
          ['cup', 2],
          ['mug', 3, 'high'],
        ]),
      )
      .then(
        held('mug', 1, 4, 4, 4),
        held('cup', 1, 2, 10, 2),
        accepted(
          1,
          [
            ['mug', 4, 'high'],
            ['cup', 2],
          ],
          { priority: 'high' },
        ),
      );
    given(...shop)
      .when(
        place(1, [
          ['mug', 2],
          ['mug', 3],
        ]),
      )
      .then(outOfStock(1, [['mug', 5]], [['mug', 5, 4]]));
  });

  test.each([
    ['critical', 'low', 'low'],
    ['low', 'max', 'max'],
    ['low', 'low', 'low'],
    ['high', 'critical', 'critical'],
  ] as const)('of priority %s with a line of %s has priority %s', (order, line, both) => {
    given(...shop)
      .when(place(1, [['cup', 1, line]], { priority: order }))
      .then(held('cup', 1, 1, 10, 1), accepted(1, [['cup', 1, line]], { priority: both }));
  });

  test('carries what the client says of it, and expires by log time', () => {
    const said = { payment: 'manual', reference: 'po-1', metadata: { ['__proto__x']: 'y' } } as const;
    given(...shop)
      .when({ ...place(1, [['cup', 1]], { ...said, expires_after_s: 60, repeat_window_s: 30 }), at: start + 5 })
      .then(
        held('cup', 1, 1, 10, 1),
        accepted(1, [['cup', 1]], { ...said, expires_at: start + 60_005, repeat_window_s: 30 }),
      );
  });

  test('takes the last unit, not one more', () => {
    given(...ordered)
      .when(place(1, [['cup', 3]]))
      .then(held('cup', 1, 3, 10, 10), accepted(1, [['cup', 3]]));
    given(...ordered)
      .when(place(1, [['cup', 4]]))
      .then(outOfStock(1, [['cup', 4]], [['cup', 4, 3]]));
  });

  test('is refused with all its shortages and holds nothing', () => {
    const { decision } = given(...ordered)
      .when(
        place(1, [
          ['cup', 4],
          ['plan', 1],
          ['mug', 9],
        ]),
      )
      .then(
        outOfStock(
          1,
          [
            ['cup', 4],
            ['plan', 1],
            ['mug', 9],
          ],
          [
            ['cup', 4, 3],
            ['mug', 9, 3],
          ],
        ),
      );
    expect(decision).toMatchObject({ answer: 0, remember: true });
  });

  test('prices at the moment of the hold', () => {
    const dearer = {
      type: 'ProductChanged',
      data: { product_id: 'cup', name: 'Cup', price: usd(999), low_stock_threshold: null, version: 2 },
    } as const;
    const { decision } = given(...shop, dearer).when(place(1, [['cup', 2]]));
    expect(decision.events[1]?.data).toMatchObject({
      lines: [{ unit_price: usd(999), total: usd(1998) }],
      total: usd(1998),
    });
  });
});

describe('an order is refused', () => {
  const euro = created('tasse', { price: { amount: 250, currency: 'EUR' } });
  const gold = created('gold', { price: usd(1e12), stock: 1e12 });
  const all: Told[] = [...shop, euro, gold, created('old'), archived('old')];

  test('for a product that is not there', () => {
    given(...all)
      .when(
        place(1, [
          ['cup', 1],
          ['cap', 1],
        ]),
      )
      .thenRefused('unknown_product', { product_id: 'cap' });
  });

  test('for a product that is archived', () => {
    given(...all)
      .when(
        place(1, [
          ['cup', 1],
          ['old', 1],
        ]),
      )
      .thenRefused('product_archived', { product_id: 'old' });
  });

  test('for two currencies', () => {
    given(...all)
      .when(
        place(1, [
          ['cup', 1],
          ['tasse', 1],
        ]),
      )
      .thenRefused('mixed_currencies');
  });

  test('for a total over 2^53 - 2, in one line or in the sum', () => {
    const most = Math.floor(Number.MAX_SAFE_INTEGER / 1e12);
    expect(given(...all).when(place(1, [['gold', most]])).decision.events).toHaveLength(2);
    given(...all)
      .when(place(1, [['gold', most + 1]]))
      .thenRefused('amount_too_large');
    const upTo = given(...all, created('rest', { price: usd(199_254_740_990) })).when(
      place(1, [
        ['gold', most],
        ['rest', 1],
      ]),
    );
    expect(upTo.decision.events[2]?.data).toMatchObject({ total: usd(Number.MAX_SAFE_INTEGER - 1) });
    given(...all, created('rest', { price: usd(199_254_740_991) }))
      .when(
        place(1, [
          ['gold', most],
          ['rest', 1],
        ]),
      )
      .thenRefused('amount_too_large');
  });

  test('where the held units of an untracked product could no longer be counted', () => {
    given(...shop, held('plan', 9, 1, null, Number.MAX_SAFE_INTEGER - 1))
      .when(place(1, [['plan', 1]]))
      .thenRefused('amount_too_large');
  });

  test('for an order_id that is in use, by an order that was just closed too', () => {
    given(...ordered)
      .when(place(5, [['cup', 1]]))
      .thenRefused('already_exists', { order_id: uuid(5) });
    const closed = given(...ordered, cancelled(5));
    closed.when(place(5, [['cup', 1]])).thenRefused('already_exists', { order_id: uuid(5) });
  });

  test('for the first of several reasons', () => {
    const wrong = [
      ['cap', 1],
      ['old', 1],
      ['tasse', 1],
      ['gold', 1_000_000],
      ['mug', 9],
    ] as const;
    given(...all)
      .when(place(1, wrong))
      .thenRefused('unknown_product', { product_id: 'cap' });
    given(...all)
      .when(place(1, wrong.slice(1)))
      .thenRefused('product_archived', { product_id: 'old' });
    given(...all)
      .when(place(1, wrong.slice(2)))
      .thenRefused('mixed_currencies');
    given(...all)
      .when(place(1, wrong.slice(3)))
      .thenRefused('amount_too_large');
  });
});

test.each([
  ['no lines', place(1, [])],
  ['a quantity of nothing', place(1, [['cup', 0]])],
  [
    'a negative quantity',
    place(1, [
      ['cup', 5],
      ['cup', -4],
    ]),
  ],
  [
    'a quantity beyond counting',
    place(1, [
      ['cup', Number.MAX_SAFE_INTEGER],
      ['cup', 1],
    ]),
  ],
])('an order with %s is unsound', (_, command) => {
  expect(() => given(...shop).when(command)).toThrow(UnsoundCommand);
});
