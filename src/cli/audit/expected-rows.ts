// The rows that one projection must have, folded from the journal by the projection itself. Rows of history tables,
// which are made once at their place in the journal, are kept only until they were compared.
import type { Cells, JournalEvent, Projection, Table } from '../../../projections/projection.ts';
import { changeRow, cleanChange, rowName } from '../../../projections/sinks/merge.ts';
import { alike } from './alike.ts';

export interface ExpectedRows {
  readonly table: Table;
  /** Whether a row's key is its place in the journal: such rows come in the order of the journal. */
  readonly isHistory: boolean;
  readonly rows: Map<string, Cells>;
}

export interface Expected {
  readonly tables: readonly ExpectedRows[];
  add(event: JournalEvent): void;
}

export function createExpected(projection: Projection): Expected {
  const tables = new Map(
    projection.tables.map((table) => {
      const isHistory = table.key.length === 2 && table.key[0] === 'partition' && table.key[1] === 'journal_offset';
      return [table.name, { table, isHistory, rows: new Map<string, Cells>() }];
    }),
  );
  return {
    tables: [...tables.values()],
    add: (event) => {
      for (const raw of projection.project(event)) {
        const own = tables.get(raw.table);
        if (own === undefined) throw new Error(`there is no table ${raw.table} in ${projection.name}`);
        const change = cleanChange(raw);
        const name = rowName(own.table, change.key);
        const row = changeRow(own.table, own.rows.get(name) ?? null, change);
        if (row === null) own.rows.delete(name);
        else own.rows.set(name, row);
      }
    },
  };
}

/** Columns in which a row of the database differs from the expected one; an empty list when it is the same. */
export function differingColumns(table: Table, expected: Cells, actual: Cells): readonly string[] {
  return Object.keys(table.columns).filter((column) => !alike(expected[column] ?? null, actual[column] ?? null));
}
