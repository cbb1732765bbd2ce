// `ledger replay plan | status | diff | manifest | verify`: the verbs that change nothing that anybody reads.
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { TableDiff } from '../../../../consumers/replay/diff.ts';
import type { Manifest } from '../../../../consumers/replay/manifest.ts';
import { differencesOf, manifestFormat } from '../../../../consumers/replay/manifest.ts';
import { rebuild } from '../../../../consumers/replay/rebuild.ts';
import { wholeJournal } from '../../../../consumers/replay/replay.ts';
import { definitionHash } from '../../../../projections/generations.ts';
import { listReplays } from '../../../../projections/replays.ts';
import type { Comparison } from '../../replay/compare.ts';
import { compareBounded, compareWithLive, mustFind } from '../../replay/compare.ts';
import type { ReplayParts } from '../../replay/parts.ts';
import { projectionOf, withParts, withPool } from '../../replay/parts.ts';
import { planOf, renderPlan } from '../../replay/plan.ts';
import { createProgress, progressKind } from '../../replay/progress.ts';
import { renderReplays, replayJson } from '../../replay/render.ts';
import { boundedRanges, requestOf } from '../../replay/request.ts';
import { UsageError, print, setUpForReading, untilSignal } from '../shared.ts';

interface LookFlags {
  readonly json?: true;
  readonly until?: string;
}

const listMax = 100;

export function addPlan(replay: Command): void {
  replay
    .command('plan')
    .description('what a replay would read, and about how long that would take')
    .argument('<projection>', 'a projection of the ledger, or a file')
    .option('--until <time|offsets>', 'as for start; a time is not taken into account, because it has to be looked for')
    .option('--json', 'print the plan as JSON')
    .action((name: string, flags: LookFlags) =>
      looking(async (parts, signal) => {
        const request = requestOf({ until: flags.until }, null, 0);
        const ranges = boundedRanges(await wholeJournal(parts), request.until);
        const plan = await planOf(parts, await projectionOf(name), ranges, signal);
        if (flags.json === true) print(plan);
        else console.log(renderPlan(plan).join('\n'));
      }),
    );
}

export function addStatus(replay: Command): void {
  replay
    .command('status')
    .description('all replays, or one of them')
    .argument('[id]', 'id or name')
    .option('--json', 'print JSON')
    .action(async (id: string | undefined, { json }: LookFlags) => {
      const [config, logger] = setUpForReading();
      await withPool(config, logger, async (pool) => {
        const found = id === undefined ? await listReplays(pool, listMax) : [await mustFind(pool, id)];
        const all = found.map(replayJson);
        if (json === true) print(id === undefined ? { data: all } : all[0]);
        else console.log(renderReplays(all).join('\n'));
      });
    });
}

export function addManifest(replay: Command): void {
  replay
    .command('manifest')
    .description('print the manifest of a replay, for ledger replay verify')
    .argument('<id>', 'id or name')
    .action(async (id: string) => {
      const [config, logger] = setUpForReading();
      await withPool(config, logger, async (pool) => {
        const { manifest, status } = await mustFind(pool, id);
        if (manifest === null) throw new Error(`the replay is ${status}: it has a manifest when it has caught up`);
        print(manifest);
      });
    });
}

export function addDiff(replay: Command): void {
  replay
    .command('diff')
    .description('compare a replay with the live generation at the same offsets, row by row')
    .argument('<id>', 'id or name')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nA private replay is compared with a fresh replay of the shipped projection to the same offsets.\n\nExit codes: 0 equal, 1 different or not comparable, 2 wrong usage.',
    )
    .action((id: string, flags: LookFlags) =>
      looking(async (parts, signal) => {
        const found = await mustFind(parts.pool, id);
        const progress = progressOf('diff', flags);
        try {
          const comparison = found.private
            ? await compareBounded(parts, found, progress.show, signal)
            : await compareWithLive(parts, found, signal);
          progress.end();
          if (flags.json === true) print(comparison);
          else console.log(renderComparison(comparison).join('\n'));
          if (comparison.kind !== 'compared' || !comparison.diff.equal) process.exitCode = 1;
        } finally {
          progress.end();
        }
      }),
    );
}

