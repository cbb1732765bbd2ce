// Merged changes as few set-based statements: one per table, kind of change and set of columns.
import { createHash } from 'node:crypto';
import type { Cell, Cells, Column, Table } from '../projection.ts';
import type { Adds, MergedTable } from './merge.ts';

export interface Statement {
  /** The same for the same text, so that a connection prepares it once. */
  readonly name: string;
  readonly text: string;
  /** The rows as JSON: the driver writes an array for each column at three times the cost of this. */
  readonly values: readonly [rows: string];
}

type Rows = readonly Cells[];

/** Statements that bring merged changes into the tables of a schema, in the order in which they must run. */
export function statementsOf(schema: string, merged: readonly MergedTable[]): readonly Statement[] {
  return merged.flatMap(({ table, removes, inserts, upserts }) => {
    const statements: Statement[] = [];
    if (removes.length > 0) statements.push(remove(schema, table, removes));
    for (const rows of bySignature(inserts.map(({ key, set }) => ({ key, set, add: {} })))) {
      statements.push(upsert(schema, table, rows, 'keep'));
    }
    for (const rows of bySignature(upserts)) statements.push(upsert(schema, table, rows, 'change'));
    return statements;
  });
}

interface Upsert {
  readonly key: Cells;
  readonly set: Cells;
  readonly add: Adds;
}

function bySignature(rows: readonly Upsert[]): readonly (readonly Upsert[])[] {
  const groups = new Map<string, Upsert[]>();
  // Most rows of a table name their columns in one of few orders.
  const known = new Map<string, Upsert[]>();
  for (const row of rows) {
    const [set, add] = [Object.keys(row.set), Object.keys(row.add)];
    const named = `${set.join()}+${add.join()}`;
    let group = known.get(named);
    if (group === undefined) {
      const signature = `${set.sort().join()}+${add.sort().join()}`;
      group = groups.get(signature) ?? [];
      groups.set(signature, group);
      known.set(named, group);
    }
    group.push(row);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

function upsert(schema: string, table: Table, rows: readonly Upsert[], existing: 'keep' | 'change'): Statement {
  const set = Object.keys(rows[0]?.set ?? {}).sort();
  const add = Object.keys(rows[0]?.add ?? {}).sort();
  const columns = [...table.key, ...set, ...add];
  const changes = [
    ...set.map((column) => `${quoted(column)} = excluded.${quoted(column)}`),
    ...add.map((column) => `${quoted(column)} = coalesce(t.${quoted(column)}, 0) + excluded.${quoted(column)}`),
  ];
  const update = existing === 'change' && changes.length > 0 ? `UPDATE SET ${changes.join(', ')}` : 'NOTHING';
  const text =
    `INSERT INTO ${quoted(schema)}.${quoted(table.name)} AS t (${columns.map(quoted).join(', ')})` +
    ` SELECT ${columns.map((column) => cellOf(table, column)).join(', ')}` +
    ` FROM ${recordset(table, columns)} ON CONFLICT (${table.key.map(quoted).join(', ')}) DO ${update}`;
  return statement(
    text,
    table,
    rows.map((row) => ({ ...row.key, ...row.set, ...row.add })),
  );
}

function remove(schema: string, table: Table, keys: Rows): Statement {
  const match = table.key.map((column) => `t.${quoted(column)} = ${cellOf(table, column)}`).join(' AND ');
  const text = `DELETE FROM ${quoted(schema)}.${quoted(table.name)} AS t USING ${recordset(table, table.key)} WHERE ${match}`;
  return statement(text, table, keys);
}

function statement(text: string, table: Table, rows: Rows): Statement {
  for (const row of rows) for (const name in row) checkCell(columnOf(table, name), row[name] ?? null);
  return { name: `sink_${createHash('sha1').update(text).digest('hex')}`, text, values: [JSON.stringify(rows)] };
}

function recordset(table: Table, columns: readonly string[]): string {
  const typed = columns.map((column) => `${quoted(column)} ${columnTypes[columnOf(table, column).type]}`);
  return `json_to_recordset($1) AS u (${typed.join(', ')})`;
}

/** Types in which cells arrive; what the column makes of them stands in `cellOf`. */
const columnTypes: { readonly [type in Column['type']]: string } = {
  text: 'text',
  bigint: 'bigint',
  integer: 'integer',
  boolean: 'boolean',
  timestamptz: 'bigint',
  jsonb: 'jsonb',
};

function cellOf(table: Table, column: string): string {
  const cell = `u.${quoted(column)}`;
  // Exact, unlike to_timestamp of a fraction.
  if (columnOf(table, column).type === 'timestamptz') return `timestamptz 'epoch' + ${cell} * interval '1 millisecond'`;
  return cell;
}

/** JSON would make null of a number that is none, and Postgres text of an object. */
function checkCell({ type }: Column, cell: Cell): void {
  if (typeof cell === 'number' && !Number.isFinite(cell)) throw new Error(`${cell} fits no column`);
  if (typeof cell === 'object' && cell !== null && type !== 'jsonb') {
    throw new Error(`an object fits only a column of type jsonb, not ${type}`);
  }
}

function columnOf(table: Table, name: string): Column {
  const column = table.columns[name];
  if (column === undefined) throw new Error(`there is no column ${name} in ${table.name}`);
  return column;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
