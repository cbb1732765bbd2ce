// A database of its own for a test file, prepared as `ledger prepare` does it, and a sink on it whose rows can be read.
import { jest } from '@jest/globals';
import type { Pool } from 'pg';
import { activeGenerations, ensureGenerations } from '../../projections/generations.ts';
import type { Cell, Cells, Projection, Table } from '../../projections/projection.ts';
import { createPostgresSink } from '../../projections/sinks/postgres.ts';
import { migrate } from '../../src/platform/migrate.ts';
import { createPool } from '../../src/platform/postgres.ts';
import { freshDatabase } from '../support/servers.ts';
import type { ReadableSink } from './spec.ts';

/** Each test waits for its own conditions; this is only for a machine that is busy with something else. */
jest.setTimeout(60_000);

export interface TestDatabase {
  readonly url: string;
  readonly pool: Pool;
  /** Another process's pool on the same database, or on the way to it that a URL names. */
  anotherPool(databaseUrl?: string): Pool;
  /** The sink of the active generation, over another pool where one is given. */
  sink(projection: Projection, over?: Pool): Promise<ReadableSink>;
  /** Takes away all rows and checkpoints. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** @throws the driver's error */
export async function openDatabase(prepared: 'prepared' | 'migrated' = 'prepared'): Promise<TestDatabase> {
  const { url, drop } = await freshDatabase();
  return openDatabaseAt(url, prepared, drop);
}

/** The same over a database that is there and empty; `drop` is called at the end. @throws the driver's error */
export async function openDatabaseAt(
  url: string,
  prepared: 'prepared' | 'migrated',
  drop: () => Promise<void>,
): Promise<TestDatabase> {
  const pools: Pool[] = [];
  const anotherPool = (databaseUrl = url): Pool => {
    const config = { databaseUrl, postgresPoolMax: 8, postgresTimeoutMs: 10_000 };
    // A test that ends a backend breaks idle connections on purpose.
    const pool = createPool(config, { error: () => undefined });
    pools.push(pool);
    return pool;
  };
  const pool = anotherPool();
  await migrate(url);
  if (prepared === 'prepared') await ensureGenerations(pool);

  async function schemaOf(projection: Projection): Promise<string> {
    const found = (await activeGenerations(pool)).find(({ projection: name }) => name === projection.name);
    if (found === undefined) throw new Error(`${projection.name} has no active generation`);
    return found.schema;
  }

  return {
    url,
    pool,
    anotherPool,
    async sink(projection, over = pool) {
      const schema = await schemaOf(projection);
      const sink = createPostgresSink(over, { schema, projection, generation: 1 });
      return { ...sink, rows: (name) => readRows(pool, schema, tableOf(projection, name)) };
    },
    async empty() {
      const { rows } = await pool.query<{ name: string }>(
        `SELECT schemaname || '.' || tablename AS name FROM pg_tables
         WHERE schemaname IN (SELECT schema_name FROM ledger.generations)`,
      );
      for (const { name } of rows) await pool.query(`TRUNCATE ${name}`);
      await pool.query('DELETE FROM ledger.checkpoints');
    },
    async close() {
      for (const one of pools) await one.end();
      await drop();
    },
  };
}

/** All rows of a table in the shape of changes (times in ms), ordered by key. */
export async function readRows(pool: Pool, schema: string, table: Table): Promise<readonly Cells[]> {
  const columns = Object.keys(table.columns).map((column) => `"${column}"`);
  const order = table.key.map((column) => `"${column}"`).join(', ');
  const { rows } = await pool.query<{ [column: string]: Cell | Date }>(
    `SELECT ${columns.join(', ')} FROM ${schema}."${table.name}" ORDER BY ${order}`,
  );
  return rows.map((row) => {
    const cells = Object.entries(row).map(([column, value]) => [
      column,
      value instanceof Date ? value.getTime() : value,
    ]);
    return Object.fromEntries(cells) as Cells;
  });
}

function tableOf(projection: Projection, name: string): Table {
  const table = projection.tables.find((one) => one.name === name);
  if (table === undefined) throw new Error(`there is no table ${name}`);
  return table;
}
