// `ledger replay start` and `resume`: the verbs that run a replay.
import { writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { Manifest } from '../../../../consumers/replay/manifest.ts';
import { startReplay, wholeJournal, workOn } from '../../../../consumers/replay/replay.ts';
import type { Shipped } from '../../../../projections/registry.ts';
import { shipped } from '../../../../projections/registry.ts';
import { definitionHash } from '../../../../projections/generations.ts';
import type { Replay } from '../../../../projections/replays.ts';
import { confirm } from '../../replay/ask.ts';
import { activateReplay, mustFind } from '../../replay/compare.ts';
import { dropExpired } from '../../replay/expire.ts';
import type { ReplayParts } from '../../replay/parts.ts';
import { projectionOf, projectionOfReplay, withParts } from '../../replay/parts.ts';
import { replayInMemory } from '../../replay/private-run.ts';
import { createProgress, progressKind } from '../../replay/progress.ts';
import { replayJson } from '../../replay/render.ts';
import { BadRequest, boundedRanges, requestOf, spanOf } from '../../replay/request.ts';
import type { RowFormat } from '../../replay/rows.ts';
import { renderRows, rowFormats } from '../../replay/rows.ts';
import { UsageError, setUpForReading, untilSignal } from '../shared.ts';
import { warn } from './change.ts';

export interface StartFlags {
  readonly all?: true;
  readonly until?: string;
  readonly as?: string;
  readonly types?: string;
  readonly product?: string;
  readonly expires?: string;
  readonly rate?: number;
  readonly activate?: true;
  readonly out?: RowFormat;
  readonly table?: string;
  readonly manifest?: string;
  readonly yes?: true;
  readonly json?: true;
}

const startHelp = `
Builds a new generation of a projection from offset zero, beside the one that is read, which goes on as it is. When it has
caught up a projector keeps it up, until you activate or drop it. With --until, --as, --types or --product it is
private: a schema of its own to query, never activated. With --out nothing is kept: the rows are printed.

Examples:
  ledger replay start order-state                       then: ledger replay diff <id>, ledger replay activate <id>
  ledger replay start --all --yes                       every shipped projection, each activated when it has caught up
  ledger replay start stock --until 2026-03-01T00:00:00Z --as march --expires 7d
  ledger replay start ./mine.ts --as what-if            a projection of your own, as tables in schema what_if
  ledger replay start ./mine.ts --out csv               the same, printed

Exit codes: 0 caught up, 1 stopped (the register says why; ledger replay resume goes on), 2 wrong usage.`;

export function addStart(replay: Command): void {
  replay
    .command('start')
    .description('build a generation from offset zero')
    .argument('[projection]', `one of ${shipped.map(({ projection }) => projection.name).join(', ')}, or a file`)
    .option('--all', 'every shipped projection, each activated when it has caught up')
    .option('--until <time|offsets>', 'up to a log time (ISO 8601), or before partition:offset[,…]')
    .option('--as <name>', 'name of a private replay, and of its schema')
    .option('--types <list>', 'only events of these types')
    .option('--product <id>', 'only events about this product')
    .option('--expires <span>', 'drop a private replay after this time (30m, 12h, 7d)')
    .option('--rate <n>', 'at most so many records a second', parseRate)
    .option('--activate', 'activate it when it has caught up')
    .addOption(new Option('--out <format>', 'print the rows instead of keeping them').choices(rowFormats))
    .option('--table <name>', 'with --out: only this table')
    .option('--manifest <file>', 'write the manifest there too')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON, one object a line while it works')
    .addHelpText('after', startHelp)
    .action((projection: string | undefined, flags: StartFlags) => run(projection, flags));
}

export function addResume(replay: Command): void {
  replay
    .command('resume')
    .description('go on with a replay that was interrupted or failed')
    .argument('<id>', 'id or name')
    .option('--activate', 'activate it when it has caught up')
    .option('--json', 'print JSON, one object a line while it works')
    .action((id: string, flags: StartFlags) =>
      work(async (parts, signal) => {
        const replayed = await mustFind(parts.pool, id);
        if (replayed.status !== 'running' && replayed.status !== 'failed') {
          throw new UsageError(`the replay is ${replayed.status}: there is nothing to go on with`);
        }
        await runOne(parts, replayed, await projectionOfReplay(replayed), flags, signal);
      }),
    );
}

function run(nameOrFile: string | undefined, flags: StartFlags): Promise<void> {
  return work(async (parts, signal) => {
    if ((nameOrFile === undefined) !== (flags.all === true)) throw new UsageError('Name one projection, or say --all.');
    await dropExpired(parts.pool, new Date());
    if (nameOrFile !== undefined) return startOne(parts, await projectionOf(nameOrFile), flags, signal);
    const asks = [flags.until, flags.as, flags.types, flags.product, flags.out].some((one) => one !== undefined);
    if (asks)
      throw new UsageError('--all rebuilds what is read: it takes no --until, --as, --types, --product or --out.');
    const names = shipped.map(({ projection }) => projection.name).join(', ');
    await confirm(`Rebuild ${names} and activate each of them?`, flags.yes === true, signal);
    for (const one of shipped) await startOne(parts, one, { ...flags, activate: true }, signal);
  });
}

async function startOne(parts: ReplayParts, one: Shipped, flags: StartFlags, signal: AbortSignal): Promise<void> {
  const file = shipped.includes(one) ? null : one.source.pathname;
  const { until, product, rate } = flags;
  const types = flags.types?.split(',').map((type) => type.trim());
  const request = requestOf({ until, types, product, rate }, file, parts.config.replayRate);
  const ranges = boundedRanges(await wholeJournal(parts), request.until);
  const isPrivate = [until, flags.as, types, product, file ?? undefined].some((asked) => asked !== undefined);
  if (isPrivate && flags.activate === true) throw new UsageError('A private replay cannot be activated.');
  if (!isPrivate && flags.expires !== undefined)
    throw new UsageError('Only a private replay expires: give it a name with --as.');
  if (flags.out !== undefined) return printRows(parts, one, { request, ranges }, { ...flags, out: flags.out }, signal);
  const expiresAt = flags.expires === undefined ? null : new Date(Date.now() + spanOf(flags.expires) * 1_000);
  const name = isPrivate ? (flags.as ?? `${one.projection.name}-${Date.now().toString(36)}`) : null;
  if (name !== null && !/^[a-z][a-z0-9_-]{0,40}$/.test(name)) {
    throw new BadRequest('as', 'a name has small letters, digits, - and _, and begins with a letter');
  }
  const hash = await definitionHash(one);
  const wanted = {
    projection: one.projection,
    definitionHash: hash,
    name,
    private: isPrivate,
    request,
    ranges,
    expiresAt,
  };
  await runOne(parts, await startReplay(parts, wanted), one, flags, signal);
}

async function runOne(
  parts: ReplayParts,
  replay: Replay,
  { projection }: Shipped,
  flags: StartFlags,
  signal: AbortSignal,
): Promise<void> {
  const json = flags.json === true;
  const kind = progressKind(json, process.stderr);
  const progress = createProgress(kind, replay.name ?? projection.name, json ? console.log : console.error);
  if (!json)
    console.error(
      `replay ${replay.replayId}: generation ${replay.generation} of ${replay.projection} in schema ${replay.schema}`,
    );
  let manifest: Manifest;
  try {
    manifest = await workOn(parts, replay, projection, progress.show, signal);
  } finally {
    progress.end();
  }
  if (flags.manifest !== undefined) await writeFile(flags.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
  const done = await mustFind(parts.pool, replay.replayId);
  if (json) console.log(JSON.stringify(replayJson(done)));
  else {
    const rows = Object.entries(manifest.tables).map(([name, sum]) => `${sum.rows} rows in ${replay.schema}.${name}`);
    console.log(
      `${replay.projection} caught up: ${manifest.events} events, ${rows.join(', ')}, sha256 ${manifest.sha256}`,
    );
  }
  if (flags.activate !== true) return;
  const { before, warning } = await activateReplay(parts, done, false, signal);
  if (!json)
    console.log(
      `${replay.projection}: generation ${replay.generation} is read now${before === null ? '' : `, ${before} follows it`}`,
    );
  warn(warning);
}

async function printRows(
  parts: ReplayParts,
  one: Shipped,
  asked: Parameters<typeof replayInMemory>[2],
  flags: StartFlags & { readonly out: RowFormat },
  signal: AbortSignal,
): Promise<void> {
  const { tables } = one.projection;
  const chosen = tables.filter(({ name }) => flags.table === undefined || name === flags.table);
  if (chosen.length === 0)
    throw new UsageError(`there is no table ${flags.table}: ${tables.map(({ name }) => name).join(', ')}`);
  if (flags.out === 'csv' && chosen.length > 1) {
    throw new UsageError(
      `CSV is one table: choose with --table ${tables.map(({ name }) => name).join(' or --table ')}`,
    );
  }
  const progress = createProgress(progressKind(false, process.stderr), one.projection.name, console.error);
  try {
    const { rows, manifest } = await replayInMemory(parts, one, asked, progress.show, signal);
    progress.end();
    for (const table of chosen) process.stdout.write(renderRows(flags.out, table, rows(table.name), chosen.length > 1));
    if (flags.manifest !== undefined) await writeFile(flags.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
  } finally {
    progress.end();
  }
}

/** Runs with the parts of a replay, behind everything else on the machine: a replay is never in a hurry. */
async function work(job: (parts: ReplayParts, signal: AbortSignal) => Promise<void>): Promise<void> {
  const [config, logger] = setUpForReading();
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  await untilSignal((signal) =>
    withParts(config, logger, (parts) => job(parts, signal)).catch((error: unknown) => {
      if (error instanceof BadRequest) throw new UsageError(`--${error.field}: ${error.message}`);
      throw error;
    }),
  );
}

function parseRate(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is no number of records a second.');
  return Number(text);
}
