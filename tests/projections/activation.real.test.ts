// An activation waits while the new generation lacks something elsewhere of what the old one has, and gives up in the end.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startReplay } from '../../consumers/replay/replay.ts';
import { activate } from '../../projections/activation.ts';
import { activeGenerations, definitionHash } from '../../projections/generations.ts';
import { shipped } from '../../projections/registry.ts';
import { noteEnd } from '../../projections/replays.ts';
import { createPostgresStore } from '../../projections/store.ts';
import { eventually } from '../support/servers.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';
import { createWorld } from './projector-world.ts';

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

test('a view that stays in use does not hold an activation up: it says so, and a projector lets the view follow', async () => {
  const { pool } = database;
  const table = shipped.find(({ projection }) => projection.name === name)?.projection.tables[0]?.name ?? '';
  const before = (await activeGenerations(pool)).find(({ projection }) => projection === name)?.generation ?? 0;
  const target = before === 1 ? 2 : 1;
  const shows = async (): Promise<string> => {
    const text = "SELECT obj_description(to_regclass($1), 'pg_class') AS doc";
    return (await pool.query<{ doc: string }>(text, [`live.${table}`])).rows[0]?.doc ?? '';
  };
  const analyst = await pool.connect();
  await analyst.query(`BEGIN; SELECT count(*) FROM live.${table}`);
  const world = createWorld(database, false);
  try {
    const done = await activate(pool, name, target, { shipped, waitMsMax: 300, signal: AbortSignal.timeout(60_000) });
    expect(done.before).toBe(before);
    expect(done.warning).toContain(`live.${table}`);
    expect(await shows()).toContain(`Generation ${before} of ${name}`);
    await world.start();
    await analyst.query('COMMIT');
    const what = 'the view follows';
    await eventually(async () => (await shows()).endsWith(`Generation ${target} of ${name}.`), {
      withinMs: 30_000,
      what,
    });
  } finally {
    analyst.release(true);
    await world.stopAll();
  }
});
