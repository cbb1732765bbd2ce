// An activation waits while the new generation lacks something elsewhere of what the old one has, and gives up in the end.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startReplay } from '../../consumers/replay/replay.ts';
import { activate } from '../../projections/activation.ts';
import { activeGenerations, definitionHash } from '../../projections/generations.ts';
import { shipped } from '../../projections/registry.ts';
import { noteEnd } from '../../projections/replays.ts';
import { createPostgresStore } from '../../projections/store.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';

const name = 'leaderboards';
let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase();
}, 60_000);
afterAll(() => database.close());

test('what Redis has not got yet is waited for, at the offsets at which the old generation is held', async () => {
  const { pool } = database;
  const one = shipped.find(({ projection }) => projection.name === name);
  if (one === undefined) throw new Error(`${name} is not shipped`);
  const request = { until: null, untilMs: null, types: null, product: null, file: null, rate: 0 };
  const { projection } = one;
  const wanted = { projection, definitionHash: await definitionHash(one), name: null, private: false, request };
  const store = createPostgresStore(pool);
  const replay = await startReplay({ pool, store }, { ...wanted, ranges: [], expiresAt: null });
  await noteEnd(pool, replay, { status: 'caught_up' });
  await pool.query(
    `INSERT INTO ledger.checkpoints (projection, generation, partition, next_offset)
     SELECT $1, generation, 0, 12 FROM unnest(ARRAY[1, 2]) AS g (generation)`,
    [name],
  );
  const activeNumber = async (): Promise<number | undefined> =>
    (await activeGenerations(pool)).find((found) => found.projection === name)?.generation;
  const options = { shipped, waitMsMax: 300, signal: AbortSignal.timeout(60_000) };

  const never = activate(pool, name, 2, { ...options, lacking: () => Promise.resolve('Redis is behind') });
  await expect(never).rejects.toThrow(/Redis is behind/);
  expect(await activeNumber()).toBe(1);

  const asked: (readonly (readonly number[])[])[] = [];
  const lacking = async (old: ReadonlyMap<number, number>): Promise<string | null> => {
    expect(await activeNumber()).toBe(1);
    asked.push([...old]);
    return asked.length < 3 ? 'Redis is behind' : null;
  };
  await activate(pool, name, 2, { ...options, waitMsMax: 30_000, lacking });
  expect(await activeNumber()).toBe(2);
  expect(asked).toEqual([[[0, 12]], [[0, 12]], [[0, 12]]]);
});
