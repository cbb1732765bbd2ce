// A sink in memory, for tests and analysts: the same rows as in Postgres, as plain objects.
import type { Cells, Change, Projection, Sink } from '../projection.ts';
import { changeRow, mergeChanges, rowName } from './merge.ts';

export interface MemorySink extends Sink {
  /** Rows of a table with all its columns, ordered by their names (see `rowName`). */
  rows(table: string): readonly Cells[];
}

/** Makes an empty sink. `apply` throws for a table or column that the projection does not have. */
export function createMemorySink(projection: Projection): MemorySink {
  const tables = new Map(projection.tables.map((table) => [table.name, new Map<string, Cells>()]));
  const checkpoints = new Map<number, number>();

  async function apply(
    changes: readonly Change[],
    moves: ReadonlyMap<number, { readonly expected: number; readonly next: number }>,
  ): Promise<'applied' | 'stale'> {
    for (const [partition, { expected }] of moves) {
      if ((checkpoints.get(partition) ?? 0) !== expected) return 'stale';
    }
    for (const { table, removes, inserts, upserts } of mergeChanges(projection.tables, changes)) {
      const rows = tables.get(table.name) ?? new Map<string, Cells>();
      const change = (one: Change): void => {
        const name = rowName(table, one.key);
        const row = changeRow(table, rows.get(name) ?? null, one);
        const stranger = row === null ? undefined : Object.keys(row).find((column) => !(column in table.columns));
        if (stranger !== undefined) throw new Error(`there is no column ${stranger} in ${table.name}`);
        if (row === null) rows.delete(name);
        else rows.set(name, row);
      };
      for (const key of removes) change({ op: 'remove', table: table.name, key });
      for (const { key, set } of inserts) change({ op: 'insert', table: table.name, key, set });
      for (const { key, set, add } of upserts) {
        change({ op: 'put', table: table.name, key, set });
        change({ op: 'add', table: table.name, key, add });
      }
    }
    for (const [partition, { next }] of moves) checkpoints.set(partition, next);
    return 'applied';
  }

  return {
    apply,
    checkpoints: async () => new Map(checkpoints),
    rows(name) {
      const rows = tables.get(name) ?? new Map<string, Cells>();
      return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    },
  };
}
