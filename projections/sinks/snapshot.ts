// The rows of one generation in Postgres as they are at one moment, with the checkpoints that they belong to.
import type { Pool, PoolClient } from 'pg';
import type { Cells, Checkpoints, Table } from '../projection.ts';

export interface RowSnapshot {
  readonly checkpoints: Checkpoints;
  /** All rows of a table, in pages; one table at a time. Times are ms since the epoch. */
  rows(table: Table): AsyncGenerator<readonly Cells[], void, void>;
}

export interface SnapshotOf {
  readonly projection: string;
  readonly generation: number;
  readonly schema: string;
}

const pageRows = 2_000;

/** Runs `work` over a snapshot, in one REPEATABLE READ transaction. @throws what `work` throws; the driver's error */
export async function withSnapshot<T>(
  pool: Pool,
  of: SnapshotOf,
  work: (snapshot: RowSnapshot) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(
      'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0',
    );
    // The first question is what fixes the moment.
    const { rows } = await client.query<{ partition: number; next: number }>(
      'SELECT partition, next_offset AS next FROM ledger.checkpoints WHERE projection = $1 AND generation = $2',
      [of.projection, of.generation],
    );
    const checkpoints = new Map(rows.map(({ partition, next }) => [partition, next]));
    return await work({ checkpoints, rows: (table) => readAll(client, of.schema, table) });
  } finally {
    // Nothing was changed, so that the end of the connection is the end of the transaction.
    client.release(true);
  }
}

async function* readAll(
  client: PoolClient,
  schema: string,
  table: Table,
): AsyncGenerator<readonly Cells[], void, void> {
  await client.query(`DECLARE pages NO SCROLL CURSOR FOR SELECT ${columnsOf(table)} FROM ${schema}."${table.name}"`);
  for (;;) {
    const { rows } = await client.query<Cells>(`FETCH ${pageRows} FROM pages`);
    if (rows.length === 0) break;
    yield rows;
  }
  await client.query('CLOSE pages');
}

/** Times as ms since the epoch with all their digits: the driver's own times have none behind the millisecond. */
export function columnsOf(table: Table): string {
  return Object.entries(table.columns)
    .map(([column, { type }]) =>
      type === 'timestamptz' ? `(extract(epoch FROM "${column}") * 1000)::float8 AS "${column}"` : `"${column}"`,
    )
    .join(', ');
}
