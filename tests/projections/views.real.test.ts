// The views that the API reads: rows as events made them, filters, pages, cursors, and one moment for row and checkpoint.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { orderState } from '../../projections/order-state/project.ts';
import type { JournalEvent } from '../../projections/projection.ts';
import { stock } from '../../projections/stock/project.ts';
import { createViews } from '../../projections/views-postgres.ts';
import type { Listed, OrderFilter, Paging, Views } from '../../projections/views.ts';
import { CursorError } from '../../projections/views.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';
import {
  accepted,
  adjusted,
  cancelled,
  created,
  createJournal,
  held,
  orderId,
  refused,
  startMs,
  timeOf,
  usd,
} from './events.ts';
import { deliver } from './spec.ts';

let database: TestDatabase;
let views: Views;
const journal = createJournal(3);
const id = (n: number): string => orderId(n, 3);

beforeAll(async () => {
  database = await openDatabase();
  views = createViews(database.pool);
  journal.command(created('p-1', { stock: 100, low_stock_threshold: 5 }));
  journal.command(created('s-1', { stock: null, billing: 'recurring', frequency: 'monthly' }));
  journal.command(created('old'));
  journal.command({ type: 'ProductArchived', data: { product_id: 'old', version: 2 } });
  // Orders 1 to 9: even ones are refused, 7 is cancelled, 3 and 6 are of another customer, 5 has two products.
  for (let n = 1; n <= 9; n++) {
    const customer = n % 3 === 0 && n < 9 ? 'c-2' : 'c-1';
    const lines = [['p-1', n], ...(n === 5 ? [['s-1', 1]] : [])] as [string, number][];
    const placed = { customer, lines, reference: n > 7 ? 'R-8' : null, metadata: { n: String(n) } };
    if (n % 2 === 0) journal.command(refused(id(n), placed));
    else journal.command(held('p-1', id(n), n, [100, n]), accepted(id(n), placed));
  }
  journal.command(cancelled(id(7), 'enough'));
  journal.command(adjusted('p-1', -1, [99, 9], 2));
  await feed(journal.events);
}, 60_000);
afterAll(() => database.close());

async function feed(events: readonly JournalEvent[]): Promise<void> {
  for (const projection of [orderState, stock]) await deliver(projection, await database.sink(projection), [events]);
}

const firstPage: Paging = { kind: 'cursor', limit: 50, after: null };
const numbers = (list: Listed<{ order_id: string }>): readonly number[] =>
  list.rows.map(({ order_id }) => Number.parseInt(order_id.slice(-12), 16));

