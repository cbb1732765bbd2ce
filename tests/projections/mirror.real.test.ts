// Redis follows Postgres: what is lost, missed or wrong there is built anew, by itself, while both go on.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { leaderboards } from '../../projections/leaderboards/project.ts';
import type { JournalEvent, Sink } from '../../projections/projection.ts';
import type { Mirror } from '../../projections/sinks/mirror.ts';
import { startMirror } from '../../projections/sinks/mirror.ts';
import type { RedisSink } from '../../projections/sinks/redis.ts';
import { keyText, redisKeys } from '../../projections/sinks/redis.ts';
import { restoreRedis } from '../../projections/sinks/restore.ts';
import { eventually } from '../support/servers.ts';
import type { TestDatabase } from './database.ts';
import { openDatabase } from './database.ts';
import type { TestJournal } from './events.ts';
import { createJournal, orderId } from './events.ts';
import { paid } from './order-life.ts';
import type { TestRedis } from './redis.ts';
import { openRedis } from './redis.ts';
import type { ReadableSink } from './spec.ts';
import { deliver, inOrderOfKey } from './spec.ts';

const withinMs = 10_000;
const generation = { projection: 'leaderboards', generation: 1, schema: 'leaderboards_1' };

let database: TestDatabase;
let redis: TestRedis;
let postgres: ReadableSink;
let here: ReadableSink & RedisSink & { readonly base: string };
let journals: readonly TestJournal[];
let mirrors: Mirror[];
let said: { troubles: number; restored: number };
beforeAll(async () => {
  database = await openDatabase();
  redis = openRedis();
}, 60_000);
beforeEach(async () => {
  await database.empty();
  postgres = await database.sink(leaderboards);
  here = redis.sink(leaderboards);
  journals = [0, 1, 2, 3].map((partition) => createJournal(partition));
  mirrors = [];
  said = { troubles: 0, restored: 0 };
});
afterEach(async () => {
  for (const mirror of mirrors) await mirror.stop();
});
afterAll(async () => {
  await redis.close();
  await database.close();
});

/** A sink in Postgres with Redis behind it, as a projector has it. */
function mirrored(changesMax = 100_000, own: Sink = here): Sink {
  const { redis: client } = redis;
  const options = { pool: database.pool, redis: client, generation, projection: leaderboards, base: here.base };
  const mirror = startMirror({
    sink: own,
    source: () => postgres.checkpoints(),
    restore: (signal) => restoreRedis(options, signal),
    changesMax,
    events: { trouble: () => (said.troubles += 1), restored: () => (said.restored += 1) },
  });
  mirrors.push(mirror);
  return mirror.around(postgres);
}

let orders = 0;
/** So many more paid orders in a partition; all ids and amounts differ. */
function sell(partition: number, count: number): readonly JournalEvent[] {
  const journal = journals[partition];
  if (journal === undefined) throw new Error(`there is no partition ${partition}`);
  return Array.from({ length: count }, () => {
    orders += 1;
    const lines = [[`p-${orders % 7}`, (orders % 3) + 1, orders]] as const;
    const currency = orders % 5 === 0 ? 'EUR' : 'USD';
    return journal.command(paid(orderId(orders, partition), { customer: `c-${orders % 11}`, lines, currency }));
  }).flat();
}

/** Feeds journals from where Postgres stands, a few events at a time. */
async function feed(sink: Sink, partitions: readonly number[], rounds: number, each = 3): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const partition of partitions) {
      sell(partition, each);
      const next = (await postgres.checkpoints()).get(partition) ?? 0;
      await deliver(leaderboards, sink, [journals[partition]?.events.slice(next) ?? []]);
    }
  }
}

