// `ledger prepare`: topics, schemas, genesis, tables. Everything that is there already stays as it is, so it may run
// again at any time, also twice at once.
import { randomUUID } from 'node:crypto';
import { ensureGenerations } from '../../projections/generations.ts';
import { prepareSchemas } from '../../schemas/registry.ts';
import { openLedger } from '../log/genesis.ts';
import { checkTopics, prepareTopics } from '../log/topics.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { migrate } from '../platform/migrate.ts';
import { createPool } from '../platform/postgres.ts';
import { createLogParts, createRecordParts } from './parts.ts';
import { refuseFindings } from './start-checks.ts';

export interface Prepared {
  readonly ledger_id: string;
  readonly topics_created: readonly string[];
  readonly schemas: number;
  /** Whether the role of DATABASE_URL_READONLY may read; `missing`: an administrator has to make it. */
  readonly readers: 'granted' | 'missing';
}

/** Prepares a ledger. @throws when a server is away, a schema is incompatible, or existing topics break a rule */
export async function prepare(config: Config, logger: Logger): Promise<Prepared> {
  const { log, kafka, topics } = createLogParts(config, logger, 'ledger-prepare');
  try {
    const plan = { topics, partitions: config.partitions, replicationFactor: config.replicationFactor };
    const created = await prepareTopics(kafka, plan);
    refuseFindings(await checkTopics(kafka, plan));
    const ids = await prepareSchemas(config.schemaRegistryUrl, topics);
    const { codec, reading } = createRecordParts(config, logger, ids);
    const ledgerId = await openLedger({
      log,
      topic: topics.events,
      partitions: config.partitions,
      reading,
      encode: codec.encode,
      ledgerId: randomUUID(),
    });
    const readers = await prepareTables(config, logger);
    return { ledger_id: ledgerId, topics_created: created, schemas: ids.size, readers };
  } finally {
    await log.close();
  }
}

async function prepareTables(config: Config, logger: Logger): Promise<'granted' | 'missing'> {
  await migrate(config.databaseUrl, (note) => logger.debug(note));
  const pool = createPool(config, logger);
  try {
    return await ensureGenerations(pool);
  } finally {
    await pool.end();
  }
}
