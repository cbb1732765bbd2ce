// Generations: every build of a projection has a Postgres schema and checkpoints of its own; one of them is active.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Pool, PoolClient } from 'pg';
import { ensureLiveViews } from './live-views.ts';
import type { Projection, Table } from './projection.ts';
import { ensureReaders } from './readers.ts';
import { shipped } from './registry.ts';
import type { Shipped } from './registry.ts';
import { inTransaction } from './transaction.ts';

export interface Generation {
  /** Name of the projection. */
  readonly projection: string;
  readonly generation: number;
  readonly schema: string;
  readonly version: number;
  readonly definitionHash: string;
}

/** Held by whoever changes generations or views, for the length of a transaction. */
export const generationsLock = 7_206_041_511;

const setupMsMax = 60_000;

/**
 * Makes what is missing: the first generation of each shipped projection with its tables, the views of schema `live`,
 * and the role that may read them (with `readonlyPassword` as its password, where that is given). Safe to repeat, and
 * from several processes at once.
 * @returns whether the role could be granted the views; `missing` where an administrator has to make it
 * @throws the driver's error
 */
export async function ensureGenerations(
  pool: Pool,
  readonlyPassword: string | null = null,
): Promise<'granted' | 'missing'> {
  await inTransaction(pool, { statement_timeout: setupMsMax }, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [generationsLock]);
    const active = new Set((await readActive(client)).map(({ projection }) => projection));
    for (const one of shipped) if (!active.has(one.projection.name)) await createFirst(client, one);
  });
  await ensureLiveViews(pool, shipped, await activeGenerations(pool));
  return ensureReaders(pool, readonlyPassword);
}

/** The active generations. @throws the driver's error, also where the ledger was never prepared */
export async function activeGenerations(pool: Pool): Promise<readonly Generation[]> {
  return readActive(pool);
}

/**
 * What a projection means, as one text: its name, version and tables, and its code without comments and layout. A build
 * may only go on with a generation whose hash is its own.
 */
export async function definitionHash({ projection, source }: Shipped): Promise<string> {
  const tables = projection.tables.map(({ name, columns, key, indexes }) => {
    const types = Object.entries(columns).map(([column, { type }]) => [column, type]);
    return { name, columns: types, key, indexes };
  });
  const code = (await readFile(source, 'utf8'))
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\s+/g, '');
  const { name, version } = projection;
  return createHash('sha256').update(JSON.stringify({ name, version, tables, code })).digest('hex');
}

async function readActive(db: Pool | PoolClient): Promise<readonly Generation[]> {
  const { rows } = await db.query<Generation>(
    `SELECT g.projection, g.generation, g.schema_name AS schema, g.version, g.definition_hash AS "definitionHash"
     FROM ledger.active_generations a JOIN ledger.generations g USING (projection, generation) ORDER BY g.projection`,
  );
  return rows;
}

async function createFirst(client: PoolClient, one: Shipped): Promise<void> {
  const { projection } = one;
  const schema = schemaOf(projection, 1);
  await client.query(`CREATE SCHEMA ${schema}`);
  await client.query(`COMMENT ON SCHEMA ${schema} IS 'Generation 1 of the projection ${projection.name}.'`);
  for (const statement of projection.tables.flatMap((table) => definitionOf(schema, table))) {
    await client.query(statement);
  }
  const generation = [projection.name, 1];
  await client.query(
    `INSERT INTO ledger.generations (projection, generation, schema_name, version, definition_hash, status)
     VALUES ($1, $2, $3, $4, $5, 'active')`,
    [...generation, schema, projection.version, await definitionHash(one)],
  );
  await client.query('INSERT INTO ledger.active_generations (projection, generation) VALUES ($1, $2)', generation);
}

function schemaOf(projection: Projection, generation: number): string {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(projection.name)) throw new Error(`no name for a projection: ${projection.name}`);
  return `${projection.name.replaceAll('-', '_')}_${generation}`;
}

/** Statements that make a table with its indexes. Text is compared byte by byte, the same on every machine. */
function definitionOf(schema: string, table: Table): readonly string[] {
  const name = `${schema}.${identifier(table.name)}`;
  const columns = Object.entries(table.columns).map(([column, { type }]) => {
    return `${identifier(column)} ${type === 'text' ? 'text COLLATE "C"' : type}`;
  });
  const indexes = table.indexes.map((on, i) => {
    return `CREATE INDEX ${identifier(`${table.name}_by_${i + 1}`)} ON ${name} (${on.map(indexColumn).join(', ')})`;
  });
  const key = table.key.map(identifier).join(', ');
  return [`CREATE TABLE ${name} (${columns.join(', ')}, PRIMARY KEY (${key}))`, ...indexes];
}

function indexColumn(column: string): string {
  return column.endsWith(' desc') ? `${identifier(column.slice(0, -' desc'.length))} DESC` : identifier(column);
}

function identifier(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,50}$/.test(name)) throw new Error(`no name for a table or column: ${name}`);
  return `"${name}"`;
}
