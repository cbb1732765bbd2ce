// Dead letters for the API and the command line: their table, and a way to their topic.
import type { Pool } from 'pg';
import { encodeLetter } from '../../schemas/dead-letters.ts';
import type { DeadLetters } from '../http/dead-letters.ts';
import { createDeadLetters } from '../http/dead-letters.ts';
import type { Log } from '../log/port.ts';
import { createSender } from '../log/sender.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { createPool } from '../platform/postgres.ts';
import { realPace } from '../platform/pace.ts';
import { createLogParts } from './parts.ts';

interface Parts {
  readonly log: Log;
  readonly topic: string;
  readonly pool: Pool;
  readonly config: Config;
  readonly trouble: (error: unknown) => void;
}

/** Whoever stops it sends what waits. */
export function openDeadLetters({ log, topic, pool, config, trouble }: Parts): DeadLetters & { stop(): Promise<void> } {
  const sender = createSender({
    log,
    topic,
    recordsMax: config.sendRecordsMax,
    bytesMax: config.sendBytesMax,
    clock: () => undefined,
    trouble,
  });
  const letters = createDeadLetters({
    pool,
    pace: realPace,
    viewWaitMsMax: config.viewWaitMsMax,
    append: async (records) => {
      const offsets = await Promise.all(records.map((record) => sender.send(0, encodeLetter(record))));
      return Math.max(...offsets) + 1;
    },
  });
  return { ...letters, stop: () => sender.stop() };
}

/** For a verb: opens what it needs and closes it afterwards. */
export async function withDeadLetters<T>(
  config: Config,
  logger: Logger,
  work: (letters: DeadLetters) => Promise<T>,
): Promise<T> {
  const { log, topics } = createLogParts(config, logger, 'ledger-dead-letters');
  const pool = createPool(config, logger);
  const trouble = (err: unknown): void => logger.warn({ err }, 'Kafka did not take it; trying again');
  const letters = openDeadLetters({ log, topic: topics.deadLetters, pool, config, trouble });
  try {
    return await work(letters);
  } finally {
    await letters.stop();
    await Promise.all([log.close(), pool.end()]);
  }
}
