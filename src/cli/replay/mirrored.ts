// CLI room: a generation that is also shown from Redis may be activated when Redis shows it as far as the one that is
// read, so that no ranking fails or goes back.
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { NotActivatable } from '../../../projections/activation.ts';
import type { Checkpoints, Projection } from '../../../projections/projection.ts';
import { createRedisSink, redisBase } from '../../../projections/sinks/redis.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/logger.ts';
import { createRedis, untilReady } from '../../platform/redis.ts';

interface Schema {
  readonly schema: string;
}

export interface MirroredOptions {
  readonly config: Pick<Config, 'redisUrl' | 'redisTimeoutMs' | 'topicPrefix' | 'activationWaitMsMax'>;
  readonly logger: Logger;
}

const connectMsMax = 1_000;
const pollMs = 50;

/**
 * Waits until Redis has of `next` what it has of `live`. Where it has nothing of `live`, or does not answer, rankings
 * are not to be read anyhow, and there is nothing to wait for.
 * @throws NotActivatable after the time of an activation; the signal's reason
 */
export async function untilMirrored(
  { config, logger }: MirroredOptions,
  projection: Projection,
  live: Schema,
  next: Schema,
  signal: AbortSignal,
): Promise<void> {
  if (projection.tables.every(({ rankings }) => rankings === undefined)) return;
  const redis = createRedis(config, logger);
  try {
    const shownOf = (one: Schema): Promise<Checkpoints | null> => shown(redis, config.topicPrefix, projection, one);
    await untilReady(redis, connectMsMax).catch(() => undefined);
    const started = performance.now();
    for (;;) {
      signal.throwIfAborted();
      const [before, after] = [await shownOf(live), await shownOf(next)];
      if (before === null || after === null || before.size === 0) return;
      if ([...before].every(([partition, offset]) => (after.get(partition) ?? 0) >= offset)) return;
      if (performance.now() - started > config.activationWaitMsMax) {
        throw new NotActivatable(`Redis does not show ${next.schema} yet; is a projector running?`);
      }
      await pause(pollMs, undefined, { signal });
    }
  } finally {
    redis.disconnect();
  }
}

/** Null where Redis does not answer. */
async function shown(redis: Redis, prefix: string, projection: Projection, one: Schema): Promise<Checkpoints | null> {
  try {
    return await createRedisSink(redis, { base: redisBase(prefix, one), projection }).checkpoints();
  } catch {
    // Reads of rankings answer 503 then, whichever generation is read.
    return null;
  }
}
