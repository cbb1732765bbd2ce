// Going back: only to a generation that this build projects and that was followed since it was replaced.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startReplay } from '../../consumers/replay/replay.ts';
import { activate } from '../../projections/activation.ts';
import { activeGenerations, definitionHash } from '../../projections/generations.ts';
import { shipped } from '../../projections/registry.ts';
import { noteEnd } from '../../projections/replays.ts';
import { createPostgresStore } from '../../projections/store.ts';
import { rollBack } from '../../src/cli/replay/compare.ts';
import { readConfig } from '../../src/platform/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';

const name = 'stock';
let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase();
}, 60_000);
afterAll(() => database.close());

test('not to one of another definition, nor to one that was replaced too long ago', async () => {
  const { pool } = database;
  const one = shipped.find(({ projection }) => projection.name === name);
  if (one === undefined) throw new Error(`${name} is not shipped`);
  const request = { until: null, untilMs: null, types: null, product: null, file: null, rate: 0 };
  const wanted = { projection: one.projection, definitionHash: await definitionHash(one), name: null, private: false };
  const store = createPostgresStore(pool);
  const replay = await startReplay({ pool, store }, { ...wanted, request, ranges: [], expiresAt: null });
  await noteEnd(pool, replay, { status: 'caught_up' });
  const signal = AbortSignal.timeout(60_000);
  await activate(pool, name, 2, { shipped, waitMsMax: 5_000, signal });
  const config = readConfig({ ...process.env, LEDGER_RETIRED_FOLLOW_S: '600' });
  const back = () => rollBack({ pool, config, logger: createLogger({ logLevel: 'fatal' }) }, name, signal);
  const first = (set: string, ...values: readonly unknown[]) =>
    pool.query(`UPDATE ledger.generations SET ${set} WHERE projection = 'stock' AND generation = 1`, [...values]);
  const active = async (): Promise<number | undefined> =>
    (await activeGenerations(pool)).find(({ projection }) => projection === name)?.generation;

  await first('definition_hash = $1', 'another');
  await expect(back()).rejects.toThrow(/another definition.*deploy the release/);
  await first('definition_hash = $1', replay.definitionHash);
  await first("retired_at = now() - interval '601 seconds'");
  await expect(back()).rejects.toThrow(/more than 600 s ago.*replay start stock/);
  expect(await active()).toBe(2);
  await first("retired_at = now() - interval '500 seconds'");
  expect((await back()).to.generation).toBe(1);
  expect(await active()).toBe(1);
});
