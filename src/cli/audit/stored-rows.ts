// The rows of one generation as they were at one moment: everything is read in one REPEATABLE READ transaction, so that
// rows and checkpoints fit together while a projector goes on.
import type { Pool, PoolClient } from 'pg';
import { activeGenerations } from '../../../projections/generations.ts';
import type { Generation } from '../../../projections/generations.ts';
import type { Cells, Checkpoints, Table } from '../../../projections/projection.ts';

export interface Snapshot {
  readonly generations: readonly Generation[];
  /** Next journal offset by partition. */
  checkpoints(generation: Generation): Promise<Checkpoints>;
  /** All rows of a table, in pages. */
  rows(generation: Generation, table: Table): AsyncIterable<readonly Cells[]>;
  /** Rows of a history table at `[from, to)` of a partition. */
  history(generation: Generation, table: Table, at: HistoryRange): Promise<readonly Cells[]>;
  /** How many rows of a history table lie in none of the partitions given. */
  strays(generation: Generation, table: Table, partitions: readonly number[]): Promise<number>;
  close(): Promise<void>;
}

export interface HistoryRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

const pageRows = 2_000;

/** Takes a snapshot of what is active now. @throws the driver's error */
export async function takeSnapshot(pool: Pool): Promise<Snapshot> {
  const generationsNow = await activeGenerations(pool);
  const client = await pool.connect();
  try {
    await client.query(
      'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0',
    );
    // The first question is what fixes the moment.
    await client.query('SELECT 1 FROM ledger.checkpoints LIMIT 1');
  } catch (error) {
    client.release(true);
    throw error;
  }
  return snapshotOf(client, generationsNow);
}

function snapshotOf(client: PoolClient, generations: readonly Generation[]): Snapshot {
  return {
    generations,
    checkpoints: async ({ projection, generation }) => {
      const { rows } = await client.query<{ partition: number; next: number }>(
        'SELECT partition, next_offset AS next FROM ledger.checkpoints WHERE projection = $1 AND generation = $2',
        [projection, generation],
      );
      return new Map(rows.map(({ partition, next }) => [partition, next]));
    },
    rows: ({ schema }, table) => readAll(client, `SELECT ${columnsOf(table)} FROM ${schema}."${table.name}"`),
    history: async ({ schema }, table, { partition, from, to }) => {
      const { rows } = await client.query<Cells>(
        `SELECT ${columnsOf(table)} FROM ${schema}."${table.name}"
         WHERE partition = $1 AND journal_offset >= $2 AND journal_offset < $3`,
        [partition, from, to],
      );
      return rows;
    },
    strays: async ({ schema }, table, partitions) => {
      const { rows } = await client.query<{ count: number }>(
        `SELECT count(*) AS count FROM ${schema}."${table.name}" WHERE partition <> ALL ($1::integer[])`,
        [partitions],
      );
      return rows[0]?.count ?? 0;
    },
    // Nothing was changed, so that the end of the connection is the end of the transaction.
    close: async () => client.release(true),
  };
}

async function* readAll(client: PoolClient, query: string): AsyncGenerator<readonly Cells[], void, void> {
  await client.query(`DECLARE audit NO SCROLL CURSOR FOR ${query}`);
  for (;;) {
    const { rows } = await client.query<Cells>(`FETCH ${pageRows} FROM audit`);
    if (rows.length === 0) break;
    yield rows;
  }
  await client.query('CLOSE audit');
}

/** Times as ms since the epoch with all their digits: the driver's own times have none behind the millisecond. */
function columnsOf(table: Table): string {
  return Object.entries(table.columns)
    .map(([column, { type }]) =>
      type === 'timestamptz' ? `(extract(epoch FROM "${column}") * 1000)::float8 AS "${column}"` : `"${column}"`,
    )
    .join(', ');
}
