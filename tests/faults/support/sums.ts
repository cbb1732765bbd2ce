// The SHA-256 of every shipped projection as it is read: of its rows in Postgres, and of what Redis has of them.
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { compareRows, sumOfAll, sumsOf } from '../../../projections/dump.ts';
import { activeGenerations } from '../../../projections/generations.ts';
import type { Generation } from '../../../projections/generations.ts';
import { leaderboards } from '../../../projections/leaderboards/project.ts';
import type { Cells } from '../../../projections/projection.ts';
import { shipped } from '../../../projections/registry.ts';
import { createRedisSink, redisBase } from '../../../projections/sinks/redis.ts';
import { createPostgresStore } from '../../../projections/store.ts';

/** By the name of the projection. */
export type Sums = { readonly [projection: string]: string };

/** One sum, and the offsets at which it was taken, as text. */
export interface Stand {
  readonly sum: string;
  readonly at: string;
  readonly rows: number;
}

/** Sums of all active generations. @throws the driver's error */
export async function sumsInPostgres(pool: Pool): Promise<Sums> {
  const sums: { [projection: string]: string } = {};
  for (const { projection } of shipped) sums[projection.name] = (await standInPostgres(pool, projection.name)).sum;
  return sums;
}

/** The active generation of one projection, at one moment. @throws the driver's error */
export async function standInPostgres(pool: Pool, name: string): Promise<Stand> {
  const generation = await active(pool, name);
  const projection = shipped.find((one) => one.projection.name === name)?.projection;
  if (projection === undefined) throw new Error(`there is no projection ${name}`);
  return createPostgresStore(pool).picture({ ...generation, projection }, async (picture) => {
    const sums = await sumsOf(projection, picture);
    return { sum: sumOfAll(sums), at: offsetsText(picture.checkpoints), rows: countOf(sums) };
  });
}

/** What Redis has of the active leaderboards, at one moment; null where it has none. @throws the driver's error */
export async function standInRedis(pool: Pool, redis: Redis, prefix: string): Promise<Stand | null> {
  const generation = await active(pool, 'leaderboards');
  const sink = createRedisSink(redis, { base: redisBase(prefix, generation), projection: leaderboards });
  const { checkpoints, tables } = await sink.content();
  if (checkpoints === null) return null;
  const sums = await sumsOf(leaderboards, {
    checkpoints,
    async *rows(table) {
      const rows: readonly Cells[] = tables.get(table.name) ?? [];
      yield await Promise.resolve(rows.toSorted((a, b) => compareRows(table, a, b)));
    },
  });
  return { sum: sumOfAll(sums), at: offsetsText(checkpoints), rows: countOf(sums) };
}

async function active(pool: Pool, name: string): Promise<Generation> {
  const found = (await activeGenerations(pool)).find(({ projection }) => projection === name);
  if (found === undefined) throw new Error(`${name} has no active generation`);
  return found;
}

function offsetsText(checkpoints: ReadonlyMap<number, number>): string {
  return JSON.stringify([...checkpoints].filter(([, next]) => next > 0).sort(([a], [b]) => a - b));
}

function countOf(sums: { readonly [table: string]: { readonly rows: number } }): number {
  return Object.values(sums).reduce((sum, { rows }) => sum + rows, 0);
}
