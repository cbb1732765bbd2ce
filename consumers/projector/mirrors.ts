// The mirrors of a projector: one for each generation whose projection is ranked, so that it stands in Redis too.
import type { Pool } from 'pg';
import type { Projection, Sink } from '../../projections/projection.ts';
import type { Mirror } from '../../projections/sinks/mirror.ts';
import { startMirror } from '../../projections/sinks/mirror.ts';
import { createRedisSink, redisBase } from '../../projections/sinks/redis.ts';
import { restoreRedis } from '../../projections/sinks/restore.ts';
import type { SnapshotOf } from '../../projections/sinks/snapshot.ts';
import type { Config } from '../../src/platform/config.ts';
import { createEpisode } from '../../src/platform/episode.ts';
import type { Logger } from '../../src/platform/logger.ts';
import type { Redis } from '../../src/platform/redis.ts';

export interface Mirrors {
  /** The sink to project into: the one given, with Redis behind it where the projection is ranked. */
  around(generation: SnapshotOf, projection: Projection, sink: Sink): Sink;
  /** Ends those of all other schemas, whose generations are followed no more, and takes away what they have in Redis. */
  keep(schemas: ReadonlySet<string>): Promise<void>;
  /** Ends all of them. */
  stop(): Promise<void>;
}

export interface MirrorsOptions {
  readonly pool: Pool;
  /** A connection that may wait for long scripts. */
  readonly redis: Redis;
  readonly config: Pick<Config, 'topicPrefix' | 'mirrorChangesMax'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

export function createMirrors({ pool, redis, config, logger }: MirrorsOptions): Mirrors {
  const mirrors = new Map<string, Mirror & { forget(): Promise<void> }>();
  return {
    around: (generation, projection, sink) => {
      if (!projection.tables.some(({ rankings }) => rankings !== undefined)) return sink;
      const base = redisBase(config.topicPrefix, generation);
      const about = { generation: generation.schema };
      const episode = createEpisode(logger, {
        begins: 'Redis does not keep up with Postgres; trying again',
        over: 'Redis keeps up with Postgres again',
      });
      const inRedis = createRedisSink(redis, { base, projection });
      const mirror = startMirror({
        sink: inRedis,
        source: () => sink.checkpoints(),
        restore: (signal) => restoreRedis({ pool, redis, generation, projection, base }, signal),
        changesMax: config.mirrorChangesMax,
        events: {
          trouble: (error) => episode.trouble(error, about),
          restored: (ms) => logger.info({ ...about, ms: Math.round(ms) }, 'built anew in Redis, from Postgres'),
        },
      });
      mirrors.set(generation.schema, { ...mirror, forget: inRedis.forget });
      return mirror.around(sink);
    },
    keep: async (schemas) => {
      const gone = [...mirrors].filter(([schema]) => !schemas.has(schema));
      for (const [schema, mirror] of gone) {
        mirrors.delete(schema);
        await mirror.stop();
        // Keys that stay because Redis is away just now cost room, and nobody reads them.
        await mirror
          .forget()
          .catch((err: unknown) => logger.warn({ err, generation: schema }, 'its keys stay in Redis'));
      }
    },
    stop: async () => void (await Promise.all([...mirrors.values()].map((mirror) => mirror.stop()))),
  };
}
