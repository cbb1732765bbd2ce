// What is read of histories, sums and ranks on the real stack: as the orders made it, equal to the journal, and there
// again by itself after everything in Redis was lost under load.
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createCodec } from '../../schemas/codec.ts';
import type { Command } from '../../schemas/generated.ts';
import { nilUuid } from '../../schemas/records.ts';
import { checkSchemas } from '../../schemas/registry.ts';
import { topicsOf } from '../../schemas/topics.ts';
import type { Log } from '../../src/log/port.ts';
import { expectSoundAudit } from '../support/audit.ts';
import { openLog } from '../support/ledger-log.ts';
import type { Api, LedgerProcess, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually, servers } from '../support/servers.ts';

const withinMs = 10_000;
let ledger: TestLedger;
let service: LedgerProcess;
let api: Api;
let log: Log;
let redis: Redis;
let database: pg.Client;
let tell: (orderId: string, ...commands: readonly Command[]) => Promise<void>;

beforeAll(async () => {
  ledger = await prepareLedger('views', 3);
  service = await ledger.start();
  api = apiOf(service.url, ledger.key);
  log = openLog();
  redis = new Redis(servers().redisUrl);
  database = new pg.Client({ connectionString: ledger.env['DATABASE_URL'] });
  await database.connect();
  const topics = topicsOf(ledger.prefix);
  const { encode } = createCodec(await checkSchemas(servers().schemaRegistryUrl, topics));
  const appender = await log.openAppender();
  tell = async (orderId, ...commands) => {
    const records = commands.map((command) => {
      const fingerprint = createHash('sha256').update(JSON.stringify(command)).digest();
      const about = { remember_for_s: 60, made_at: -1, actor: 'payments', correlation_id: 'test', reply_to: null };
      const meta = { command_id: randomUUID(), fingerprint, ...about };
      return { key: null, value: encode({ ...command, meta }) };
    });
    await appender.append(topics.commands, new Map([[Number.parseInt(orderId.slice(0, 4), 16), records]]));
  };
  for (const product of ['fig', 'kiwi', 'lime']) await api.product(product, 10_000);
}, 120_000);

afterAll(async () => {
  await log.close();
  redis.disconnect();
  await database.end();
  await ledger.close();
}, 60_000);

let orders = 0;
/** Places an order of its own for a customer and answers its id. */
async function place(customer: string, product: string, quantity: number): Promise<string> {
  orders += 1;
  const body = { lines: [{ product_id: product, quantity }], customer_id: customer };
  const reply = await api.request('POST', '/v1/orders', body, { 'idempotency-key': `order-${orders}` });
  expect(reply.status).toBe(201);
  return String(reply.body['order_id']);
}

/** Does what a payment worker does after the gateway has taken the money. */
async function pay(orderId: string): Promise<void> {
  const attempt_id = nilUuid;
  const captured = { result: 'captured', amount: null, reason: null, gateway_reference: null } as const;
  const { body } = await api.get(`/v1/orders/${orderId}`);
  const amount = body['total'] as { amount: number; currency: string };
  await tell(
    orderId,
    { type: 'BeginProcessing', data: { order_id: orderId, attempt_id } },
    { type: 'RecordPayment', data: { order_id: orderId, attempt_id, ...captured, amount } },
  );
}

const isPaid = async (orderId: string): Promise<boolean> =>
  (await api.get(`/v1/orders/${orderId}`)).body['status'] === 'PAID';

async function get<T>(path: string, status = 200): Promise<T> {
  const reply = await api.get(path);
  expect({ path, status: reply.status }).toEqual({ path, status });
  return reply.body as T;
}

interface Listed<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
  readonly as_of: string;
}

