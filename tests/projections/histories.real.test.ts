// The events of an order and the levels of the inventory, page by page, as the API reads them.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { orderHistory } from '../../projections/order-history/project.ts';
import { stock } from '../../projections/stock/project.ts';
import { createViews } from '../../projections/views-postgres.ts';
import type { Listed, Paging, Views } from '../../projections/views.ts';
import { CursorError } from '../../projections/views.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';
import { accepted, cancelled, created, createJournal, held, orderId, released, timeOf } from './events.ts';
import { deliver } from './spec.ts';

let database: TestDatabase;
let views: Views;
const journal = createJournal(3);
const first: Paging = { kind: 'cursor', limit: 50, after: null };
const page = (limit: number, after: string | null = null): Paging => ({ kind: 'cursor', limit, after });
const [a, b, never] = [orderId(1, 3), orderId(2, 3), orderId(3, 3)];

beforeAll(async () => {
  database = await openDatabase();
  views = createViews(database.pool);
  journal.command(created('gone', { stock: 1 }));
  journal.command(created('little', { stock: 3, low_stock_threshold: 2 }));
  journal.command(created('much', { stock: 100, low_stock_threshold: 2 }));
  journal.command(created('old'));
  journal.command(created('service', { stock: null }));
  journal.command({ type: 'ProductArchived', data: { product_id: 'old', version: 2 } });
  journal.command(held('gone', a, 1, [1, 1]), held('much', a, 2, [100, 2]), accepted(a));
  journal.command(held('little', b, 1, [3, 1]), accepted(b));
  journal.command(cancelled(a, 'enough'), released('much', a, 2, [100, 0]));
  journal.command({
    type: 'CommandRefused',
    data: { reason: 'unknown_order', detail: 'no', product_id: null, order_id: never },
  });
  for (const projection of [orderHistory, stock]) {
    await deliver(projection, await database.sink(projection), [journal.events]);
  }
}, 60_000);
afterAll(() => database.close());

describe('the events of an order, oldest first', () => {
  const types = (list: Listed<{ type: string }> | null) => list?.rows.map(({ type }) => type);

  test('come with the checkpoint of its partition', async () => {
    const { row, next } = await views.orderEvents(a, 3, first);
    expect(next).toBe(journal.events.length);
    expect(types(row)).toEqual(['StockHeld', 'StockHeld', 'OrderAccepted', 'OrderCancelled', 'StockReleased']);
    expect(row?.rows[3]).toMatchObject({ at: timeOf(8), partition: 3, data: { order_id: a, reason: 'enough' } });
  });

  test('page by page; an empty page behind the last is no order that is not there', async () => {
    const one = await views.orderEvents(a, 3, page(3));
    const two = await views.orderEvents(a, 3, page(3, one.row?.next ?? null));
    expect([types(one.row), types(two.row), two.row?.next]).toEqual([
      ['StockHeld', 'StockHeld', 'OrderAccepted'],
      ['OrderCancelled', 'StockReleased'],
      null,
    ]);
    const numbered = await views.orderEvents(a, 3, { kind: 'page', page: 9, perPage: 2 });
    expect(numbered.row).toEqual({ rows: [], next: null, total: 5 });
    expect((await views.orderEvents(orderId(99, 3), 3, first)).row).toBeNull();
  });

  test('of an order that only refused commands name are none', async () => {
    expect((await views.orderEvents(never, 3, first)).row).toBeNull();
  });

  test('have cursors of their own', async () => {
    const { row } = await views.orderEvents(a, 3, page(1));
    await expect(views.orderEvents(b, 3, page(1, row?.next ?? null))).rejects.toThrow(CursorError);
  });
});

describe('the inventory', () => {
  const levels = (list: Listed<{ product_id: string; level: string }>) =>
    list.rows.map(({ product_id, level }) => [product_id, level]);

  test('has every product on offer by id, and how it stands', async () => {
    expect(levels(await views.inventory(false, first))).toEqual([
      ['gone', 'out'],
      ['little', 'low'],
      ['much', 'in_stock'],
      ['service', 'in_stock'],
    ]);
  });

  test('shows what is lacking alone, page by page', async () => {
    const one = await views.inventory(true, page(1));
    expect(levels(one)).toEqual([['gone', 'out']]);
    const two = await views.inventory(true, page(1, one.next));
    expect([levels(two), two.next]).toEqual([[['little', 'low']], null]);
    await expect(views.inventory(false, page(1, one.next))).rejects.toThrow(CursorError);
  });
});

test('the stock of a product now is its last movement, whatever the time', async () => {
  expect(await views.stockAt('much', null)).toMatchObject({ kind: 'released', held: 0, at: timeOf(8) });
  expect(await views.stockAt('much', timeOf(7))).toMatchObject({ kind: 'held', held: 2 });
  expect(await views.stockAt('none', null)).toBeNull();
});

describe('the movements of all products, newest first', () => {
  test('page by page, and of a time', async () => {
    const seen: string[] = [];
    for (let paging = page(2); ;) {
      const { rows, next } = await views.movements({}, paging);
      seen.push(...rows.map(({ product_id, kind }) => `${product_id} ${kind}`));
      if (next === null) break;
      paging = page(2, next);
    }
    expect(seen).toEqual([
      'much released',
      'little held',
      'much held',
      'gone held',
      'service created',
      'old created',
      'much created',
      'little created',
      'gone created',
    ]);
    const some = await views.movements({ from: timeOf(6), to: timeOf(8) }, first);
    expect(some.rows.map(({ kind }) => kind)).toEqual(['held', 'held', 'held']);
    expect((await views.movements({ product_id: 'much', from: timeOf(8) }, first)).rows).toHaveLength(1);
  });
});
