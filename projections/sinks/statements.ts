// Merged changes as few set-based statements: one per table, kind of change and set of columns.
import { createHash } from 'node:crypto';
import type { Cell, Cells, Column, Table } from '../projection.ts';
import type { Adds, MergedTable } from './merge.ts';

export interface Statement {
  /** The same for the same text, so that a connection prepares it once. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly (readonly Parameter[])[];
}

type Parameter = string | number | boolean | null;
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
    ` SELECT ${columns.map((column) => fromUnnest(table, column)).join(', ')}` +
    ` FROM ${unnest(table, columns)} ON CONFLICT (${table.key.map(quoted).join(', ')}) DO ${update}`;
  return statement(
    text,
    table,
    columns,
    rows.map((row) => ({ ...row.key, ...row.set, ...row.add })),
  );
}

function remove(schema: string, table: Table, keys: Rows): Statement {
  const match = table.key.map((column) => `t.${quoted(column)} = ${fromUnnest(table, column)}`).join(' AND ');
  const text = `DELETE FROM ${quoted(schema)}.${quoted(table.name)} AS t USING ${unnest(table, table.key)} WHERE ${match}`;
  return statement(text, table, table.key, keys);
}

function statement(text: string, table: Table, columns: readonly string[], rows: Rows): Statement {
  const values = columns.map((name) => {
    const column = columnOf(table, name);
    return rows.map((row) => toParameter(column, row[name] ?? null));
  });
  return { name: `sink_${createHash('sha1').update(text).digest('hex')}`, text, values };
}

function unnest(table: Table, columns: readonly string[]): string {
  const arrays = columns.map((column, i) => `$${i + 1}::${arrayTypes[columnOf(table, column).type]}[]`);
  return `unnest(${arrays.join(', ')}) AS u (${columns.map(quoted).join(', ')})`;
}

/** Types in which cells travel; what the column makes of them stands in `fromUnnest`. */
const arrayTypes = {
  text: 'text',
  bigint: 'bigint',
  integer: 'integer',
  boolean: 'boolean',
  timestamptz: 'bigint',
  jsonb: 'text',
} as const;

function fromUnnest(table: Table, column: string): string {
  const cell = `u.${quoted(column)}`;
  const { type } = columnOf(table, column);
  if (type === 'jsonb') return `${cell}::jsonb`;
  // Exact, unlike to_timestamp of a fraction.
  if (type === 'timestamptz') return `timestamptz 'epoch' + ${cell} * interval '1 millisecond'`;
  return cell;
}

function toParameter(column: Column, cell: Cell): Parameter {
  if (cell === null) return null;
  if (column.type === 'jsonb') return JSON.stringify(cell);
  if (typeof cell === 'object') throw new Error(`an object fits only a column of type jsonb, not ${column.type}`);
  return cell;
}

function columnOf(table: Table, name: string): Column {
  const column = table.columns[name];
  if (column === undefined) throw new Error(`there is no column ${name} in ${table.name}`);
  return column;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
