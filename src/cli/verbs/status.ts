// `ledger status`: how it is called and what it prints.
import type { Command } from 'commander';
import { Option } from 'commander';
import { openGroupAdmin } from '../../log/kafka/group-admin.ts';
import { LogError } from '../../log/port.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/logger.ts';
import { realPace } from '../../platform/pace.ts';
import { createPool } from '../../platform/postgres.ts';
import { createLogParts, createRecordParts } from '../parts.ts';
import type { Look } from '../status/look.ts';
import { createLook } from '../status/look.ts';
import { renderStatus } from '../status/render.ts';
import { askService } from '../status/service.ts';
import type { StatusReport } from '../status/status.ts';
import { compareLooks } from '../status/status.ts';
import { messageOf } from '../message.ts';
import { print, setUpForReading, untilSignal, writeLine } from './shared.ts';

interface StatusFlags {
  readonly watch?: true;
  readonly json?: true;
  readonly url?: string;
  readonly key?: string;
}

const lookEveryMs = 1_000;
const clearScreen = '\u001b[H\u001b[2J';

const help = `
Who is there (by Kafka's groups), which partitions each process has, how many commands are undecided and how far the
projections are behind. It looks twice, a second apart, for the rates. Where LEDGER_URL is set, the process there is
asked how it is as well; with LEDGER_API_KEY it tells more.

Examples:
  ledger status
  ledger status --watch          until interrupted
  ledger status --json
  ledger status --watch --json   one JSON object a line

Exit codes: 0 done, whatever was seen, 1 Kafka does not answer, 2 wrong usage or configuration.`;

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show who does what, how far behind and how fast')
    .option('--watch', 'look again every second')
    .option('--json', 'print the report as JSON')
    .addOption(new Option('--url <url>', 'a process of the service to ask').env('LEDGER_URL'))
    .addOption(new Option('--key <key>', 'API key for it').env('LEDGER_API_KEY'))
    .addHelpText('after', help)
    .action((flags: StatusFlags) =>
      untilSignal(async (signal) => {
        try {
          await showStatus(...setUpForReading('silent'), flags, signal);
        } catch (error) {
          // Whoever watches has seen enough: that is how it ends.
          if (flags.watch !== true || error !== signal.reason) throw error;
        }
      }),
    );
}

async function showStatus(config: Config, logger: Logger, flags: StatusFlags, signal: AbortSignal): Promise<void> {
  const parts = createLogParts(config, logger, 'ledger-status');
  const groups = openGroupAdmin(parts.kafka);
  const pool = createPool(config, logger);
  try {
    // It only reads, and a reader asks for the ids that it meets.
    const { reading } = createRecordParts(config, logger, new Map());
    const look = createLook({ ...parts, config, reading, groups, pool });
    let last = await look(signal);
    do {
      await realPace.sleep(lookEveryMs, signal);
      signal.throwIfAborted();
      const [now, service] = await Promise.all([
        flags.watch === true ? lookPatiently(look, signal) : look(signal),
        flags.url === undefined ? null : askService(flags.url, flags.key, signal),
      ]);
      if (now === null) continue;
      await show(compareLooks(last, now, service), flags);
      last = now;
    } while (flags.watch === true);
  } finally {
    await pool.end();
    await groups.close();
    await parts.log.close();
  }
}

/** Null, and a word about it, while Kafka is away. */
async function lookPatiently(look: (signal: AbortSignal) => Promise<Look>, signal: AbortSignal): Promise<Look | null> {
  try {
    return await look(signal);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    console.error(`Kafka does not answer: ${messageOf(error)}`);
    return null;
  }
}

async function show(report: StatusReport, { watch, json }: StatusFlags): Promise<void> {
  if (json === true) return watch === true ? writeLine(JSON.stringify(report)) : print(report);
  const lines = renderStatus(report).join('\n');
  if (watch !== true) return writeLine(lines);
  await writeLine(process.stdout.isTTY ? `${clearScreen}${lines}` : `${lines}\n`);
}
