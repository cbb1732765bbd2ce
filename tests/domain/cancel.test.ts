// Cancelling orders: what they held is available again, once.
import { describe, expect, test } from '@jest/globals';
import { archived, cancel, cancelled, given, held, outOfStock, ordered, released, repeatOf, shop } from './given.ts';
import { start, uuid } from './given.ts';

describe('cancelling an order', () => {
  test('releases every line', () => {
    const { decision } = given(...ordered)
      .when(cancel(5, { reason: 'changed my mind' }))
      .then(cancelled(5, 2, 'changed my mind'), released('cup', 5, 7, 10, 0), released('mug', 5, 1, 4, 0));
    expect(decision).toMatchObject({ answer: 0, remember: true });
  });

  test('releases what was held, from what is held now', () => {
    given(...ordered, held('cup', 6, 2, 10, 9))
      .when(cancel(5))
      .then(cancelled(5), released('cup', 5, 7, 10, 2), released('mug', 5, 1, 4, 0));
  });

  test('works for an archived product', () => {
    given(...ordered, archived('cup'))
      .when(cancel(5))
      .then(cancelled(5), released('cup', 5, 7, 10, 0), released('mug', 5, 1, 4, 0));
  });

  test('is refused for an order that is not there', () => {
    given(...ordered)
      .when(cancel(6))
      .thenRefused('unknown_order', { order_id: uuid(6) });
    given(...shop, outOfStock(6, [['cup', 99]], [['cup', 99, 10]]))
      .when(cancel(6))
      .thenRefused('unknown_order', { order_id: uuid(6) });
  });

  test('is refused for another version than the one expected', () => {
    given(...ordered)
      .when(cancel(5, { expected_version: 2 }))
      .thenRefused('version_mismatch', { order_id: uuid(5) });
    expect(given(...ordered).when(cancel(5, { expected_version: 1 })).decision.events).toHaveLength(3);
  });

  test('is a repeat when it is cancelled already, whatever version is expected', () => {
    const gone = given(...ordered, cancelled(5), released('cup', 5, 7, 10, 0), released('mug', 5, 1, 4, 0));
    const first = repeatOf({ order_id: uuid(5) }, 6, 'OrderCancelled');
    expect(gone.when(cancel(5)).then(first).decision.remember).toBe(true);
    gone.when(cancel(5, { expected_version: 1 })).then(first);
  });

  test('is a repeat until 600 s of log time have passed, then the order is unknown', () => {
    const gone = given(...ordered, cancelled(5), released('cup', 5, 7, 10, 0), released('mug', 5, 1, 4, 0));
    gone.when({ ...cancel(5), at: start + 599_999 }).then(repeatOf({ order_id: uuid(5) }, 6, 'OrderCancelled'));
    gone.when({ ...cancel(5), at: start + 600_000 }).thenRefused('unknown_order', { order_id: uuid(5) });
  });
});
