// A second projector that gets every batch of the journal too: in a consumer group of its own, so that no partition is
// shared. Both apply all that they get to the same generations, and the checkpoints decide whose rows stand.
import { Writable } from 'node:stream';
import { startProjector } from '../../../consumers/projector.ts';
import { createMirrors } from '../../../consumers/projector/mirrors.ts';
import { checkSchemas } from '../../../schemas/registry.ts';
import { createLogParts, createRecordParts } from '../../../src/cli/parts.ts';
import { readConfig } from '../../../src/platform/config.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import { realPace } from '../../../src/platform/pace.ts';
import { createPool } from '../../../src/platform/postgres.ts';
import { createRedis } from '../../../src/platform/redis.ts';
import type { TestLedger } from '../../support/ledger.ts';

export interface Rival {
  /** Events that it took, void records left out. */
  taken(): number;
  /** Batches that it applied. */
  applied(): number;
  stop(): Promise<void>;
}

/** Starts it in this process, with transactions of at most `batchMax` events. @throws LogError; the registry's error */
export async function startRival({ env, prefix }: TestLedger, batchMax: number): Promise<Rival> {
  const config = readConfig({ ...env, LEDGER_PROJECTOR_BATCH_MAX: String(batchMax) });
  // What it has to say about servers that are away is no news to a test that took them away.
  const logger = createLogger({ logLevel: 'error' }, new Writable({ write: (_line, _encoding, done) => done() }));
  const { log, topics } = createLogParts(config, logger, 'rival');
  const pool = createPool(config, logger);
  const redis = createRedis({ ...config, redisTimeoutMs: config.mirrorTimeoutMs }, logger);
  const mirrors = createMirrors({ pool, redis, config, logger });
  const { reading } = createRecordParts(config, logger, await checkSchemas(config.schemaRegistryUrl, topics));
  let taken = 0;
  let applied = 0;
  const projector = await startProjector({
    log,
    journal: topics.events,
    group: `${prefix}.projector-rival`,
    decode: (partition, record, signal) => reading.event(partition, record, signal),
    pool,
    mirrors,
    config,
    logger,
    pace: realPace,
    events: {
      projected: (records, voids) => (taken += records - voids),
      applied: () => (applied += 1),
      trouble: () => undefined,
      halted: () => undefined,
    },
  });
  return {
    taken: () => taken,
    applied: () => applied,
    stop: async () => {
      await projector.stop();
      await mirrors.stop();
      await log.close();
      await pool.end();
      redis.disconnect();
    },
  };
}
