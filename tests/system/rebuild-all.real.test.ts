// The worst day: the database is gone and Redis is empty. The log is whole, so two commands bring every view back, row
// for row what it was.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { TestGateway } from '../payments/support.ts';
import { openGateway } from '../payments/support.ts';
import type { Api, TestLedger } from '../support/ledger.ts';
import { apiOf, openOrders, prepareLedger, untilShown } from '../support/ledger.ts';
import { eventually, servers } from '../support/servers.ts';

const orders = 60;
const products = ['tea', 'cup', 'pot', 'tray'];
const stock = 25;
const waitMs = 60_000;
let ledger: TestLedger;
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openGateway({ success_rate: 0.8 });
  ledger = await prepareLedger('rebuild', 4);
}, 120_000);

afterAll(async () => {
  await ledger.close();
  await gateway.close();
}, 60_000);

test('the database dropped and Redis emptied: prepare and a replay of all bring every view back, equal', async () => {
  const service = await ledger.start('api,writer,projector,workers', gateway.env);
  const api = apiOf(service.url, ledger.key);
  for (const product of products) expect((await api.product(product, stock)).status).toBe(201);
  for (let n = 0; n < orders; n++) {
    const lines = [0, 1].map((more) => ({ product_id: products[(n + more) % products.length], quantity: 1 }));
    const key = { 'idempotency-key': `rebuild-${n}` };
    const order = { lines, customer_id: `customer-${n % 5}` };
    expect([201, 409]).toContain((await api.request('POST', '/v1/orders', order, key)).status);
  }
  await eventually(async () => (await openOrders(api)) === 0, { withinMs: waitMs, what: 'the end of all orders' });
  await untilShown(api);
  await eventually(async () => expect(await bestCustomers(api)).toEqual(await customerTotals(ledger)) === undefined, {
    withinMs: waitMs,
    what: 'the customers of Postgres in Redis',
  });
  const boards = await leaderboards(api);
  expect(boards.customers).not.toEqual([]);
  await service.end('SIGTERM');
  const before = await viewsOf(ledger);
  expect([...before.keys()].sort()).toEqual(
    expect.arrayContaining(['kpi_daily', 'orders', 'products', 'stock_movements']),
  );

  await dropAll(ledger);
  for (const args of [['prepare'], ['replay', 'start', '--all', '--yes']]) {
    const { code, output } = await ledger.run(args);
    expect({ args, code, output: code === 0 ? '' : output }).toEqual({ args, code: 0, output: '' });
  }
  expect(await viewsOf(ledger)).toEqual(before);

  const made = await ledger.run(['keys', 'create', '--name', 'after', '--role', 'admin', '--json']);
  const { key } = JSON.parse(made.output) as { readonly key: string };
  const after = apiOf((await ledger.start('api,writer,projector', gateway.env)).url, key);
  await eventually(async () => expect(await leaderboards(after)).toEqual(boards) === undefined, {
    withinMs: waitMs,
    what: 'the same leaderboards',
  });
  expect((await ledger.run(['audit', '--at-rest'])).code).toBe(0);
}, 300_000);

async function leaderboards(api: Api): Promise<{ readonly customers: unknown; readonly products: unknown }> {
  const [customers, sold] = await Promise.all(
    ['customers', 'products'].map(async (board) => api.get(`/v1/leaderboards/${board}`)),
  );
  expect([customers?.status, sold?.status]).toEqual([200, 200]);
  return { customers: customers?.body['data'], products: sold?.body['data'] };
}

async function bestCustomers(api: Api): Promise<readonly string[]> {
  const { body } = await api.get('/v1/leaderboards/customers');
  const ranked = body['data'] as readonly {
    readonly customer_id: string;
    readonly total: { readonly amount: number };
  }[];
  return ranked.map(({ customer_id, total }) => `${customer_id} ${total.amount}`).sort();
}

async function customerTotals({ env }: TestLedger): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: env['DATABASE_URL'] ?? '' });
  await client.connect();
  const { rows } = await client.query<{ one: string }>(
    `SELECT customer_id || ' ' || total AS one FROM live.customer_totals`,
  );
  await client.end();
  return rows.map(({ one }) => one).sort();
}

/** What each view for people shows: its rows, and a hash of all of them in one order. */
async function viewsOf({ env }: TestLedger): Promise<ReadonlyMap<string, string>> {
  const client = new pg.Client({ connectionString: env['DATABASE_URL'] ?? '' });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.views WHERE table_schema = 'live' ORDER BY 1`,
    );
    const views = new Map<string, string>();
    for (const { name } of rows) {
      const found = await client.query<{ all: string }>(
        `SELECT count(*) || ' ' || coalesce(md5(string_agg(line, chr(10) ORDER BY line)), '') AS all
           FROM (SELECT row_to_json(one)::text AS line FROM live.${name} one) lines`,
      );
      views.set(name, found.rows[0]?.all ?? '');
    }
    return views;
  } finally {
    await client.end();
  }
}

/** Makes the ledger's database anew, empty, and removes all that it has in Redis; other tests use the same servers. */
async function dropAll({ env, prefix }: TestLedger): Promise<void> {
  const name = new URL(env['DATABASE_URL'] ?? '').pathname.slice(1);
  const client = new pg.Client({ connectionString: servers().databaseUrl });
  await client.connect();
  await eventually(async () => (await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)) !== null, {
    withinMs: waitMs,
    what: `the end of database ${name}`,
  });
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const redis = new Redis(servers().redisUrl);
  for await (const keys of redis.scanStream({ match: `*${prefix}*`, count: 1_000 })) {
    if (Array.isArray(keys) && keys.length > 0) await redis.del(...keys.map(String));
  }
  redis.disconnect();
}
