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

/** What Redis has of a generation that is to be read. */
export interface Mirrored {
  /**
   * Waits until Redis has of it what it has of the live one.
   * @throws NotActivatable after the time of an activation; the signal's reason
   */
  untilAsFar(signal: AbortSignal): Promise<void>;
  /**
   * What it lacks of these offsets; null where it lacks nothing. Where Redis has nothing of the live one, or does not
   * answer, rankings are not to be read anyhow, and nothing lacks.
   */
  lacking(offsets: Checkpoints): Promise<string | null>;
}

const connectMsMax = 1_000;
const pollMs = 50;

/** Looks at Redis for the time of `work`. Of a projection that is not ranked nothing stands there, and nothing lacks. */
export async function withMirrored<T>(
  { config, logger }: MirroredOptions,
  projection: Projection,
  { live, next }: { readonly live: Schema; readonly next: Schema },
  work: (mirrored: Mirrored) => Promise<T>,
): Promise<T> {
  if (projection.tables.every(({ rankings }) => rankings === undefined)) {
    return work({ untilAsFar: () => Promise.resolve(), lacking: () => Promise.resolve(null) });
  }
  const redis = createRedis(config, logger);
  try {
    const shownOf = (one: Schema): Promise<Checkpoints | null> => shown(redis, config.topicPrefix, projection, one);
    await untilReady(redis, connectMsMax).catch(() => undefined);
    const behind = (here: Checkpoints | null, offsets: Checkpoints): string | null =>
      here === null || [...offsets].every(([partition, offset]) => (here.get(partition) ?? 0) >= offset)
        ? null
        : `Redis does not show ${next.schema} yet`;
    const lacking = async (offsets: Checkpoints): Promise<string | null> =>
      ((await shownOf(live))?.size ?? 0) === 0 ? null : behind(await shownOf(next), offsets);
    const untilAsFar = async (signal: AbortSignal): Promise<void> => {
      const started = performance.now();
      for (;;) {
        signal.throwIfAborted();
        const offsets = (await shownOf(live)) ?? new Map<number, number>();
        const lacks = behind(await shownOf(next), offsets);
        if (lacks === null) return;
        if (performance.now() - started > config.activationWaitMsMax) {
          throw new NotActivatable(`${lacks}; is a projector running?`);
        }
        await pause(pollMs, undefined, { signal });
      }
    };
    return await work({ untilAsFar, lacking });
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
