// Drops: what is read, or worked on, stays, whatever it was when it was looked up.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startReplay } from '../../consumers/replay/replay.ts';
import { activate } from '../../projections/activation.ts';
import { definitionHash } from '../../projections/generations.ts';
import { shipped } from '../../projections/registry.ts';
import { findReplay, noteEnd, replayLockClass } from '../../projections/replays.ts';
import type { Replay } from '../../projections/replays.ts';
import { createPostgresStore } from '../../projections/store.ts';
import { dropExpired, dropReplay } from '../../src/cli/replay/expire.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase();
}, 60_000);
afterAll(() => database.close());

async function caughtUp(name: string | null = null, expiresAt: Date | null = null): Promise<Replay> {
  const { pool } = database;
  const one = shipped.find(({ projection }) => projection.name === 'stock');
  if (one === undefined) throw new Error('stock is not shipped');
  const request = { until: null, untilMs: null, types: null, product: null, file: null, rate: 0 };
  const wanted = { projection: one.projection, definitionHash: await definitionHash(one), request, ranges: [] };
  const place = { ...wanted, name, private: name !== null, expiresAt };
  const replay = await startReplay({ pool, store: createPostgresStore(pool) }, place);
  await noteEnd(pool, replay, { status: 'caught_up' });
  return found(replay);
}

async function found({ replayId }: Replay): Promise<Replay> {
  const replay = await findReplay(database.pool, replayId);
  if (replay === null) throw new Error(`${replayId} is gone`);
  return replay;
}

const schemas = async (): Promise<readonly string[]> => {
  const { rows } = await database.pool.query<{ name: string }>('SELECT nspname AS name FROM pg_namespace');
  return rows.map(({ name }) => name);
};

test('one that was activated after it was looked up is not dropped', async () => {
  const { pool } = database;
  const asked = await caughtUp();
  await activate(pool, 'stock', asked.generation, { shipped, waitMsMax: 5_000, signal: AbortSignal.timeout(60_000) });
  expect(asked.status).toBe('caught_up');
  await expect(dropReplay(pool, asked)).rejects.toThrow(/everybody reads/);
  expect((await found(asked)).status).toBe('active');
  expect(await schemas()).toContain(asked.schema);
});

test('one that a process took up after it was looked up is not dropped, and nobody works on a dropped one', async () => {
  const { pool } = database;
  const asked = await caughtUp();
  const worker = await pool.connect();
  await worker.query('SELECT pg_advisory_lock($1, $2)', [replayLockClass, asked.lockId]);
  await expect(dropReplay(pool, asked)).rejects.toThrow(/a process works on/);
  expect((await found(asked)).status).toBe('caught_up');
  worker.release(true);
  await dropReplay(pool, asked);
  expect(await schemas()).not.toContain(asked.schema);
  expect(await noteEnd(pool, asked, { status: 'running' })).toBe(false);
  await expect(dropReplay(pool, asked)).rejects.toThrow(/dropped already/);
});

test('what has expired is dropped once, by however many workers at once', async () => {
  const now = new Date();
  const { schema } = await caughtUp('march', new Date(now.getTime() - 1));
  const dropped = await Promise.all([1, 2, 3].map(() => dropExpired(database.pool, now)));
  expect(dropped.flat()).toEqual(['march']);
  expect(await schemas()).not.toContain(schema);
});
