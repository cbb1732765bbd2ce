// Sums and ranks that the API reads: from Postgres and Redis as events made them, and from memory only what cannot
// change any more or what the caller allows.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createFigures } from '../../projections/figures.ts';
import { kpi } from '../../projections/kpi/project.ts';
import { leaderboards } from '../../projections/leaderboards/project.ts';
import type { JournalEvent } from '../../projections/projection.ts';
import { createRedisSink, redisBase } from '../../projections/sinks/redis.ts';
import { stock } from '../../projections/stock/project.ts';
import type { Figures, Paging } from '../../projections/views.ts';
import { CursorError, NotReadyError } from '../../projections/views.ts';
import { uniquePrefix } from '../support/servers.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';
import { accepted, created, createJournal, held, orderId, refused, startMs, usd } from './events.ts';
import { daysLater, paid, processing, sold } from './order-life.ts';
import type { TestRedis } from './redis.ts';
import { openRedis } from './redis.ts';
import { deliver } from './spec.ts';

const dayMs = 86_400_000;
const [first, second, third] = ['2026-01-01', '2026-01-02', '2026-01-03'];
const page = (limit: number, after: string | null = null): Paging => ({ kind: 'cursor', limit, after });

let database: TestDatabase;
let redis: TestRedis;
let prefix: string;
let figures: Figures;
/** Now, and the ends of the commands of the partitions. */
let world: { now: number; ends: Map<number, { high: number }> };
let events: readonly JournalEvent[];
beforeAll(async () => {
  database = await openDatabase();
  redis = openRedis();
}, 60_000);
beforeEach(async () => {
  await database.empty();
  prefix = uniquePrefix('figures');
  const journal = createJournal(2);
  journal.command(created('p-1', { stock: 10, low_stock_threshold: 8 }));
  journal.command(created('p-2', { stock: 3 }));
  journal.command(created('s-1', { stock: null }));
  journal.command(held('p-1', orderId(1), 2, [10, 2]), accepted(orderId(1), { customer: 'ann' }));
  journal.command(processing(orderId(1)));
  journal.command(paid(orderId(1), { customer: 'ann' }), sold('p-1', orderId(1), 2, [8, 0]));
  journal.command(refused(orderId(2), { customer: 'bob' }));
  // From here on a day later.
  journal.command(held('p-2', orderId(3), 3, [3, 3]), accepted(orderId(3), { customer: 'ann' }));
  journal.command(accepted(orderId(4), { customer: 'eve' }), processing(orderId(4)));
  journal.command(paid(orderId(4), { customer: 'eve', lines: [['p-2', 2, 1_000]] }));
  events = daysLater(
    journal.events,
    journal.events.findIndex((e) => 'order_id' in e.data && e.data.order_id === orderId(3)),
    1,
  );
  world = { now: startMs + 1.5 * dayMs, ends: new Map([[2, { high: 10 }]]) };
  figures = createFigures({
    pool: database.pool,
    redis: redis.redis,
    prefix,
    now: () => world.now,
    commandEnds: () => Promise.resolve(world.ends),
  });
  await feed(events);
});
afterAll(async () => {
  await redis.forget('figures');
  await redis.close();
  await database.close();
});

async function feed(all: readonly JournalEvent[]): Promise<void> {
  for (const projection of [kpi, stock]) await deliver(projection, await database.sink(projection), [all]);
  const base = redisBase(prefix, { schema: 'leaderboards_1' });
  await deliver(leaderboards, createRedisSink(redis.redis, { base, projection: leaderboards }), [all]);
}

/** An order more is accepted, on the day that `days` says. */
async function happens(days: number): Promise<void> {
  const offset = events.length;
  const more = daysLater(createJournal(2).command(accepted(orderId(9), { customer: 'zoe' })), 0, days);
  const placed = more.map((event) => ({ ...event, offset }));
  await deliver(kpi, await database.sink(kpi), [placed]);
}

describe('figures', () => {
  test('of a day', async () => {
    expect(await figures.day(first)).toEqual({
      date: first,
      orders: 2,
      accepted: 1,
      refused: 1,
      paid: 1,
      failed: 0,
      cancelled: 0,
      revenue: [usd(2_000)],
      average_order_value: [usd(2_000)],
      unique_customers: 1,
      as_of: world.now,
    });
  });

  test('of many days: zeros where nothing happened, customers distinct over all', async () => {
    const { days, totals } = await figures.range(first, third);
    expect(days.map(({ date, accepted: n, unique_customers }) => [date, n, unique_customers])).toEqual([
      [first, 1, 1],
      [second, 2, 2],
      [third, 0, 0],
    ]);
    expect(totals).toMatchObject({ orders: 4, accepted: 3, paid: 2, revenue: [usd(4_000)], unique_customers: 2 });
  });

  test('of now', async () => {
    const { as_of: _, ...now } = await figures.realtime(0);
    expect(now).toEqual({
      pending: 1,
      processing: 0,
      completed_today: 1,
      failed_today: 0,
      revenue_today: [usd(2_000)],
    });
    expect(await figures.orders()).toMatchObject({
      total: 4,
      by_status: { PAID: 2, PENDING: 1, REFUSED: 1 },
      today: { orders: 2, accepted: 2, refused: 0, paid: 1, failed: 0 },
      revenue: [usd(4_000)],
      average_order_value: [usd(2_000)],
    });
  });

  test('of the inventory; what is not tracked is in stock and counts for nothing', async () => {
    expect(await figures.inventory()).toEqual({
      products: 3,
      on_hand: 11,
      held: 3,
      available: 8,
      low: 1,
      out: 1,
      value: [usd(11_000)],
      sold_30d: 2,
      as_of: world.now,
    });
    world.now += 30 * dayMs;
    expect((await figures.inventory()).sold_30d).toBe(0);
  });
});

