// `ledger export`: how it is called and what it prints.
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { SingleBar } from 'cli-progress';
import { eventNames } from '../../../schemas/generated.ts';
import { checkSchemas } from '../../../schemas/registry.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Bound, ExportProgress, ExportRequest } from '../export/export.ts';
import { exportEvents } from '../export/export.ts';
import type { FormatName } from '../export/formats.ts';
import { createFormat, formatNames, writePiece } from '../export/formats.ts';
import { offsetsIn, timeIn } from '../moments.ts';
import { createLogParts, createRecordParts } from '../parts.ts';
import { UsageError, parseList, setUpForReading, untilSignal } from './shared.ts';

interface ExportFlags {
  readonly format: FormatName;
  readonly out?: string;
  readonly from?: Bound;
  readonly until?: Bound;
  readonly types?: readonly (typeof eventNames)[number][];
}

const help = `
Events that count, in the order of their time; the same stretch gives the same bytes every time. The columns of CSV and
Parquet are in docs/export.md. A file is complete when it has its name: until then it is called <file>.partial.

Examples:
  ledger export --format csv --out events.csv
  ledger export --format parquet --out orders.parquet --types OrderAccepted,OrderRefused
  ledger export --format ndjson --from 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z | gzip > november.gz
  ledger export --format ndjson --from 5:100 --until 5:200     one partition, by offsets

Exit codes: 0 done, 1 failed (an event that cannot be read stops it, and is named), 2 wrong usage or configuration.`;

export function addExport(program: Command): void {
  program
    .command('export')
    .description('write events to a file, for other tools')
    .addOption(new Option('--format <format>', 'what to write').choices(formatNames).default('ndjson'))
    .option('--out <file>', 'where to write it; standard output where absent')
    .option('--from <bound>', 'a time, or partition:offset[,…] for only these partitions', parseBound)
    .option('--until <bound>', 'a time, or partition:offset[,…]; what lies there is not included', parseBound)
    .option('--types <types>', 'only events of these types, separated by commas', (text) => parseList(text, eventNames))
    .addHelpText('after', help)
    .action((flags: ExportFlags) => untilSignal((signal) => runExport(...setUpForReading(), flags, signal)));
}

async function runExport(config: Config, logger: Logger, flags: ExportFlags, signal: AbortSignal): Promise<void> {
  const { out } = flags;
  if (out === undefined && flags.format === 'parquet') throw new UsageError('Parquet needs --out <file>');
  if (out === undefined) return writeTo(process.stdout, config, logger, flags, signal);
  const partial = `${out}.partial`;
  const file = createWriteStream(partial);
  try {
    await writeTo(file, config, logger, flags, signal);
    file.end();
    await finished(file);
    await rename(partial, out);
  } catch (error) {
    file.destroy();
    await rm(partial, { force: true });
    throw error;
  }
}

async function writeTo(
  target: NodeJS.WritableStream & Parameters<typeof writePiece>[0],
  config: Config,
  logger: Logger,
  { format: name, from, until, types }: ExportFlags,
  signal: AbortSignal,
): Promise<void> {
  const { log, topics } = createLogParts(config, logger, 'ledger-export');
  const progress = showProgress();
  // A full disk is told with the next piece.
  let failure: Error | null = null;
  target.on('error', (error: Error) => (failure = error));
  try {
    const { reading } = createRecordParts(config, logger, await checkSchemas(config.schemaRegistryUrl, topics));
    const format = createFormat(name);
    const write = async (piece: string | Uint8Array): Promise<void> => {
      if (failure !== null) throw failure;
      await writePiece(target, piece);
    };
    const request: ExportRequest = {
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
      ...(types === undefined ? {} : { types: new Set(types) }),
    };
    const source = { log, reading, topic: topics.events, pieceMax: format.pieceMax };
    await exportEvents(source, request, (events) => write(format.some(events)), progress.show, signal);
    await write(format.end());
  } finally {
    progress.end();
    await log.close();
  }
}

/** On standard error: a bar on a terminal, else a line now and then. */
function showProgress(): { show(soFar: ExportProgress): void; end(): void } {
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {value} of {total} records | {events} events | {eta_formatted} left',
    noTTYOutput: true,
    notTTYSchedule: 5_000,
    clearOnComplete: false,
  });
  let started = false;
  return {
    show: ({ read, records, events }) => {
      if (!started) bar.start(records, 0, { events: 0 });
      started = true;
      bar.update(read, { events });
    },
    end: () => bar.stop(),
  };
}

function parseBound(text: string): Bound {
  const offsets = offsetsIn(text);
  if (offsets !== null) return { offsets };
  const time = timeIn(text);
  if (time !== null) return { time };
  throw new InvalidArgumentError('It is neither a time like 2026-11-01T00:00:00Z nor partition:offset[,…].');
}
