// The tables of one generation in Postgres: made, indexed, counted and dropped. Indexes come last, because a table that
// is filled from offset zero is filled faster without them.
import type { Pool, PoolClient } from 'pg';
import type { Projection, Table } from './projection.ts';

type Db = Pick<Pool | PoolClient, 'query'>;

/** Name of the schema of a numbered generation. @throws Error for a projection whose name cannot be one */
export function schemaOf(projection: Projection, generation: number): string {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(projection.name)) throw new Error(`no name for a projection: ${projection.name}`);
  return `${projection.name.replaceAll('-', '_')}_${generation}`;
}

/** Makes the schema and its tables, with primary keys and no other index. @throws the driver's error */
export async function createTables(db: Db, schema: string, projection: Projection, comment: string): Promise<void> {
  await db.query(`CREATE SCHEMA ${quoted(schema)}`);
  await db.query(`COMMENT ON SCHEMA ${quoted(schema)} IS '${comment.replaceAll("'", "''")}'`);
  for (const table of projection.tables) {
    const columns = Object.entries(table.columns).map(([column, { type }]) => {
      // Text is compared byte by byte, the same on every machine.
      return `${identifier(column)} ${type === 'text' ? 'text COLLATE "C"' : type}`;
    });
    const key = table.key.map(identifier).join(', ');
    await db.query(`CREATE TABLE ${tableName(schema, table)} (${columns.join(', ')}, PRIMARY KEY (${key}))`);
  }
}

/** Makes the indexes that are missing. @throws the driver's error */
export async function createIndexes(db: Db, schema: string, projection: Projection): Promise<void> {
  for (const table of projection.tables) {
    for (const [i, on] of table.indexes.entries()) {
      const name = identifier(`${table.name}_by_${i + 1}`);
      const columns = on.map(indexColumn).join(', ');
      await db.query(`CREATE INDEX IF NOT EXISTS ${name} ON ${tableName(schema, table)} (${columns})`);
    }
  }
}

/** Rows by table. @throws the driver's error */
export async function countRows(db: Db, schema: string, projection: Pick<Projection, 'tables'>): Promise<RowCounts> {
  const counts: { [table: string]: number } = {};
  for (const table of projection.tables) {
    const { rows } = await db.query<{ n: number }>(`SELECT count(*) AS n FROM ${tableName(schema, table)}`);
    counts[table.name] = rows[0]?.n ?? 0;
  }
  return counts;
}

export type RowCounts = { readonly [table: string]: number };

/** A table's name with its schema, quoted. */
export function tableName(schema: string, table: Pick<Table, 'name'>): string {
  return `${quoted(schema)}.${identifier(table.name)}`;
}

/** A schema's name, quoted; it comes from our own tables, and from people only after it was checked. */
export function quoted(schema: string): string {
  return `"${schema.replaceAll('"', '""')}"`;
}

function indexColumn(column: string): string {
  return column.endsWith(' desc') ? `${identifier(column.slice(0, -' desc'.length))} DESC` : identifier(column);
}

export function identifier(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,50}$/.test(name)) throw new Error(`no name for a table or column: ${name}`);
  return `"${name}"`;
}
