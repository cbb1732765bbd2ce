// CLI room: what the verbs of replays and exports work with, opened from the configuration and closed together.
import type { Pool } from 'pg';
import type { ReplayDeps } from '../../../consumers/replay/replay.ts';
import type { Shipped } from '../../../projections/registry.ts';
import { shipped } from '../../../projections/registry.ts';
import type { Replay } from '../../../projections/replays.ts';
import { definitionHash } from '../../../projections/generations.ts';
import { createPostgresStore } from '../../../projections/store.ts';
import { checkSchemas } from '../../../schemas/registry.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/logger.ts';
import { realPace } from '../../platform/pace.ts';
import { createPool } from '../../platform/postgres.ts';
import { createLogParts, createRecordParts } from '../parts.ts';
import { loadOwn } from './own.ts';

export interface ReplayParts extends ReplayDeps {
  readonly pool: Pool;
  readonly config: Config;
  readonly logger: Logger;
}

/** For one statement of the register; what takes longer has a limit of its own. */
const statementMsMax = 60_000;

/** Opens the log and Postgres for one verb, and closes them after it. @throws what `work` throws */
export async function withParts<T>(
  config: Config,
  logger: Logger,
  work: (parts: ReplayParts) => Promise<T>,
): Promise<T> {
  const parts = createLogParts(config, logger, 'ledger-replay');
  const postgresTimeoutMs = Math.max(config.postgresTimeoutMs, statementMsMax);
  const pool = createPool({ ...config, postgresTimeoutMs }, logger);
  try {
    const ids = await checkSchemas(config.schemaRegistryUrl, parts.topics);
    const { reading } = createRecordParts(config, logger, ids);
    const store = createPostgresStore(pool);
    return await work({
      log: parts.log,
      topic: parts.topics.events,
      reading,
      pool,
      store,
      pace: realPace,
      config,
      logger,
    });
  } finally {
    await pool.end();
    await parts.log.close();
  }
}

/** Opens Postgres alone, for verbs that read no event. @throws what `work` throws */
export async function withPool<T>(config: Config, logger: Logger, work: (pool: Pool) => Promise<T>): Promise<T> {
  const postgresTimeoutMs = Math.max(config.postgresTimeoutMs, statementMsMax);
  const pool = createPool({ ...config, postgresTimeoutMs }, logger);
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/** The shipped projection of a name, or the one in a file. @throws Error naming those that there are */
export async function projectionOf(nameOrFile: string): Promise<Shipped> {
  const one = shipped.find(({ projection }) => projection.name === nameOrFile);
  if (one !== undefined) return one;
  if (/\.[cm]?[jt]s$/.test(nameOrFile)) return loadOwn(nameOrFile);
  const names = shipped.map(({ projection }) => projection.name).join(', ');
  throw new Error(`there is no projection ${nameOrFile}: give one of ${names}, or a file such as ./mine.ts`);
}

/** The projection that a replay was started with. @throws Error where this build or the file has another one by now */
export async function projectionOfReplay(
  replay: Pick<Replay, 'projection' | 'definitionHash' | 'version'> & {
    readonly request: Pick<Replay['request'], 'file'>;
  },
): Promise<Shipped> {
  const { projection: name, request, version } = replay;
  const one = await projectionOf(request.file ?? name);
  if ((await definitionHash(one)) === replay.definitionHash) return one;
  const what = request.file ?? `version ${version} of ${name}`;
  throw new Error(`${what} is not what it was: its definition changed since`);
}