describe('one', () => {
  test('an order, with the checkpoint of its partition', async () => {
    const { row, next } = await views.order(id(5), 3);
    expect(next).toBe(journal.events.length);
    expect(row).toEqual({
      order_id: id(5),
      customer_id: 'c-1',
      status: 'PENDING',
      status_reason: null,
      lines: [
        { product_id: 'p-1', quantity: 5, unit_price: usd(1_000), total: usd(5_000), priority: 'normal' },
        { product_id: 's-1', quantity: 1, unit_price: usd(1_000), total: usd(1_000), priority: 'normal' },
      ],
      total: usd(6_000),
      priority: 'normal',
      payment: 'automatic',
      reference: null,
      metadata: { n: '5' },
      created_at: timeOf(8),
      updated_at: timeOf(8),
      expires_at: startMs + 900_000,
      cancelled_at: null,
      version: 1,
      shortages: null,
      partition: 3,
      journal_offset: journal.events.findIndex((e) => e.type === 'OrderAccepted' && e.data.order_id === id(5)),
    });
  });

  test('a cancelled and a refused order say why', async () => {
    const late = await views.order(id(7), 3);
    expect(late.row).toMatchObject({
      status: 'CANCELLED',
      status_reason: 'enough',
      cancelled_at: timeOf(13),
      version: 2,
    });
    const short = await views.order(id(4), 3);
    expect(short.row).toMatchObject({ status: 'REFUSED', status_reason: 'out_of_stock', expires_at: null });
    expect(short.row?.shortages).toEqual([{ product_id: 'p-1', requested: 4, available: 0 }]);
  });

  test('products, tracked and untracked', async () => {
    const { row, next } = await views.product('p-1', 3);
    expect(next).toBe(journal.events.length);
    expect(row).toMatchObject({
      on_hand: 99,
      held: 9,
      available: 90,
      tracked: true,
      version: 2,
      low_stock_threshold: 5,
    });
    expect(row).toMatchObject({ price: usd(1_000), created_at: timeOf(0), updated_at: timeOf(14), archived: false });
    const service = {
      on_hand: null,
      available: null,
      held: 0,
      tracked: false,
      billing: 'recurring',
      frequency: 'monthly',
    };
    expect((await views.product('s-1', 3)).row).toMatchObject(service);
  });

  test('what is not there still tells how far the partition is', async () => {
    expect(await views.order(orderId(99, 3), 3)).toEqual({ row: null, next: journal.events.length });
    expect(await views.order(orderId(99, 6), 6)).toEqual({ row: null, next: 0 });
    expect(await views.product('nul\u0000', 3)).toEqual({ row: null, next: journal.events.length });
  });

  test('progress is the checkpoint of every partition', async () => {
    expect(await views.progress('order-state')).toEqual(new Map([[3, journal.events.length]]));
    expect(await views.progress('stock')).toEqual(new Map([[3, journal.events.length]]));
  });

  test('row and checkpoint are of one moment: never a checkpoint without the rows below it', async () => {
    const mine = createJournal(4);
    mine.command(created('busy', { stock: 1_000 }));
    const sink = await database.sink(stock, database.anotherPool());
    await deliver(stock, sink, [mine.events]);
    const reading = new AbortController();
    const torn: unknown[] = [];
    let seen = 0;
    const readers = [1, 2].map(async () => {
      while (!reading.signal.aborted) {
        const { row, next } = await views.product('busy', 4);
        seen += 1;
        // Each batch is one event, and each event changes the row.
        if (row?.journal_offset !== next - 1) torn.push({ row, next });
      }
    });
    for (let n = 1; n <= 150; n++) await deliver(stock, sink, [mine.command(held('busy', orderId(n), 1, [1_000, n]))]);
    reading.abort();
    await Promise.all(readers);
    expect(torn).toEqual([]);
    expect(seen).toBeGreaterThan(20);
  }, 30_000);
});

describe('orders, newest first', () => {
  test.each<[string, OrderFilter, readonly number[]]>([
    ['all but the refused', {}, [9, 7, 5, 3, 1]],
    ['the refused only when asked for', { status: 'REFUSED' }, [8, 6, 4, 2]],
    ['by status', { status: 'CANCELLED' }, [7]],
    ['by customer', { customer_id: 'c-2' }, [3]],
    ['by customer, refused', { customer_id: 'c-2', status: 'REFUSED' }, [6]],
    ['by product', { product_id: 's-1' }, [5]],
    ['by product, refused', { product_id: 'p-1', status: 'REFUSED' }, [8, 6, 4, 2]],
    ['by product and status', { product_id: 'p-1', status: 'PENDING' }, [9, 5, 3, 1]],
    ['by reference', { reference: 'R-8' }, [9]],
    ['from a time on, that time included', { from: timeOf(8) }, [9, 7, 5]],
    ['to a time, that time excluded', { to: timeOf(8) }, [3, 1]],
    ['in a window of a product', { product_id: 'p-1', from: timeOf(6), to: timeOf(9) }, [5, 3]],
    ['in a window beyond all times', { from: -1e300, to: 1e300 }, [9, 7, 5, 3, 1]],
    ['of nobody', { customer_id: "' OR 1=1 --" }, []],
    ['of U+0000', { reference: '\u0000' }, []],
  ])('%s', async (_title, filter, expected) => {
    const list = await views.orders(filter, firstPage);
    expect(numbers(list)).toEqual(expected);
    expect(list).toMatchObject({ next: null, total: null });
    const paged = await views.orders(filter, { kind: 'page', page: 1, perPage: 50 });
    expect({ found: numbers(paged), total: paged.total, next: paged.next }).toEqual({
      found: expected,
      total: expected.length,
      next: null,
    });
  });

  test.each<[string, OrderFilter]>([
    ['a customer', { customer_id: 'c-1' }],
    ['a product', { product_id: 'p-1' }],
  ])('cursors walk through the orders of %s, one by one, and end', async (_title, filter) => {
    const found: number[] = [];
    let after: string | null = null;
    for (let step = 0; step < 10; step++) {
      const list: Listed<{ order_id: string }> = await views.orders(filter, { kind: 'cursor', limit: 1, after });
      found.push(...numbers(list));
      after = list.next;
      if (after === null) break;
    }
    expect(found).toEqual(filter.product_id === undefined ? [9, 7, 5, 1] : [9, 7, 5, 3, 1]);
  });

  test('orders of the same moment are all seen once', async () => {
    const mine = createJournal(5);
    const same = [3, 1, 2, 5, 4].map((n) => accepted(orderId(n, 5), { customer: 'twins', lines: [['t-1', 1]] }));
    mine.command(...same);
    await feed(mine.events);
    const first = await views.orders({ customer_id: 'twins' }, { kind: 'cursor', limit: 2, after: null });
    const second = await views.orders({ customer_id: 'twins' }, { kind: 'cursor', limit: 9, after: first.next });
    expect([...numbers(first), ...numbers(second)]).toEqual([5, 4, 3, 2, 1]);
  });

  test('numbered pages', async () => {
    const paging = (page: number): Paging => ({ kind: 'page', page, perPage: 2 });
    const pages = await Promise.all([1, 2, 3, 4].map((page) => views.orders({ product_id: 'p-1' }, paging(page))));
    expect(pages.map(numbers)).toEqual([[9, 7], [5, 3], [1], []]);
    expect(pages.map(({ total }) => total)).toEqual([5, 5, 5, 5]);
  });
});

