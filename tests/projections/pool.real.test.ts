// The pool: numbers that are numbers, and connections whose end is nobody's end.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPool } from '../../src/platform/postgres.ts';
import { eventually } from '../support/servers.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase('migrated');
}, 60_000);
afterAll(() => database.close());

test('int8 is a number or an error, numeric stays text', async () => {
  const { rows } = await database.pool.query(
    'SELECT 9007199254740991::bigint AS largest, -1::bigint AS negative, null::bigint AS none, 1.10::numeric AS exact',
  );
  expect(rows).toEqual([{ largest: 9_007_199_254_740_991, negative: -1, none: null, exact: '1.10' }]);
  await expect(database.pool.query('SELECT 9007199254740992::bigint')).rejects.toThrow('no safe integer');
  expect((await database.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('a statement that takes too long ends with the reason of the server', async () => {
  const config = { databaseUrl: database.url, postgresPoolMax: 1, postgresTimeoutMs: 200 };
  const pool = createPool(config, { error: () => undefined });
  await expect(pool.query('SELECT pg_sleep(5)')).rejects.toThrow('statement timeout');
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
});

test('idle connections that end are logged and replaced; a connection in use rejects its statement', async () => {
  const logged: string[] = [];
  const config = { databaseUrl: database.url, postgresPoolMax: 2, postgresTimeoutMs: 5_000 };
  const pool = createPool(config, { error: (_fields, message) => logged.push(message) });
  const end = (pid: number) => database.pool.query('SELECT pg_terminate_backend($1)', [pid]);
  const pidOf = async (): Promise<number> => {
    const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return rows[0]?.pid ?? 0;
  };
  await end(await pidOf());
  await eventually(() => logged.length === 1, { withinMs: 5_000, what: 'the end of the idle one is logged' });
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);

  const client = await pool.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const sleeping = expect(client.query('SELECT pg_sleep(20)')).rejects.toThrow(/terminat/);
  await end(rows[0]?.pid ?? 0);
  await sleeping;
  client.release(true);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
});
