// The stack that the other tests stand on: servers come back after a kill with their data, and nothing is left of a
// stack whose owner died. The small servers are enough to show it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { processOf } from '../../stack/processes.ts';
import type { Stack } from '../../stack/stack.ts';
import { startStack } from '../../stack/stack.ts';
import { node } from '../support/child.ts';
import { root } from '../support/repository.ts';
import { eventually } from '../support/servers.ts';

const withinMs = 30_000;
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ provider: 'native', servers: ['postgres', 'redis', 'gateway'] });
}, 600_000);

afterAll(async () => {
  await stack.stop();
  await stack.stop();
  expect(existsSync(stack.dir)).toBe(false);
}, 60_000);

async function onPostgres<T extends pg.QueryResultRow>(url: string, statement: string): Promise<readonly T[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  await client.connect();
  try {
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}

test('Postgres keeps what it acknowledged over a kill', async () => {
  const { DATABASE_URL } = stack.env;
  await onPostgres(DATABASE_URL, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const before = stack.pid('postgres');
  await stack.kill('postgres');
  expect(stack.pid('postgres')).toBeUndefined();
  await expect(onPostgres(DATABASE_URL, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  await stack.start('postgres');
  expect(stack.pid('postgres')).not.toBe(before);
  expect(await onPostgres(DATABASE_URL, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
}, 60_000);

test('its commits are durable, and it is reached by password only', async () => {
  const settings = `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`;
  expect(await onPostgres(stack.env.DATABASE_URL, settings)).toEqual([{ fsync: 'on', commit: 'on' }]);
  const wrong = stack.env.DATABASE_URL.replace(/:[^:@]*@/, ':wrong@');
  await expect(onPostgres(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed');
  const writing = onPostgres(stack.env.DATABASE_URL_READONLY, 'CREATE TABLE mine (a int)');
  await expect(writing).rejects.toThrow(/read-only transaction|permission denied/);
}, 60_000);

test('the payment gateway keeps what it captured over a kill', async () => {
  const body = {
    attempt_id: 'a-1',
    order_id: 'order-1',
    customer_id: 'ada',
    amount: { amount: 1999, currency: 'USD' },
  };
  const charge = async (): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const url = `${stack.env.LEDGER_GATEWAY_URL}/v1/charges`;
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const first = await charge();
  expect(first).toMatchObject({ attempt_id: 'a-1', order_id: 'order-1' });
  await stack.kill('gateway');
  await expect(charge()).rejects.toThrow('fetch failed');
  await stack.start('gateway');
  expect(await charge()).toEqual(first);
}, 60_000);

test('Redis keeps its keys over an orderly end, and is silent while it is paused', async () => {
  const client = new Redis(stack.env.REDIS_URL, { commandTimeout: 1_000, maxRetriesPerRequest: 1 });
  client.on('error', () => undefined);
  try {
    await client.set('kept', 'yes');
    await stack.terminate('redis');
    await stack.start('redis');
    expect(await eventually(() => client.get('kept'), { withinMs })).toBe('yes');
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    await stack.pause('redis');
    await expect(client.get('kept')).rejects.toThrow('timed out');
    await stack.resume('redis');
    expect(await eventually(() => client.get('kept'), { withinMs })).toBe('yes');
  } finally {
    client.disconnect();
  }
}, 60_000);

test('a stack whose owner is killed leaves no process and no folder', async () => {
  const program = `
    import { startStack } from './stack/stack.ts';
    const stack = await startStack({ provider: 'native', servers: ['postgres', 'redis'] });
    console.log(JSON.stringify({ dir: stack.dir, pids: [stack.pid('postgres'), stack.pid('redis')] }));
    setInterval(() => undefined, 1_000);`;
  const owner = spawn(node, ['--input-type=module', '-e', program], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
  const { dir, pids } = JSON.parse(line) as { dir: string; pids: number[] };
  expect(pids.map(processOf)).not.toContain(undefined);
  owner.kill('SIGKILL');
  const gone = (): boolean => !existsSync(dir) && pids.every((pid) => processOf(pid) === undefined);
  await eventually(gone, { withinMs, what: 'the end of everything' });
}, 120_000);
