// A projection whose definition changed since its generation was built: not projected, said which replay to run, and read
// again when that is done. Without events that concern it there is nothing to replay.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';

let ledger: TestLedger;
let database: pg.Pool;
const waitMs = 60_000;

beforeAll(async () => {
  ledger = await prepareLedger('advice', 2);
  database = new pg.Pool({ connectionString: ledger.env['DATABASE_URL'] ?? '', max: 2 });
}, 120_000);
afterAll(async () => {
  await database.end();
  await ledger.close();
}, 60_000);

const change = (projection: string) =>
  database.query(`UPDATE ledger.generations SET definition_hash = 'changed' WHERE projection = $1`, [projection]);

test('with events the message says which replay to run; without any it does not', async () => {
  const first = await ledger.start();
  const api = apiOf(first.url, ledger.key);
  expect((await api.product('tea', 5)).status).toBe(201);
  await first.end('SIGTERM');
  await change('stock');
  await change('leaderboards');
  const second = await ledger.start('api,writer,projector');
  const said = (text: string) => second.log.find((line) => line.includes(text));
  const stock = 'another definition (version 2, now 2); run: ledger replay start stock --activate';
  await eventually(() => said(stock), { withinMs: waitMs, what: 'the replay of stock' });
  const none = 'leaderboards is not projected';
  const line = await eventually(() => said(none), { withinMs: waitMs, what: 'a word about leaderboards' });
  expect(line).toMatch(/no event that it looks at, so run: ledger prepare/);
  expect(line).not.toMatch(/replay start/);
  const changed = apiOf(second.url, ledger.key);
  await changed.request('PATCH', '/v1/products/tea', { name: 'Tea' }, { prefer: 'wait=0' });
  expect((await ledger.run(['replay', 'start', 'stock', '--activate'])).code).toBe(0);
  expect((await ledger.run(['prepare'])).code).toBe(0);
  const { rows } = await database.query<{ projection: string; generation: number }>(
    `SELECT projection, generation FROM ledger.active_generations WHERE generation > 1 ORDER BY 1`,
  );
  expect(rows).toEqual([
    { projection: 'leaderboards', generation: 2 },
    { projection: 'stock', generation: 2 },
  ]);
  await eventually(async () => (await changed.get('/v1/products/tea')).body['name'] === 'Tea', { withinMs: waitMs });
  expect((await database.query('SELECT name FROM live.products')).rows).toEqual([{ name: 'Tea' }]);
}, 240_000);