/** Rows, sorted sets and checkpoints in Redis are those of Postgres. @throws Error naming what differs */
async function isEqual(): Promise<boolean> {
  const { checkpoints, tables, rankings } = await here.content();
  const keys = redisKeys(here.base);
  const found = new Map([...rankings].map(([set, members]) => [set, new Map(members)]));
  const ranked = new Map<string, Map<string, number>>();
  for (const table of leaderboards.tables) {
    const rows = await postgres.rows(table.name);
    expect({ [table.name]: inOrderOfKey(leaderboards, table.name, tables.get(table.name) ?? []) }).toEqual({
      [table.name]: rows,
    });
    for (const row of rows) {
      for (const ranking of table.rankings ?? []) {
        const set = keys.ranking(table, ranking, row);
        const members = ranked.get(set) ?? new Map<string, number>();
        ranked.set(set, members.set(keyText(row, ranking.member), Number(row[ranking.by])));
      }
    }
  }
  expect(found).toEqual(ranked);
  expect(checkpoints ?? new Map()).toEqual(await postgres.checkpoints());
  return true;
}

test('what Postgres applies stands in Redis soon', async () => {
  await feed(mirrored(), [0, 1], 10);
  await eventually(isEqual, { withinMs });
  expect(said.restored).toBe(0);
});

test('everything in Redis is lost under load: it is equal again within ten seconds, by itself', async () => {
  const sink = mirrored();
  await feed(sink, [0, 1], 10);
  await redis.forget(here.base);
  await feed(sink, [0, 1], 10);
  await redis.forget(here.base);
  await eventually(isEqual, { withinMs });
  await feed(sink, [0, 1], 3);
  await eventually(isEqual, { withinMs });
  expect(said).toEqual({ troubles: 0, restored: expect.any(Number) });
  expect(said.restored).toBeGreaterThan(0);
});

test('everything in Redis is lost at rest', async () => {
  await feed(mirrored(), [0, 2], 3);
  await eventually(isEqual, { withinMs });
  await redis.forget(here.base);
  await eventually(isEqual, { withinMs });
});

test('a process died between Postgres and Redis: the next one finds what is missing, without a further event', async () => {
  await feed(mirrored(), [0, 1], 3);
  await eventually(isEqual, { withinMs });
  await mirrors.pop()?.stop();
  await feed(postgres, [1], 2);
  mirrored();
  await eventually(isEqual, { withinMs });
  expect(said.restored).toBe(1);
});

test('Redis was away for longer than changes are kept: it is built anew', async () => {
  let isAway = false;
  const away: Sink = {
    checkpoints: () => (isAway ? Promise.reject(new Error('away')) : here.checkpoints()),
    apply: (...all) => (isAway ? Promise.reject(new Error('away')) : here.apply(...all)),
  };
  const sink = mirrored(20, away);
  await feed(sink, [0], 2);
  await eventually(isEqual, { withinMs });
  isAway = true;
  await feed(sink, [0, 1], 10);
  await eventually(() => said.troubles, { withinMs });
  isAway = false;
  await eventually(isEqual, { withinMs });
  expect(said.restored).toBe(1);
});

test('Redis knows more than Postgres, which went back: Redis follows', async () => {
  const sink = mirrored();
  await feed(sink, [0], 3);
  await eventually(isEqual, { withinMs });
  await database.empty();
  await eventually(isEqual, { withinMs });
  await deliver(leaderboards, sink, [journals[0]?.events.slice(0, 4) ?? []]);
  await eventually(isEqual, { withinMs });
});

test('two processes with partitions of their own lose nothing of each other, also while one builds anew', async () => {
  const [first, second] = [mirrored(), mirrored()];
  await Promise.all([feed(first, [0, 1], 5), feed(second, [2, 3], 5)]);
  await redis.forget(here.base);
  await Promise.all([feed(first, [0, 1], 10), feed(second, [2, 3], 10)]);
  await eventually(isEqual, { withinMs });
});

test('a mark that somebody left behind who died while building anew is not waited for for long', async () => {
  await feed(postgres, [0], 2);
  await redis.redis.set(redisKeys(here.base).restoring, 'a process that died', 'PX', 1_000);
  mirrored();
  await eventually(isEqual, { withinMs });
});
