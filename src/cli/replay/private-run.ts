// CLI room: a replay into memory: nothing is entered anywhere, the rows are printed and gone.
import { sumsOf } from '../../../projections/dump.ts';
import { compareRows } from '../../../projections/dump.ts';
import type { Cells } from '../../../projections/projection.ts';
import type { Shipped } from '../../../projections/registry.ts';
import { definitionHash } from '../../../projections/generations.ts';
import type { ReplayRange, ReplayRequest } from '../../../projections/replays.ts';
import { createMemorySink } from '../../../projections/sinks/memory.ts';
import type { Picture } from '../../../projections/store.ts';
import type { Manifest } from '../../../consumers/replay/manifest.ts';
import { manifestOf } from '../../../consumers/replay/manifest.ts';
import type { OnProgress } from '../../../consumers/replay/replay.ts';
import { runReplay } from '../../../consumers/replay/run.ts';
import { createTally } from '../../../consumers/replay/tally.ts';
import type { ReplayParts } from './parts.ts';

export interface InMemory {
  readonly manifest: Manifest;
  /** Rows of a table, in the order of their keys. */
  rows(table: string): readonly Cells[];
}

/** @throws LedgerAlarm with the offset of an event that cannot be read or projected; LogError; the signal's reason */
export async function replayInMemory(
  parts: ReplayParts,
  one: Shipped,
  { request, ranges }: { readonly request: ReplayRequest; readonly ranges: readonly ReplayRange[] },
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<InMemory> {
  const { projection } = one;
  const { pace, config } = parts;
  const sink = createMemorySink(projection);
  const tally = createTally();
  const started = pace.now();
  const offsets = new Map(ranges.map(({ partition, from }) => [partition, from]));
  const read = await runReplay(
    {
      ...parts,
      projection,
      sink,
      ranges,
      selection: request,
      rate: request.rate,
      changesMax: config.replayBatchMax,
      tally,
      trouble: () => undefined,
      progress: ({ partition, next, events }) => {
        offsets.set(partition, next);
        const seconds = Math.max(0.001, (pace.now() - started) / 1_000);
        const partitions = ranges.map(({ partition: p, to }) => ({
          partition: p,
          offset: offsets.get(p) ?? 0,
          end: to,
        }));
        const eventsPerS = Math.round(events / seconds);
        onProgress({ phase: 'reading', partitions, events, eventsPerS, etaS: null, error: null });
      },
    },
    signal,
  );
  const rows = (name: string): readonly Cells[] => {
    const table = projection.tables.find((candidate) => candidate.name === name);
    return table === undefined ? [] : [...sink.rows(name)].sort((a, b) => compareRows(table, a, b));
  };
  const picture: Picture = {
    checkpoints: await sink.checkpoints(),
    async *rows(table) {
      yield rows(table.name);
    },
  };
  const facts = { projection: projection.name, version: projection.version, definitionHash: await definitionHash(one) };
  const tables = await sumsOf(projection, picture);
  return { rows, manifest: manifestOf({ ...facts, request, ranges: read, tally, tables, now: new Date(Date.now()) }) };
}
