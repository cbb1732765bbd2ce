// The mirrors of a projector end with the generations that are followed: what is dropped neither keeps a mirror at work
// nor its keys in Redis.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createMirrors } from '../../consumers/projector/mirrors.ts';
import { createTargets } from '../../consumers/projector/targets.ts';
import { leaderboards } from '../../projections/leaderboards/project.ts';
import { startReplay } from '../../consumers/replay/replay.ts';
import { definitionHash, noteSpoiled } from '../../projections/generations.ts';
import { shipped } from '../../projections/registry.ts';
import { noteEnd } from '../../projections/replays.ts';
import { createPostgresStore } from '../../projections/store.ts';
import { eventually, uniquePrefix } from '../support/servers.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';
import { createJournal, orderId } from './events.ts';
import { paid } from './order-life.ts';
import type { TestRedis } from './redis.ts';
import { openRedis } from './redis.ts';

let database: TestDatabase;
let redis: TestRedis;
beforeAll(async () => {
  database = await openDatabase();
  redis = openRedis();
}, 60_000);
afterAll(async () => {
  await redis.close();
  await database.close();
});

test('a generation that is followed no more leaves neither a mirror nor keys', async () => {
  const prefix = uniquePrefix('mirrors');
  const one = shipped.find(({ projection }) => projection === leaderboards);
  if (one === undefined) throw new Error('the leaderboards are not shipped');
  const replay = await startReplay(
    { pool: database.pool, store: createPostgresStore(database.pool) },
    {
      projection: leaderboards,
      definitionHash: await definitionHash(one),
      name: null,
      private: false,
      request: { until: null, untilMs: null, types: null, product: null, file: null, rate: 0 },
      ranges: [],
      expiresAt: null,
    },
  );
  await noteEnd(database.pool, replay, { status: 'caught_up' });
  const warned: unknown[] = [];
  const mirrors = createMirrors({
    pool: database.pool,
    redis: redis.redis,
    config: { topicPrefix: prefix, mirrorChangesMax: 1_000 },
    logger: { info: () => undefined, warn: (fields: unknown) => void warned.push(fields) },
  });
  const targets = createTargets(database.pool, 3_600, mirrors);
  const keysOf = async (generation: number): Promise<number> =>
    (await redis.redis.keys(`${prefix}:leaderboards_${generation}:*`)).length;
  try {
    const journal = createJournal(0);
    const changes = journal
      .command(paid(orderId(1, 0), { customer: 'ann', lines: [['lamp', 2, 500]] }))
      .flatMap((event) => leaderboards.project(event));
    for (const { projection, sink } of (await targets()).targets) {
      if (projection === leaderboards) await sink.apply(changes, new Map([[0, { expected: 0, next: 2 }]]));
    }
    await eventually(async () => (await keysOf(1)) > 0 && (await keysOf(2)) > 0, { withinMs: 20_000, what: 'both' });
    await noteSpoiled(database.pool, replay, 'given up');
    const left = (await targets()).targets.filter(({ projection }) => projection === leaderboards);
    expect(left.map(({ generation }) => generation)).toEqual([1]);
    expect([await keysOf(2), (await keysOf(1)) > 0]).toEqual([0, true]);
    expect(warned).toEqual([]);
  } finally {
    await mirrors.stop();
    await redis.forget(prefix);
  }
});
