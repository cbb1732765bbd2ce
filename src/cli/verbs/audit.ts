// `ledger audit`: how it is called and what it prints.
import type { Command } from 'commander';
import { checkSchemas } from '../../../schemas/registry.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/logger.ts';
import { createPool } from '../../platform/postgres.ts';
import { createRedis } from '../../platform/redis.ts';
import type { AuditReport, Stores } from '../audit/audit.ts';
import { audit } from '../audit/audit.ts';
import { renderAudit } from '../audit/render.ts';
import { createLogParts, createRecordParts } from '../parts.ts';
import { print, setUpForReading, untilSignal } from './shared.ts';

interface AuditFlags {
  json?: true;
  atRest?: true;
  logOnly?: true;
}

/** For one page of rows; a machine under load is no reason to give up. */
const statementMsMax = 60_000;
const progressEveryMs = 200;

const help = `
Reads both topics from zero and checks that nothing was oversold, that every command has one outcome, that holds,
prices and keys are right, and that the rows of the projections are what the journal says. It changes nothing.
Commands behind the last outcome may be under decision: they are counted, and are findings with --at-rest.

Examples:
  ledger audit                        of a ledger that goes on taking orders
  ledger audit --at-rest --json       after a test, when nobody asks any more
  ledger audit --log-only             without Postgres and Redis

Exit codes: 0 nothing found, 1 something found or not checked, 2 wrong usage or configuration.`;

export function addAudit(program: Command): void {
  program
    .command('audit')
    .description('prove from the log that nothing was oversold')
    .option('--at-rest', 'a command without an outcome is a finding')
    .option('--log-only', 'leave the projections out')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', help)
    .action((flags: AuditFlags) =>
      untilSignal(async (signal) => {
        const report = await runAudit(...setUpForReading(), flags, signal);
        if (flags.json === true) print(report);
        else console.log(renderAudit(report).join('\n'));
        if (!report.ok) process.exitCode = 1;
      }),
    );
}

async function runAudit(config: Config, logger: Logger, flags: AuditFlags, signal: AbortSignal): Promise<AuditReport> {
  const parts = createLogParts(config, logger, 'ledger-audit');
  const patience = {
    postgresTimeoutMs: Math.max(config.postgresTimeoutMs, statementMsMax),
    postgresPoolMax: 1,
    redisTimeoutMs: statementMsMax,
  };
  const stores = flags.logOnly === true ? null : openStores({ ...config, ...patience }, logger);
  const progress = process.stderr.isTTY ? showProgress() : null;
  try {
    const ids = await checkSchemas(config.schemaRegistryUrl, parts.topics);
    const { reading } = createRecordParts(config, logger, ids);
    const show = progress === null ? {} : { progress: progress.show };
    return await audit({ ...parts, reading, stores, atRest: flags.atRest === true, ...show }, signal);
  } finally {
    progress?.clear();
    stores?.redis.disconnect();
    await stores?.pool.end();
    await parts.log.close();
  }
}

function openStores(config: Config, logger: Logger): Stores {
  return { pool: createPool(config, logger), redis: createRedis(config, logger), prefix: config.topicPrefix };
}

/** One line on standard error that is written over and over. */
function showProgress(): { show(partition: number, next: number, end: number): void; clear(): void } {
  let last = -progressEveryMs;
  const clear = (): void => void process.stderr.write('\r\u001b[K');
  return {
    clear,
    show: (partition, next, end) => {
      if (performance.now() - last < progressEveryMs) return;
      last = performance.now();
      clear();
      process.stderr.write(`partition ${partition}: ${next} of ${end} records`);
    },
  };
}
