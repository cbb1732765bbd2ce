// What must hold of every projection, on every sink: given these events, exactly these rows; a batch delivered twice
// changes nothing; however the journal is cut into batches and its partitions are mixed, the rows are the same.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Cell, Cells, JournalEvent, Projection, Sink } from '../../projections/projection.ts';

export interface ReadableSink extends Sink {
  /** All rows with all columns, ordered by key. */
  rows(table: string): Promise<readonly Cells[]>;
}

export interface Spec {
  readonly given: string;
  readonly events: readonly JournalEvent[];
  /** Rows of every table, ordered by key; only the columns that the spec is about. */
  readonly rows: { readonly [table: string]: readonly Cells[] };
}

/** `seed` and `numRuns` of fast-check; a failure prints the seed again. */
export const property = { seed: 20_260_101, numRuns: 30 };

export function describeProjection(
  projection: Projection,
  specs: readonly Spec[],
  open: () => Promise<ReadableSink>,
  numRuns = property.numRuns,
): void {
  describe(projection.name, () => {
    test.each(specs)('given $given', async ({ events, rows }) => {
      const sink = await open();
      await deliver(projection, sink, [events]);
      const found = await allRows(projection, sink);
      for (const { name } of projection.tables) {
        expect({ [name]: found[name] }).toEqual({
          [name]: (rows[name] ?? []).map((row) => expect.objectContaining(row)),
        });
      }
    });

    test('twice is once: a batch that is delivered again changes nothing', async () => {
      const events = specs.flatMap((spec) => spec.events.map((event) => ({ spec, event }))).map(({ event }) => event);
      const longest = specs.reduce((a, b) => (a.events.length >= b.events.length ? a : b)).events;
      expect(events.length).toBeGreaterThan(0);
      const sink = await open();
      expect(await deliver(projection, sink, [longest])).toEqual(['applied']);
      const before = { rows: await allRows(projection, sink), checkpoints: await sink.checkpoints() };
      const again = await sink.apply(
        longest.flatMap((event) => projection.project(event)),
        movesFrom(new Map(), longest),
      );
      expect(again).toBe('stale');
      expect({ rows: await allRows(projection, sink), checkpoints: await sink.checkpoints() }).toEqual(before);
    });

    test.each(specs)('in batches of any size, partitions mixed: $given', async ({ events }) => {
      const whole = await open();
      await deliver(projection, whole, [events]);
      const expected = await allRows(projection, whole);
      const cuts = fc.uniqueArray(fc.integer({ min: 1, max: Math.max(1, events.length - 1) }));
      const picks = fc.array(fc.nat({ max: 7 }), { minLength: events.length, maxLength: events.length });
      await fc.assert(
        fc.asyncProperty(cuts, picks, async (at, order) => {
          const sink = await open();
          const outcomes = await deliver(projection, sink, batchesOf(mixed(events, order), at));
          expect(new Set(outcomes)).toEqual(new Set(['applied']));
          expect(await allRows(projection, sink)).toEqual(expected);
        }),
        { ...property, numRuns },
      );
    });
  });
}

/** Applies batches one after another, each from where the sink stands. */
export async function deliver(
  projection: Projection,
  sink: Sink,
  batches: readonly (readonly JournalEvent[])[],
): Promise<readonly ('applied' | 'stale')[]> {
  const outcomes: ('applied' | 'stale')[] = [];
  for (const batch of batches) {
    const moves = movesFrom(await sink.checkpoints(), batch);
    outcomes.push(
      await sink.apply(
        batch.flatMap((event) => projection.project(event)),
        moves,
      ),
    );
  }
  return outcomes;
}

export type Moves = ReadonlyMap<number, { readonly expected: number; readonly next: number }>;

/** The moves that go with a batch: from the checkpoints to behind its last event of each partition. */
export function movesFrom(checkpoints: ReadonlyMap<number, number>, batch: readonly JournalEvent[]): Moves {
  return new Map(
    batch.map(({ partition, offset }) => [partition, { expected: checkpoints.get(partition) ?? 0, next: offset + 1 }]),
  );
}

export async function allRows(
  projection: Projection,
  sink: ReadableSink,
): Promise<{ readonly [table: string]: readonly Cells[] }> {
  const tables: [string, readonly Cells[]][] = [];
  for (const { name } of projection.tables) tables.push([name, await sink.rows(name)]);
  return Object.fromEntries(tables);
}

/** Rows as Postgres orders them by their key. */
export function inOrderOfKey(projection: Projection, table: string, rows: readonly Cells[]): readonly Cells[] {
  const key = projection.tables.find(({ name }) => name === table)?.key ?? [];
  const before = (a: Cell, b: Cell): number => (a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1);
  return [...rows].sort((a, b) =>
    key.reduce((found, column) => (found === 0 ? before(a[column] ?? null, b[column] ?? null) : found), 0),
  );
}

function batchesOf(events: readonly JournalEvent[], cuts: readonly number[]): readonly (readonly JournalEvent[])[] {
  const bounds = [0, ...[...cuts].sort((a, b) => a - b), events.length];
  return bounds
    .slice(1)
    .map((end, i) => events.slice(bounds[i], end))
    .filter((batch) => batch.length > 0);
}

/** Another order in which the same partitions may arrive: each keeps its own order. */
function mixed(events: readonly JournalEvent[], order: readonly number[]): readonly JournalEvent[] {
  const queues = [...new Set(events.map((e) => e.partition))].map((p) => events.filter((e) => e.partition === p));
  return events.map((_, i) => {
    const waiting = queues.filter((queue) => queue.length > 0);
    const event = waiting[(order[i] ?? 0) % waiting.length]?.shift();
    if (event === undefined) throw new Error('every event has its turn');
    return event;
  });
}
