// Preparing Postgres: generations, live views and the role of people; again, and from several processes at once.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Pool } from 'pg';
import { activeGenerations, definitionHash, ensureGenerations } from '../../projections/generations.ts';
import { orderState } from '../../projections/order-state/project.ts';
import { shipped } from '../../projections/registry.ts';
import { stock } from '../../projections/stock/project.ts';
import { migrate } from '../../src/platform/migrate.ts';
import { eventually, servers } from '../support/servers.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';
import { accepted, created, createJournal, orderId } from './events.ts';
import { deliver } from './spec.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase('migrated');
}, 60_000);
afterAll(() => database.close());

const liveViews = async (pool: Pool): Promise<readonly string[]> => {
  const text = "SELECT viewname FROM pg_views WHERE schemaname = 'live' ORDER BY 1";
  return (await pool.query<{ viewname: string }>(text)).rows.map(({ viewname }) => viewname);
};

const shippedTables = () => shipped.flatMap(({ projection }) => projection.tables.map(({ name }) => name)).sort();

describe('prepare', () => {
  test('three at once and one after them make one generation of each projection, active, and its views', async () => {
    await Promise.all([1, 2, 3].map(() => migrate(database.url)));
    await Promise.all([1, 2, 3].map(() => ensureGenerations(database.anotherPool())));
    await ensureGenerations(database.pool);
    const hashes = await Promise.all(shipped.map(definitionHash));
    expect(await activeGenerations(database.pool)).toEqual(
      shipped.map(({ projection: { name, version } }, i) => {
        const schema = `${name.replaceAll('-', '_')}_1`;
        return { projection: name, generation: 1, schema, version, definitionHash: hashes[i] };
      }),
    );
    const { rows } = await database.pool.query(
      'SELECT projection, generation, status FROM ledger.generations ORDER BY 1',
    );
    expect(rows).toEqual(
      shipped.map(({ projection: { name } }) => ({ projection: name, generation: 1, status: 'active' })),
    );
    const views = ['kpi_daily', 'order_events', 'order_lines', 'orders', 'products', 'stock_movements'];
    expect(await liveViews(database.pool)).toEqual(expect.arrayContaining(views));
    expect(await liveViews(database.pool)).toEqual(shippedTables());
  });

  test('again keeps the rows', async () => {
    await ensureGenerations(database.pool);
    const sink = await database.sink(stock);
    const journal = createJournal();
    journal.command(created('p-1'));
    await deliver(stock, sink, [journal.events]);
    await ensureGenerations(database.pool);
    expect(await sink.rows('products')).toHaveLength(1);
    expect(await sink.checkpoints()).toEqual(new Map([[0, 2]]));
  });

  test('every table and column has its meaning in the database, for people', async () => {
    await ensureGenerations(database.pool);
    const { rows } = await database.pool.query<{ missing: string }>(
      `SELECT attrelid::regclass || '.' || attname AS missing FROM pg_attribute
       WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'live'::regnamespace AND relkind = 'v')
         AND attnum > 0 AND col_description(attrelid, attnum) IS NULL`,
    );
    expect(rows).toEqual([]);
  });

  test("an analyst's open query does not stall others, and the view is replaced when it is over", async () => {
    await ensureGenerations(database.pool);
    // As after a change of the doc: the view does not say what it should.
    await database.pool.query("COMMENT ON VIEW live.orders IS 'old'");
    const analyst = await database.pool.connect();
    await analyst.query('BEGIN; SELECT count(*) FROM live.orders');
    const preparing = ensureGenerations(database.anotherPool());
    const waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    await eventually(async () => (await database.pool.query(waits)).rowCount === 1, {
      withinMs: 5_000,
      what: 'it waits',
    });
    const asked = performance.now();
    await database.pool.query('SELECT count(*) FROM live.orders');
    expect(performance.now() - asked).toBeLessThan(1_000);
    await analyst.query('COMMIT');
    analyst.release();
    await preparing;
    const text = "SELECT obj_description('live.orders'::regclass, 'pg_class') AS doc";
    const { rows } = await database.pool.query<{ doc: string }>(text);
    expect(rows[0]?.doc).toMatch(/Generation 1 of order-state/);
  }, 20_000);

  test('a view of another shape is dropped and made again', async () => {
    await ensureGenerations(database.pool);
    await database.pool.query('DROP VIEW live.products; CREATE VIEW live.products AS SELECT 1 AS one, 2 AS two');
    await ensureGenerations(database.pool);
    const { fields } = await database.pool.query('SELECT * FROM live.products');
    expect(fields.map(({ name }) => name)).toEqual(Object.keys(stock.tables[0]?.columns ?? {}));
  });
});

describe('the definition of a projection', () => {
  test('has the hash of its version, tables and code, not of its words', async () => {
    const one = shipped.find(({ projection }) => projection.name === 'order-state');
    if (one === undefined) throw new Error('nothing is shipped');
    const hash = await definitionHash(one);
    const over = (changes: Partial<typeof one.projection>) =>
      definitionHash({ ...one, projection: { ...one.projection, ...changes } });
    expect(await over({ version: one.projection.version + 1 })).not.toBe(hash);
    expect(await over({ tables: orderState.tables.slice(1) })).not.toBe(hash);
    expect(await definitionHash({ ...one, source: new URL('../stock/project.ts', one.source) })).not.toBe(hash);
    expect(await over({ tables: orderState.tables.map((table) => ({ ...table, doc: 'other words' })) })).toBe(hash);
  });
});

describe('the read-only role', () => {
  test('reads schema live and nothing else', async () => {
    expect(await ensureGenerations(database.pool)).toBe('granted');
    const sink = await database.sink(orderState);
    const journal = createJournal(2);
    journal.command(accepted(orderId(7, 2)));
    await deliver(orderState, sink, [journal.events]);

    const url = new URL(required('DATABASE_URL_READONLY'));
    url.pathname = new URL(database.url).pathname;
    const people = database.anotherPool(url.toString());
    expect((await people.query('SELECT order_id FROM live.orders')).rows).toEqual([{ order_id: orderId(7, 2) }]);
    for (const text of [
      'SELECT * FROM order_state_1.orders',
      'SELECT * FROM ledger.checkpoints',
      'SELECT * FROM ledger.api_keys',
      "UPDATE live.orders SET status = 'PAID'",
      'DELETE FROM live.orders',
      'CREATE TABLE live.mine (n int)',
      'CREATE TABLE public.mine (n int)',
      'SET default_transaction_read_only = off; DELETE FROM live.orders',
      'SET default_transaction_read_only = off; CREATE TABLE public.mine (n int)',
      'SET default_transaction_read_only = off; CREATE TEMPORARY TABLE mine (n int)',
      'SET default_transaction_read_only = off; SELECT lo_create(0)',
    ]) {
      await expect(people.query(text)).rejects.toThrow(/permission denied|read-only transaction/);
    }
  });
});

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set; the servers are ${JSON.stringify(servers())}`);
  return value;
}
