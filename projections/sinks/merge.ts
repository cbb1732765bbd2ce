// Merges the changes of a batch per row, so that a sink touches each row at most once per statement. Merged changes
// leave exactly the rows that the single ones would have left, one after another.
import type { Cell, Cells, Change, Table } from '../projection.ts';
import { cleanCells } from './clean.ts';

/** What became of the rows of one table: each key stands in `removes`, or in `inserts` and `upserts`. */
export interface MergedTable {
  readonly table: Table;
  readonly removes: readonly Cells[];
  /** Rows to make where they are not there yet; before the upserts. */
  readonly inserts: readonly { readonly key: Cells; readonly set: Cells }[];
  /** Rows to make or change: `set` replaces, `add` adds (to 0 where there is none). No column is in both. */
  readonly upserts: readonly { readonly key: Cells; readonly set: Cells; readonly add: Adds }[];
}

export type Adds = { readonly [column: string]: number };

/**
 * What is known of a row after some changes: nothing but the changes, that it is gone, or all of it. The members of
 * `changed` belong to the merge and change in place: a hot row gets thousands of changes in a batch.
 */
type RowState =
  | {
      readonly kind: 'changed';
      readonly init: Cells | null;
      readonly set: { [column: string]: Cell };
      readonly add: { [column: string]: number };
    }
  | { readonly kind: 'gone' }
  | { readonly kind: 'known'; readonly row: Cells };

interface Entry {
  readonly key: Cells;
  state: RowState;
}

/** Merges changes in their order. @throws Error for a change of a table or column that the projection does not have */
export function mergeChanges(tables: readonly Table[], changes: readonly Change[]): readonly MergedTable[] {
  const byName = new Map(tables.map((table) => [table.name, { table, rows: new Map<string, Entry>() }]));
  for (const raw of changes) {
    const entry = byName.get(raw.table);
    if (entry === undefined) throw new Error(`there is no table ${raw.table}`);
    const change = cleanChange(raw);
    const name = rowName(entry.table, change.key);
    const row = entry.rows.get(name);
    if (row === undefined) entry.rows.set(name, { key: change.key, state: first(change) });
    else row.state = next(entry.table, row.state, change);
  }
  return [...byName.values()].filter(({ rows }) => rows.size > 0).map(({ table, rows }) => collect(table, rows));
}

/** The row that one change leaves of another (null: there is none); what all sinks must agree on. */
export function changeRow(table: Table, row: Cells | null, change: Change): Cells | null {
  switch (change.op) {
    case 'remove':
      return null;
    case 'put':
      return { ...(row ?? emptyRow(table, change.key)), ...change.set };
    case 'insert':
      return row ?? { ...emptyRow(table, change.key), ...change.set };
    case 'add': {
      const base = row ?? emptyRow(table, change.key);
      const sums = Object.entries(change.add).map(([column, n]): [string, number] => [
        column,
        asNumber(base[column]) + n,
      ]);
      return { ...base, ...Object.fromEntries(sums) };
    }
  }
}

/** Names a row within its table, the same for equal keys. */
export function rowName(table: Table, key: Cells): string {
  const [first = '', ...others] = table.key;
  let name = namePart(key[first] ?? null);
  for (const column of others) name += `\u0000${namePart(key[column] ?? null)}`;
  return name;
}

function namePart(cell: Cell): string {
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}

function first(change: Change): RowState {
  switch (change.op) {
    case 'remove':
      return { kind: 'gone' };
    case 'put':
      return { kind: 'changed', init: null, set: { ...change.set }, add: {} };
    case 'insert':
      return { kind: 'changed', init: change.set, set: {}, add: {} };
    case 'add':
      return { kind: 'changed', init: null, set: {}, add: { ...change.add } };
  }
}

function next(table: Table, state: RowState, change: Change): RowState {
  if (change.op === 'remove') return { kind: 'gone' };
  if (state.kind !== 'changed') {
    const row = changeRow(table, state.kind === 'known' ? state.row : null, change);
    return row === null ? { kind: 'gone' } : { kind: 'known', row };
  }
  const { set, add } = state;
  switch (change.op) {
    case 'insert':
      // Whatever was there before, the changes so far have made the row.
      return state;
    case 'put':
      for (const column of Object.keys(add)) if (column in change.set) Reflect.deleteProperty(add, column);
      Object.assign(set, change.set);
      return state;
    case 'add':
      for (const column in change.add) {
        const n = change.add[column] ?? 0;
        if (column in set) set[column] = asNumber(set[column]) + n;
        else add[column] = (add[column] ?? 0) + n;
      }
      return state;
  }
}

function collect(table: Table, rows: ReadonlyMap<string, Entry>): MergedTable {
  const removes: Cells[] = [];
  const inserts: { key: Cells; set: Cells }[] = [];
  const upserts: { key: Cells; set: Cells; add: Adds }[] = [];
  // In the order of their names, so that two writers of a table lock its rows in the same order.
  for (const name of [...rows.keys()].sort()) {
    const entry = rows.get(name);
    if (entry === undefined) continue;
    const { key, state } = entry;
    if (state.kind === 'gone') removes.push(key);
    else if (state.kind === 'known') upserts.push({ key, set: without(state.row, key), add: {} });
    else {
      if (state.init !== null) inserts.push({ key, set: state.init });
      const changed = Object.keys(state.set).length + Object.keys(state.add).length > 0;
      if (changed || state.init === null) upserts.push({ key, set: state.set, add: state.add });
    }
  }
  return { table, removes, inserts, upserts };
}

function emptyRow(table: Table, key: Cells): Cells {
  const empty = Object.fromEntries(Object.keys(table.columns).map((column) => [column, null]));
  return { ...empty, ...key };
}

function without<T>(cells: { readonly [column: string]: T }, columns: object): { readonly [column: string]: T } {
  return Object.fromEntries(Object.entries(cells).filter(([column]) => !(column in columns)));
}

function asNumber(cell: Cell | undefined): number {
  return typeof cell === 'number' ? cell : 0;
}

/** A change whose text is as sinks store it. */
export function cleanChange(change: Change): Change {
  const key = cleanCells(change.key);
  if (change.op === 'put' || change.op === 'insert') {
    const set = cleanCells(change.set);
    return key === change.key && set === change.set ? change : { ...change, key, set };
  }
  return key === change.key ? change : { ...change, key };
}
