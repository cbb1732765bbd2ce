// Where generations of a projection live: their tables are made, filled through a sink, read in the order of their keys,
// and dropped. Postgres here; another kind of server is another Store.
import type { Pool } from 'pg';
import { countRows, createIndexes, createTables, identifier, quoted, tableName } from './generation-tables.ts';
import type { RowCounts } from './generation-tables.ts';
import { inClient } from './in-client.ts';
import type { Cells, Checkpoints, Projection, Sink, Table } from './projection.ts';
import { grantSchema } from './readers.ts';
import { createPostgresSink } from './sinks/postgres.ts';

/** A generation as its store knows it. */
export interface Place {
  readonly projection: Projection;
  readonly generation: number;
  readonly schema: string;
  /** Whether people may query its tables by their own names. */
  readonly private?: boolean;
}

/** The rows of a generation at one moment. */
export interface Picture {
  readonly checkpoints: Checkpoints;
  /** Rows in the order of their keys, in pages; times are ms since the epoch. */
  rows(table: Table): AsyncIterable<readonly Cells[]>;
}

export interface Store {
  /** Makes the empty tables, where they are not there. @throws the driver's error */
  create(place: Place): Promise<void>;
  /** The sink of a replay from offset zero, of which nobody reads the rows before `finish`. */
  sink(place: Place): Sink;
  /** Makes the tables good to read: indexes and statistics. Safe to repeat. */
  finish(place: Place): Promise<void>;
  counts(place: Place): Promise<RowCounts>;
  /** Looks at rows and checkpoints of one moment. */
  picture<T>(place: Place, look: (picture: Picture) => Promise<T>): Promise<T>;
  /** Drops tables and checkpoints; nothing where they are gone. */
  drop(place: Place): Promise<void>;
}

const pageRows = 5_000;
/** For an index over a large table, or the drop of one. */
const setupMsMax = 3_600_000;

export function createPostgresStore(pool: Pool): Store {
  return {
    create: ({ projection, generation, schema, private: isPrivate }) =>
      inClient(pool, setupMsMax, async (client) => {
        const { rows } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
        if (rows.length > 0) return;
        const comment = `Generation ${generation} of the projection ${projection.name}.`;
        await client.query('BEGIN');
        await createTables(client, schema, projection, comment);
        if (isPrivate === true) await grantSchema(client, schema);
        await client.query('COMMIT');
      }),
    sink: (place) => createPostgresSink(pool, place),
    finish: ({ projection, schema }) =>
      inClient(pool, setupMsMax, async (client) => {
        await createIndexes(client, schema, projection);
        for (const table of projection.tables) await client.query(`ANALYZE ${tableName(schema, table)}`);
      }),
    counts: ({ projection, schema }) => inClient(pool, setupMsMax, (client) => countRows(client, schema, projection)),
    picture: (place, look) =>
      inClient(pool, setupMsMax, async (client) => {
        await client.query(
          'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0',
        );
        const { rows } = await client.query<{ partition: number; next: number }>(
          'SELECT partition, next_offset AS next FROM ledger.checkpoints WHERE projection = $1 AND generation = $2',
          [place.projection.name, place.generation],
        );
        return look({
          checkpoints: new Map(rows.map(({ partition, next }) => [partition, next])),
          rows: (table) => readAll(client, place.schema, table),
        });
      }),
    drop: ({ projection, generation, schema }) =>
      inClient(pool, setupMsMax, async (client) => {
        await client.query(`DROP SCHEMA IF EXISTS ${quoted(schema)} CASCADE`);
        const owner = [projection.name, generation];
        await client.query('DELETE FROM ledger.checkpoints WHERE projection = $1 AND generation = $2', owner);
      }),
  };
}

type Client = Parameters<Parameters<typeof inClient>[2]>[0];

async function* readAll(client: Client, schema: string, table: Table): AsyncGenerator<readonly Cells[], void, void> {
  const columns = Object.entries(table.columns).map(([column, { type }]) => {
    const name = identifier(column);
    // Exact, and the same whatever time zone the session is in.
    return type === 'timestamptz' ? `(extract(epoch FROM ${name}) * 1000)::bigint AS ${name}` : name;
  });
  const order = table.key.map(identifier).join(', ');
  await client.query(
    `DECLARE rows_of_it NO SCROLL CURSOR FOR SELECT ${columns.join(', ')} FROM ${tableName(schema, table)} ORDER BY ${order}`,
  );
  for (;;) {
    const { rows } = await client.query<Cells>(`FETCH ${pageRows} FROM rows_of_it`);
    if (rows.length > 0) yield rows;
    if (rows.length < pageRows) break;
  }
  await client.query('CLOSE rows_of_it');
}
