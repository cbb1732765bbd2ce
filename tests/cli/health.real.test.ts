// What /health says where Postgres answers and has nothing to tell: how it stands, and no figures.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHealth } from '../../src/cli/health.ts';
import { createLogParts } from '../../src/cli/parts.ts';
import { readConfig } from '../../src/platform/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createPool } from '../../src/platform/postgres.ts';
import { createRedis } from '../../src/platform/redis.ts';
import type { TestLedger } from '../support/ledger.ts';
import { prepareLedger } from '../support/ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await prepareLedger('health', 1);
}, 120_000);
afterAll(() => ledger.close(), 60_000);

test('without its tables: a report without projections', async () => {
  const config = readConfig({ ...ledger.env, LOG_LEVEL: 'silent', LEDGER_HEALTH_TIMEOUT_MS: '10000' });
  const logger = createLogger(config);
  const { log, topics } = createLogParts(config, logger, 'health-test');
  const pool = createPool(config, logger);
  const redis = createRedis(config, logger);
  const rest = { eventsTopic: topics.events, roles: () => ({}), brokerNow: Date.now };
  const health = createHealth({ config, log, pool, redis, ...rest });
  try {
    expect(Object.keys((await health()).projections)).toContain('order-state');
    await pool.query('DROP SCHEMA ledger CASCADE');
    const report = await createHealth({ config, log, pool, redis, ...rest })();
    expect([report.services.postgres.status, report.projections]).toEqual(['up', {}]);
  } finally {
    redis.disconnect();
    await Promise.all([pool.end(), log.close()]);
  }
}, 60_000);
