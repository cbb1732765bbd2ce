// One text for the same rows, whatever store they lie in: every row as JSON with its members in the order of their
// names, in the order of the keys. Its SHA-256 is what manifests state.
import { createHash } from 'node:crypto';
import type { Cell, Cells, Projection, Table } from './projection.ts';
import type { Picture } from './store.ts';

export interface TableSum {
  readonly rows: number;
  /** Of all rows, in hexadecimal. */
  readonly sha256: string;
}

export type TableSums = { readonly [table: string]: TableSum };

/** Sums of all tables of a picture. @throws what reading it throws */
export async function sumsOf(projection: Pick<Projection, 'tables'>, picture: Picture): Promise<TableSums> {
  const sums: { [table: string]: TableSum } = {};
  for (const table of projection.tables) {
    const hash = createHash('sha256');
    let count = 0;
    for await (const rows of picture.rows(table)) {
      hash.update(rows.map((row) => `${rowText(table, row)}\n`).join(''));
      count += rows.length;
    }
    sums[table.name] = { rows: count, sha256: hash.digest('hex') };
  }
  return sums;
}

/** One sum over all tables. */
export function sumOfAll(sums: TableSums): string {
  const names = Object.keys(sums).sort();
  const lines = names.map((name) => `${name} ${sums[name]?.rows ?? 0} ${sums[name]?.sha256 ?? ''}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/** A row as one line of JSON: its columns in the table's order. */
export function rowText(table: Table, row: Cells): string {
  return JSON.stringify(Object.keys(table.columns).map((column) => canonical(row[column] ?? null)));
}

function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(canonical);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, canonical(member)]));
}

/** Orders rows by their keys as Postgres does: numbers as numbers, text by its bytes in UTF-8. */
export function compareRows(table: Table, a: Cells, b: Cells): number {
  for (const column of table.key) {
    const order = compareCells(a[column] ?? null, b[column] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function compareCells(a: Cell, b: Cell): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  return Buffer.compare(bytesOf(a), bytesOf(b));
}

function bytesOf(cell: Cell): Buffer {
  return Buffer.from(typeof cell === 'string' ? cell : JSON.stringify(cell));
}