describe('memory', () => {
  test('a day that is closed is answered from it, under the name of the generation', async () => {
    const asked = await figures.day(first);
    const keys = await redis.redis.keys(`${prefix}:kpi_1:*`);
    expect(keys).toHaveLength(1);
    expect(await redis.redis.pttl(keys[0] ?? '')).toBeGreaterThan(dayMs - 60_000);
    world.now += 60_000;
    expect(await figures.day(first)).toEqual(asked);
    // So it is not the view that answers.
    await database.empty();
    expect(await figures.day(first)).toEqual(asked);
  });

  test('a day that may still change is not, although it is over', async () => {
    world.ends = new Map([[2, { high: 11 }]]);
    world.now = startMs + 2.5 * dayMs;
    expect((await figures.day(second)).accepted).toBe(2);
    await happens(1);
    expect((await figures.day(second)).accepted).toBe(3);
  });

  test('today is not, whatever happens', async () => {
    expect((await figures.range(first, second)).totals.accepted).toBe(3);
    await happens(1);
    expect((await figures.range(first, second)).totals.accepted).toBe(4);
    expect((await figures.realtime(0)).pending).toBe(2);
  });

  test('what changes is remembered for those who allow age', async () => {
    const asked = await figures.realtime(60_000);
    await happens(1);
    world.now += 30_000;
    expect(await figures.realtime(60_000)).toEqual(asked);
    expect((await figures.realtime(10_000)).pending).toBe(2);
    expect((await figures.realtime(0)).pending).toBe(2);
  });

  test('nonsense in it is passed over', async () => {
    await figures.day(first);
    const [key = ''] = await redis.redis.keys(`${prefix}:kpi_1:*`);
    await redis.redis.set(key, '{');
    expect((await figures.day(first)).orders).toBe(2);
  });
});

describe('leaderboards', () => {
  test('customers by what they paid, ties by id, ranks without gaps', async () => {
    const { listed, as_of } = await figures.customers('USD', page(50), 0);
    expect(as_of).toBe(world.now);
    expect(listed).toEqual({
      rows: [
        { rank: 1, customer_id: 'ann', name: null, order_count: 1, total: usd(2_000) },
        { rank: 2, customer_id: 'eve', name: null, order_count: 1, total: usd(2_000) },
      ],
      next: null,
      total: null,
    });
    expect((await figures.customers('EUR', page(50), 0)).listed.rows).toEqual([]);
  });

  test('products by revenue or units, with their names', async () => {
    const { listed } = await figures.products('USD', 'units', page(50), 0);
    expect(listed.rows).toEqual([
      { rank: 1, product_id: 'p-1', name: 'Product p-1', units: 2, revenue: usd(2_000) },
      { rank: 2, product_id: 'p-2', name: 'Product p-2', units: 2, revenue: usd(2_000) },
    ]);
  });

  test('page by page, by cursor and by number', async () => {
    const one = await figures.customers('USD', page(1), 0);
    const two = await figures.customers('USD', page(1, one.listed.next), 0);
    expect([one, two].map(({ listed }) => listed.rows.map(({ customer_id: id, rank }) => [id, rank]))).toEqual([
      [['ann', 1]],
      [['eve', 2]],
    ]);
    expect(two.listed.next).toBeNull();
    const { listed } = await figures.customers('USD', { kind: 'page', page: 2, perPage: 1 }, 0);
    expect(listed).toMatchObject({ rows: [{ customer_id: 'eve', rank: 2 }], total: 2 });
    await expect(figures.products('USD', 'units', page(1, one.listed.next), 0)).rejects.toThrow(CursorError);
  });

  test("one customer's place and neighbours", async () => {
    expect(await figures.customer('USD', 'eve', 1)).toMatchObject({
      customer: { rank: 2, customer_id: 'eve' },
      neighbours: [{ rank: 1, customer_id: 'ann' }],
    });
    expect(await figures.customer('USD', 'eve', 0)).toMatchObject({ neighbours: [] });
    expect(await figures.customer('USD', 'bob', 1)).toBeNull();
  });

  test('from memory for those who allow age, but never a name', async () => {
    const asked = await figures.products('USD', 'revenue', page(5), 60_000);
    const [key = ''] = await redis.redis.keys(`${prefix}:leaderboards_1:answers:*`);
    expect(await redis.redis.get(key)).not.toContain('Product');
    world.now += 1_000;
    expect(await figures.products('USD', 'revenue', page(5), 60_000)).toEqual(asked);
  });

  test('lost in Redis they are not ready, instead of empty', async () => {
    await redis.forget(prefix);
    await expect(figures.customers('USD', page(5), 0)).rejects.toThrow(NotReadyError);
    await expect(figures.customer('USD', 'ann', 1)).rejects.toThrow(NotReadyError);
  });
});
