// Redis for tests of projections: keys of its own for each sink, and everything taken away at the end.
import { Redis } from 'ioredis';
import type { Cells, Projection } from '../../projections/projection.ts';
import type { RedisSink } from '../../projections/sinks/redis.ts';
import { createRedisSink } from '../../projections/sinks/redis.ts';
import { servers, uniquePrefix } from '../support/servers.ts';
import type { ReadableSink } from './spec.ts';
import { inOrderOfKey } from './spec.ts';

export interface TestRedis {
  readonly redis: Redis;
  /** A sink over keys that nobody used before. */
  sink(projection: Projection): ReadableSink & RedisSink & { readonly base: string };
  /** Takes away all keys that begin so. */
  forget(base: string): Promise<void>;
  close(): Promise<void>;
}

export function openRedis(): TestRedis {
  const redis = new Redis(servers().redisUrl, { maxRetriesPerRequest: 0 });
  const prefix = uniquePrefix('projections');
  let sinks = 0;

  async function forget(base: string): Promise<void> {
    const keys = await redis.keys(`${base}*`);
    if (keys.length > 0) await redis.unlink(keys);
  }

  return {
    redis,
    forget,
    sink(projection) {
      const base = `${prefix}:${(sinks += 1)}`;
      const sink = createRedisSink(redis, { base, projection });
      const rows = async (table: string): Promise<readonly Cells[]> =>
        inOrderOfKey(projection, table, (await sink.content()).tables.get(table) ?? []);
      return { ...sink, base, rows };
    },
    close: async () => {
      await forget(prefix);
      redis.disconnect();
    },
  };
}