describe('products and movements', () => {
  test('products by id, archived ones instead when asked for', async () => {
    const ids = async (archived?: boolean): Promise<readonly string[]> => {
      const list = await views.products(archived === undefined ? {} : { archived }, firstPage);
      return list.rows.map(({ product_id }) => product_id).filter((one) => one !== 'busy');
    };
    expect([await ids(), await ids(false), await ids(true)]).toEqual([['p-1', 's-1'], ['p-1', 's-1'], ['old']]);
    const first = await views.products({}, { kind: 'cursor', limit: 2, after: null });
    const second = await views.products({}, { kind: 'cursor', limit: 9, after: first.next });
    const all = [...first.rows, ...second.rows].map(({ product_id }) => product_id);
    expect(all).toEqual([...new Set(all)].sort());
    expect((await views.products({}, { kind: 'page', page: 1, perPage: 1 })).total).toBeGreaterThanOrEqual(2);
  });

  test('movements, newest first', async () => {
    const first = await views.movements({ product_id: 'p-1' }, { kind: 'cursor', limit: 2, after: null });
    expect(first.rows[0]).toEqual({
      product_id: 'p-1',
      at: timeOf(14),
      kind: 'adjusted',
      quantity: -1,
      on_hand: 99,
      held: 9,
      reason: 'delivery',
      reference: 'DN-7',
      order_id: null,
      partition: 3,
      journal_offset: journal.events.length - 1,
    });
    const second = await views.movements({ product_id: 'p-1' }, { kind: 'cursor', limit: 50, after: first.next });
    expect([...first.rows, ...second.rows].map(({ kind, quantity }) => [kind, quantity])).toEqual([
      ['adjusted', -1],
      ...[9, 7, 5, 3, 1].map((n) => ['held', n]),
      ['created', 100],
    ]);
    expect(second.next).toBeNull();
    expect((await views.movements({ product_id: 'p-1' }, { kind: 'page', page: 2, perPage: 3 })).total).toBe(7);
  });
});

describe('a cursor opens only the list that gave it out', () => {
  test('another filter, another list, no cursor at all', async () => {
    const { next } = await views.orders({}, { kind: 'cursor', limit: 1, after: null });
    const movement = await views.movements({ product_id: 'p-1' }, { kind: 'cursor', limit: 1, after: null });
    const at = (after: string | null): Paging => ({ kind: 'cursor', limit: 1, after });
    await expect(views.orders({ customer_id: 'c-1' }, at(next))).rejects.toBeInstanceOf(CursorError);
    await expect(views.products({}, at(next))).rejects.toBeInstanceOf(CursorError);
    await expect(views.movements({ product_id: 'p-1' }, at(next))).rejects.toBeInstanceOf(CursorError);
    await expect(views.movements({ product_id: 's-1' }, at(movement.next))).rejects.toBeInstanceOf(CursorError);
    await expect(views.orders({}, at('%%%'))).rejects.toBeInstanceOf(CursorError);
  });
});
