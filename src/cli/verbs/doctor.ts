// `ledger doctor`: how it is called and what it prints.
import type { Command } from 'commander';
import { openGroupAdmin } from '../../log/kafka/group-admin.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/logger.ts';
import { createPool } from '../../platform/postgres.ts';
import { createRedis } from '../../platform/redis.ts';
import type { DoctorReport } from '../doctor/doctor.ts';
import { examine } from '../doctor/doctor.ts';
import { renderDoctor } from '../doctor/render.ts';
import { createLogParts, createRecordParts } from '../parts.ts';
import { print, setUpForReading, untilSignal } from './shared.ts';

/** For one answer of Redis. */
const redisTimeoutMs = 5_000;

const help = `
Looks at the servers, the settings of the topics, the schemas, the first records, the offsets, the clocks and the
tables. It changes nothing, but for one record on the clock topic, by which it asks the broker for the time.

A partition stops where its group offset lies beyond the journal, because that is what a journal looks like whose end
was cut. Restore the journal. Where that cannot be done, stop the writers and set the offsets back to what the journal
says: the commands from there on are then decided again.

Examples:
  ledger doctor
  ledger doctor --json
  ledger doctor --accept-offsets

Exit codes: 0 nothing to repair, 1 something to repair, 2 wrong usage or configuration.`;

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look for what is wrong, and say what to do')
    .option('--accept-offsets', 'set group offsets beyond the journal back to it; only while no writer runs')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', help)
    .action((flags: { json?: true; acceptOffsets?: true }) =>
      untilSignal(async (signal) => {
        const report = await runDoctor(...setUpForReading('silent'), flags.acceptOffsets === true, signal);
        if (flags.json === true) print(report);
        else console.log(renderDoctor(report).join('\n'));
        if (!report.ok) process.exitCode = 1;
      }),
    );
}

async function runDoctor(config: Config, logger: Logger, accept: boolean, signal: AbortSignal): Promise<DoctorReport> {
  const parts = createLogParts(config, logger, 'ledger-doctor');
  const groups = openGroupAdmin(parts.kafka);
  const pool = createPool(config, logger);
  // Whether it answers is the question here, not whether orders would have waited for it.
  const redis = createRedis({ ...config, redisTimeoutMs: Math.max(config.redisTimeoutMs, redisTimeoutMs) }, logger);
  try {
    // It only reads, and a reader asks for the ids that it meets.
    const { reading } = createRecordParts(config, logger, new Map());
    return await examine({ ...parts, config, reading, groups, pool, redis, signal, accept });
  } finally {
    redis.disconnect();
    await pool.end();
    await groups.close();
    await parts.log.close();
  }
}