describe('after some orders', () => {
  beforeAll(async () => {
    const paid = [await place('ann', 'fig', 3), await place('bob', 'kiwi', 2), await place('ann', 'lime', 1)];
    for (const order of paid) await pay(order);
    await place('eve', 'fig', 5);
    for (const order of paid) await eventually(() => isPaid(order), { withinMs });
  }, 60_000);

  test('the events of an order say when, where, by whom and why, in order', async () => {
    const order = await place('zoe', 'fig', 1);
    expect((await api.request('POST', `/v1/orders/${order}/cancel`)).status).toBe(200);
    const { data } = await get<Listed<{ type: string; position: string; cause: { command: string }; data: object }>>(
      `/v1/orders/${order}/events`,
    );
    expect(data.map(({ type }) => type)).toEqual(['StockHeld', 'OrderAccepted', 'OrderCancelled', 'StockReleased']);
    expect(data[1]).toMatchObject({
      at: expect.stringMatching(/Z$/),
      position: expect.stringMatching(/^\d+:\d+$/),
      actor: expect.stringMatching(/^key:/),
      cause: { command: expect.stringMatching(/^\d+:\d+$/), source: null, trace_id: expect.any(String) },
      data: { order_id: order, customer_id: 'zoe' },
    });
    expect(data[1]?.data).not.toHaveProperty('meta');
    await get('/v1/orders/00000000-0000-8000-8000-000000000000/events', 404);
  });

  test('figures of today and statistics count them', async () => {
    const today = new Date().toISOString().slice(0, 10);
    // The day may have changed since they were placed.
    const start = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const { totals, days } = await get<{ totals: object; days: readonly object[] }>(
      `/v1/kpis/range?start=${start}&end=${today}`,
    );
    expect(days).toHaveLength(2);
    expect(totals).toMatchObject({ orders: 5, accepted: 5, paid: 3, cancelled: 1, unique_customers: 4 });
    expect(totals).toMatchObject({ revenue: [{ amount: 2_700, currency: 'USD' }] });
    expect(await get('/v1/kpis/daily')).toMatchObject({ date: expect.any(String), as_of: expect.any(String) });
    expect(await get('/v1/kpis/realtime')).toMatchObject({ pending: 1, processing: 0 });
    const statistics = await get<{ as_of: string }>('/v1/orders/statistics');
    expect(statistics).toMatchObject({ total: 5, by_status: { PAID: 3, PENDING: 1, CANCELLED: 1 } });
    expect({ ...(await get<object>('/v1/orders/stats')), as_of: '' }).toEqual({ ...statistics, as_of: '' });
  });

  test('figures that did not change are 304', async () => {
    const { headers } = await api.get('/v1/orders/statistics');
    const tag = headers.get('etag') ?? '';
    expect(tag).toMatch(/^W\/"/);
    const again = await api.request('GET', '/v1/orders/statistics', undefined, { 'if-none-match': tag });
    expect(again.status).toBe(304);
  });

  test('leaderboards rank what was paid', async () => {
    const board = await eventually(
      async () => {
        const found = await get<Listed<{ customer_id: string; rank: number }>>('/v1/leaderboards/customers');
        return found.data.length === 2 && found;
      },
      { withinMs },
    );
    expect(board.data).toEqual([
      { rank: 1, customer_id: 'ann', name: null, order_count: 2, total: { amount: 1_800, currency: 'USD' } },
      { rank: 2, customer_id: 'bob', name: null, order_count: 1, total: { amount: 900, currency: 'USD' } },
    ]);
    expect(await get('/v1/leaderboards/customers/bob')).toMatchObject({
      rank: 2,
      neighbours: [{ customer_id: 'ann' }],
    });
    await get('/v1/leaderboards/customers/eve', 404);
    const products = await get<Listed<object>>('/v1/leaderboards/products?by=units&limit=1');
    expect(products.data).toEqual([
      { rank: 1, product_id: 'fig', name: 'fig', units: 3, revenue: { amount: 1_350, currency: 'USD' } },
    ]);
    expect(products.next_cursor).toEqual(expect.any(String));
  });

  test('the inventory, its movements and its sums', async () => {
    const { data } = await get<Listed<{ product_id: string }>>('/v1/inventory');
    expect(data[0]).toEqual({
      product_id: 'fig',
      name: 'fig',
      on_hand: 9_997,
      held: 5,
      available: 9_992,
      low_stock_threshold: null,
      level: 'in_stock',
    });
    await api.product('none', 0);
    await api.get('/v1/products/none');
    const low = await get<Listed<{ product_id: string; level: string }>>('/v1/inventory/low-stock');
    expect(low.data).toMatchObject([{ product_id: 'none', level: 'out' }]);
    expect(await get('/v1/inventory/summary')).toMatchObject({ products: 4, held: 5, out: 1, sold_30d: 6 });
    const moves = await get<Listed<{ kind: string; product_id: string }>>('/v1/inventory/transactions?limit=200');
    expect(moves.data.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['created', 'held', 'released', 'sold']));
    expect(moves.data[0]).toMatchObject({ kind: 'created', product_id: 'none' });
  });
});

test('everything in Redis is lost under load: within ten seconds the leaderboards are equal to Postgres again', async () => {
  const ids = await Promise.all(Array.from({ length: 60 }, (_, i) => place(`c-${i % 7}`, 'kiwi', 1 + (i % 3))));
  const paying = (async () => {
    for (const [i, id] of ids.entries()) {
      await pay(id);
      if (i === 30) {
        const keys = await redis.keys(`${ledger.prefix}:*`);
        expect(keys.length).toBeGreaterThan(3);
        await redis.unlink(keys);
      }
    }
  })();
  await paying;
  const totals = 'SELECT customer_id, total FROM live.customer_totals ORDER BY total DESC, customer_id';
  await eventually(
    async () => {
      const { rows } = await database.query<{ customer_id: string; total: string }>(totals);
      const { data } = await get<Listed<{ customer_id: string; total: { amount: number } }>>(
        '/v1/leaderboards/customers?limit=200',
      );
      expect(data.map(({ customer_id: id, total }) => [id, total.amount])).toEqual(
        rows.map(({ customer_id: id, total }) => [id, Number(total)]),
      );
      // All of them are paid.
      return rows.length === 9;
    },
    { withinMs },
  );
  for (const id of ids) await eventually(() => isPaid(id), { withinMs });
}, 120_000);

test('at rest every projection is exactly at the end of the journal, in Redis too', async () => {
  const names = ['kpi', 'leaderboards', 'order-history', 'order-state', 'stock'];
  const atRest = { generation: 1, lag_events: 0, lag_ms: 0 };
  await eventually(
    async () => {
      const { projections } = await get<{ projections: object }>('/health');
      expect(projections).toEqual(Object.fromEntries(names.map((name) => [name, atRest])));
      return true;
    },
    { withinMs },
  );
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  for (const name of names) expect(metrics).toContain(`ledger_projection_lag_events{projection="${name}"} 0`);
}, 60_000);

test('everything that is read is what the journal says', async () => {
  expect(await service.end('SIGTERM')).toBe(0);
  await expectSoundAudit(ledger);
}, 120_000);
