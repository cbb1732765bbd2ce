// Two generations of a projection side by side: rows and sums of every table, and the first rows in which they differ.
// Rows are compared in the order of their keys, so that tables of any size take the memory of two pages.
import { createHash } from 'node:crypto';
import { compareRows, rowText } from '../../projections/dump.ts';
import type { Cells, Checkpoints, Projection, Table } from '../../projections/projection.ts';
import type { Picture, Place, Store } from '../../projections/store.ts';
import type { Pace } from '../../src/log/port.ts';

export interface TableDiff {
  readonly table: string;
  readonly rows: { readonly here: number; readonly live: number };
  readonly sha256: { readonly here: string; readonly live: string };
  readonly equal: boolean;
  /** Rows that only one side has, and rows that both have with other cells. */
  readonly only_here: number;
  readonly only_live: number;
  readonly different: number;
  /** The first of them. A side without the row has null. */
  readonly first: readonly RowDiff[];
}

export interface RowDiff {
  readonly key: Cells;
  readonly columns: { readonly [column: string]: { readonly here: unknown; readonly live: unknown } };
}

export interface Diff {
  readonly equal: boolean;
  readonly partitions: readonly { readonly partition: number; readonly offset: number }[];
  readonly tables: readonly TableDiff[];
}

/** So many differing rows are shown. */
const shownMax = 10;
const retryMs = 20;

/** Why two generations could not be compared. */
export type NotCompared = {
  /** `behind`: the live one stands behind and does not move; `moving`: they were never seen at the same offsets. */
  readonly why: 'behind' | 'moving';
  readonly text: string;
};

/**
 * Compares two generations at the same offsets; where both go on, it looks until they stand alike.
 * @returns why not, where they did not within `waitMsMax`
 * @throws the driver's error; the signal's reason
 */
export async function diffGenerations(
  store: Store,
  { here, live }: { readonly here: Place; readonly live: Place },
  { waitMsMax, pace, signal }: { readonly waitMsMax: number; readonly pace: Pace; readonly signal: AbortSignal },
): Promise<Diff | NotCompared> {
  const started = pace.now();
  let firstLive: Checkpoints | null = null;
  for (;;) {
    signal.throwIfAborted();
    const found = await store.picture(here, (mine) =>
      store.picture(live, async (theirs) => {
        if (!sameOffsets(mine.checkpoints, theirs.checkpoints)) return theirs.checkpoints;
        return compare(here.projection, mine, theirs);
      }),
    );
    if ('equal' in found) return found;
    if (found.size === 0) return { why: 'behind', text: 'the live generation holds nothing' };
    firstLive ??= found;
    if (pace.now() - started > waitMsMax) {
      const stands = sameOffsets(firstLive, found);
      const text = stands
        ? 'the live generation stands behind and does not move: no projector works on it'
        : 'the two were never seen at the same offsets';
      return { why: stands ? 'behind' : 'moving', text };
    }
    await pace.sleep(retryMs, signal);
  }
}

function sameOffsets(a: Checkpoints, b: Checkpoints): boolean {
  const partitions = new Set([...a.keys(), ...b.keys()]);
  return [...partitions].every((partition) => (a.get(partition) ?? 0) === (b.get(partition) ?? 0));
}

async function compare(projection: Pick<Projection, 'tables'>, here: Picture, live: Picture): Promise<Diff> {
  const tables: TableDiff[] = [];
  for (const table of projection.tables) tables.push(await compareTables(table, here, live));
  const partitions = [...here.checkpoints].sort(([a], [b]) => a - b);
  return {
    equal: tables.every(({ equal }) => equal),
    partitions: partitions.map(([partition, offset]) => ({ partition, offset })),
    tables,
  };
}

/** Compares the rows of one table in two pictures. @throws what reading them throws */
export async function compareTables(table: Table, here: Picture, live: Picture): Promise<TableDiff> {
  const [left, right] = [createSide(table, here), createSide(table, live)];
  const found = { only_here: 0, only_live: 0, different: 0 };
  const first: RowDiff[] = [];
  const note = (kind: keyof typeof found, a: Cells | null, b: Cells | null): void => {
    found[kind] += 1;
    if (first.length < shownMax) first.push(rowDiff(table, a, b));
  };
  let [a, b] = [await left.next(), await right.next()];
  while (a !== null || b !== null) {
    const order = a === null ? 1 : b === null ? -1 : compareRows(table, a, b);
    if (order === 0 && a !== null && b !== null && left.text() !== right.text()) note('different', a, b);
    if (order < 0) note('only_here', a, null);
    if (order > 0) note('only_live', null, b);
    if (order <= 0) a = await left.next();
    if (order >= 0) b = await right.next();
  }
  const sha256 = { here: left.sha256(), live: right.sha256() };
  const equal = found.only_here + found.only_live + found.different === 0;
  return { table: table.name, rows: { here: left.rows(), live: right.rows() }, sha256, equal, ...found, first };
}

interface Side {
  next(): Promise<Cells | null>;
  /** Of the row that was given last. */
  text(): string;
  rows(): number;
  sha256(): string;
}

function createSide(table: Table, picture: Picture): Side {
  const pages = picture.rows(table)[Symbol.asyncIterator]();
  const hash = createHash('sha256');
  let page: readonly Cells[] = [];
  let at = 0;
  let count = 0;
  let text = '';
  return {
    text: () => text,
    rows: () => count,
    sha256: () => hash.digest('hex'),
    async next() {
      while (at >= page.length) {
        const more = await pages.next();
        if (more.done === true) return null;
        page = more.value;
        at = 0;
      }
      const row = page[at] ?? null;
      at += 1;
      if (row === null) return null;
      count += 1;
      text = rowText(table, row);
      hash.update(`${text}\n`);
      return row;
    },
  };
}

function rowDiff(table: Table, here: Cells | null, live: Cells | null): RowDiff {
  const row = here ?? live ?? {};
  const key = Object.fromEntries(table.key.map((column) => [column, row[column] ?? null]));
  const columns: { [column: string]: { here: unknown; live: unknown } } = {};
  for (const column of Object.keys(table.columns)) {
    const [mine, theirs] = [here?.[column] ?? null, live?.[column] ?? null];
    if (JSON.stringify(mine) !== JSON.stringify(theirs)) columns[column] = { here: mine, live: theirs };
  }
  return { key, columns };
}
