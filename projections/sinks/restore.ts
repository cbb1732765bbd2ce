// Builds what lies in Redis anew from the rows in Postgres: aside, from one snapshot, and put in place with its
// checkpoints by one script. Readers see what was there before until then, and nobody else writes meanwhile.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Cells, Projection, Table } from '../projection.ts';
import { rowName } from './merge.ts';
import { cellText, fieldOf, keyText, redisKeys, scoreOf } from './redis.ts';
import type { RedisKeys } from './redis.ts';
import { keepMarkScript, swapScript } from './redis-scripts.ts';
import type { SnapshotOf } from './snapshot.ts';
import { withSnapshot } from './snapshot.ts';

export interface RestoreOptions {
  readonly pool: Pool;
  readonly redis: Redis;
  readonly generation: SnapshotOf;
  readonly projection: Projection;
  /** First part of the keys in Redis. */
  readonly base: string;
}

/** So long is the mark of a restore believed that no longer says anything, ms. */
const markMs = 5_000;
/** So long stays what a restore built aside that did not come to its end, ms. */
const asideMs = 60_000;

/**
 * Restores one generation. Safe to repeat, and from several processes at once.
 * @returns `busy` where somebody else restores it just now
 * @throws the drivers' errors; Error where the restore took so long between two steps that it lost its mark; the signal's reason
 */
export async function restoreRedis(options: RestoreOptions, signal: AbortSignal): Promise<'restored' | 'busy'> {
  const { pool, redis, generation, projection, base } = options;
  const keys = redisKeys(base);
  const token = randomUUID();
  if ((await redis.set(keys.restoring, token, 'PX', markMs, 'NX')) === null) return 'busy';
  const aside = redisKeys(`${base}:aside:${token}`);
  const sets = new Map<string, string>();
  const checkpoints = await withSnapshot(pool, generation, async (snapshot) => {
    for (const table of projection.tables) {
      for await (const rows of snapshot.rows(table)) {
        signal.throwIfAborted();
        await keepMark(redis, keys, token);
        await write(redis, { keys, aside, table, sets }, rows);
      }
    }
    return [...snapshot.checkpoints].map((one) => one.map(String));
  });
  const names = [keys.checkpoints, keys.restoring, keys.sets];
  const all = [...names, ...projection.tables.map(keys.rows), ...projection.tables.map(aside.rows)];
  const built = JSON.stringify([...sets].map(([name, set]) => [set, name]));
  const swapped = await redis.eval(swapScript, all.length, ...all, token, JSON.stringify(checkpoints), built);
  if (swapped !== 1) throw lost();
  return 'restored';
}

interface Place {
  readonly keys: RedisKeys;
  readonly aside: RedisKeys;
  readonly table: Table;
  /** Sorted sets by their later names: where they are built. */
  readonly sets: Map<string, string>;
}

async function write(redis: Redis, { keys, aside, table, sets }: Place, rows: readonly Cells[]): Promise<void> {
  const fields: string[] = [];
  const scores = new Map<string, string[]>();
  for (const row of rows) {
    const name = rowName(table, row);
    fields.push(name, '');
    for (const column of Object.keys(table.columns)) {
      const cell = row[column] ?? null;
      if (cell !== null && !table.key.includes(column)) fields.push(fieldOf(name, column), cellText(cell));
    }
    for (const ranking of table.rankings ?? []) {
      const value = row[ranking.by];
      if (typeof value !== 'number') continue;
      const set = aside.ranking(table, ranking, row);
      sets.set(keys.ranking(table, ranking, row), set);
      const members = scores.get(set) ?? [];
      members.push(scoreOf(value), keyText(row, ranking.member));
      scores.set(set, members);
    }
  }
  const writing = redis
    .pipeline()
    .hset(aside.rows(table), ...fields)
    .pexpire(aside.rows(table), asideMs);
  for (const [set, members] of scores) writing.zadd(set, ...members).pexpire(set, asideMs);
  for (const [error] of (await writing.exec()) ?? []) if (error !== null) throw error;
}

async function keepMark(redis: Redis, keys: RedisKeys, token: string): Promise<void> {
  if ((await redis.eval(keepMarkScript, 1, keys.restoring, token, markMs)) !== 1) throw lost();
}

function lost(): Error {
  return new Error('restoring Redis took too long between two steps: it is tried again');
}
