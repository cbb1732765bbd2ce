// Platform room: the connection to Redis. It never holds a request up: without a connection, or without an answer in
// time, a command fails at once, and the caller goes on without Redis.
import { once } from 'node:events';
import { Redis } from 'ioredis';
import type { Config } from './config.ts';
import type { Logger } from './logger.ts';

export type { Redis };

/** Connects in the background and again after every loss, for ever; trouble is logged once for each loss. */
export function createRedis(config: Pick<Config, 'redisUrl' | 'redisTimeoutMs'>, logger: Logger): Redis {
  const redis = new Redis(config.redisUrl, {
    connectTimeout: 1_000,
    commandTimeout: config.redisTimeoutMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    enableReadyCheck: true,
    keepAlive: 30_000,
    noDelay: true,
    retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 5), 2_000) * (0.5 + Math.random() / 2),
  });
  let away = false;
  redis.on('error', (err: Error) => {
    if (!away) logger.warn({ err }, 'Redis does not answer; going on without it');
    away = true;
  });
  redis.on('ready', () => {
    if (away) logger.info('Redis answers again');
    away = false;
  });
  return redis;
}

/** Waits for the first connection. @throws its error; Error where it takes longer than `msMax` */
export async function untilReady(redis: Redis, msMax: number): Promise<void> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(msMax) });
}
