// What all roles of a process share: the servers it talks to, its metrics, and what is known of its troubles.
import { randomUUID } from 'node:crypto';
import type { Config } from '../platform/config.ts';
import { createCrashPoints } from '../platform/crash-points.ts';
import { createEpisode } from '../platform/episode.ts';
import type { Logger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createPool } from '../platform/postgres.ts';
import { createRedis } from '../platform/redis.ts';
import { createAudits } from './audits.ts';
import { openDeadLetters } from './dead-letters.ts';
import { createLastErrors } from './last-errors.ts';
import { createLogParts } from './parts.ts';
import { createReplays } from './replays.ts';
import type { RoleName } from './roles.ts';
import { checkStart } from './start-checks.ts';

const troubleTexts = { begins: 'trouble with the log; going on', over: 'no more trouble with the log' };

/** Everything that the roles share. */
export type Parts = Awaited<ReturnType<typeof connect>>;

/** Checks that the ledger may run like this, and connects. What is opened ends with `running`. */
export async function connect(config: Config, logger: Logger, running: AsyncDisposableStack, signal: AbortSignal) {
  const instanceId = randomUUID();
  const logParts = createLogParts(config, logger, `ledger-${instanceId}`);
  running.defer(() => logParts.log.close());
  const metrics = createMetrics();
  const troubles = createEpisode(logger, troubleTexts);
  const records = await checkStart(config, logger, logParts, signal);
  const pool = running.adopt(createPool(config, logger), (one) => one.end());
  const redis = running.adopt(createRedis(config, logger), (one) => one.disconnect());
  const lastErrors = createLastErrors(Date.now);
  const troubleOf = (role: RoleName) => (err: unknown) => {
    metrics.logTroubles.inc();
    troubles.trouble(err);
    lastErrors.note(role, err);
  };
  const letters = openDeadLetters({
    ...logParts,
    topic: logParts.topics.deadLetters,
    pool,
    config,
    trouble: troubleOf('api'),
  });
  return {
    ...logParts,
    ...records,
    config,
    logger,
    instanceId,
    metrics,
    passing: createCrashPoints(config.crashAt),
    pool,
    redis,
    audits: createAudits(config, logger),
    deadLetters: running.adopt(letters, (one) => one.stop()),
    replays: createReplays({ ...logParts, config, logger, pool, topic: logParts.topics.events }),
    lastErrors,
    troubleOf,
  };
}