export function addVerify(replay: Command): void {
  replay
    .command('verify')
    .description('run the replay of a manifest again and compare what comes out')
    .argument('<manifest>', 'file of a manifest, or the id or name of a replay')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit codes: 0 the same came out, 1 something else did, 2 wrong usage.')
    .action((which: string, flags: LookFlags) =>
      looking(async (parts, signal) => {
        const manifest = await manifestFrom(parts, which);
        const differences = await verify(parts, manifest, progressOf('verify', flags), signal);
        const equal = differences.length === 0;
        if (flags.json === true) print({ equal, differences, sha256: manifest.sha256 });
        else if (equal) console.log(`the same: ${manifest.events} events, sha256 ${manifest.sha256}`);
        else console.log(['something else came out:', ...differences.map((text) => `  ${text}`)].join('\n'));
        if (!equal) process.exitCode = 1;
      }),
    );
}

async function verify(
  parts: ReplayParts,
  manifest: Manifest,
  progress: ReturnType<typeof progressOf>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const one = await projectionOf(manifest.file ?? manifest.projection);
  const hash = await definitionHash(one);
  const { until, types, product } = manifest.selection;
  const whole = new Map((await wholeJournal(parts)).map(({ partition, to }) => [partition, to]));
  for (const { partition, to } of manifest.partitions) {
    const end = whole.get(partition) ?? -1;
    if (end < to) return [`partition ${partition} ended at ${to} or later, and ends at ${end} now`];
  }
  const request = { until, untilMs: null, types, product, file: manifest.file, rate: parts.config.replayRate };
  const again = { projection: one.projection, definitionHash: hash, ranges: manifest.partitions, request };
  try {
    return await rebuild(parts, { ...again, called: 'verify' }, progress.show, signal, (_replay, now) =>
      Promise.resolve(differencesOf(manifest, now)),
    );
  } finally {
    progress.end();
  }
}

async function manifestFrom(parts: ReplayParts, which: string): Promise<Manifest> {
  const text = await readFile(which, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  const found: unknown = text === null ? (await mustFind(parts.pool, which)).manifest : JSON.parse(text);
  const isOurs = typeof found === 'object' && found !== null && 'format' in found && found.format === manifestFormat;
  if (!isOurs) throw new UsageError(`${which} is no manifest of a replay that has caught up`);
  return found as Manifest;
}

function progressOf(name: string, { json }: LookFlags): ReturnType<typeof createProgress> {
  return createProgress(json === true ? 'none' : progressKind(false, process.stderr), name, console.error);
}

function renderComparison(comparison: Comparison): readonly string[] {
  if (comparison.kind === 'other_definition') return [comparison.text];
  if (comparison.kind === 'not_compared') return [`not compared: ${comparison.why.text}`];
  const { diff } = comparison;
  const at = diff.partitions.map(({ partition, offset }) => `${partition}:${offset}`).join(',');
  return [`${diff.equal ? 'equal' : 'DIFFERENT'} at ${at}`, ...diff.tables.flatMap(renderTable)];
}

function renderTable(table: TableDiff): readonly string[] {
  const { rows, sha256 } = table;
  const sums = table.equal
    ? sha256.here.slice(0, 16)
    : `${sha256.here.slice(0, 16)} here, ${sha256.live.slice(0, 16)} live`;
  const head = `${table.table}: ${rows.here} rows here, ${rows.live} live, sha256 ${sums}`;
  if (table.equal) return [head];
  const sum = `  ${table.only_here} only here, ${table.only_live} only live, ${table.different} different; the first:`;
  return [head, sum, ...table.first.map(({ key, columns }) => `  ${JSON.stringify(key)} ${JSON.stringify(columns)}`)];
}

async function looking(job: (parts: ReplayParts, signal: AbortSignal) => Promise<void>): Promise<void> {
  const [config, logger] = setUpForReading();
  await untilSignal((signal) => withParts(config, logger, (parts) => job(parts, signal)));
}
