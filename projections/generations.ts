// Generations: every build of a projection has a Postgres schema and checkpoints of its own; one of them is active.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Pool, PoolClient } from 'pg';
import { createIndexes, createTables, schemaOf, tableName } from './generation-tables.ts';
import { ensureLiveViews } from './live-views.ts';
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

/** A generation that a projector keeps up with the journal. */
export interface FollowedGeneration extends Generation {
  /** Whether it is the one that is read. */
  readonly active: boolean;
}

/** Held by whoever changes generations or views, for the length of a transaction. */
export const generationsLock = 7_206_041_511;

const setupMsMax = 60_000;
/** For views that are being read; a projector lets them follow later, ms. */
const viewsWaitMsMax = 10_000;

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
    for (const old of await readActive(client)) await replaceEmpty(client, old);
  });
  await ensureLiveViews(pool, shipped, await activeGenerations(pool), viewsWaitMsMax);
  return ensureReaders(pool, readonlyPassword);
}

/** The active generations. @throws the driver's error, also where the ledger was never prepared */
export async function activeGenerations(pool: Pool): Promise<readonly Generation[]> {
  return readActive(pool);
}

/**
 * What a projector keeps up: the active generations; those that a replay brought so far that they may be activated; and
 * those replaced within the last `retiredFollowS` seconds, so that going back to one never shows the past.
 * @throws the driver's error, also where the ledger was never prepared
 */
export async function followedGenerations(pool: Pool, retiredFollowS: number): Promise<readonly FollowedGeneration[]> {
  const { rows } = await pool.query<FollowedGeneration>(
    `SELECT g.projection, g.generation, g.schema_name AS schema, g.version, g.definition_hash AS "definitionHash",
       a.generation IS NOT NULL AS active
     FROM ledger.generations g LEFT JOIN ledger.active_generations a USING (projection, generation)
     WHERE a.generation IS NOT NULL OR (NOT g.private AND (g.status = 'caught_up'
       OR (g.status = 'retired' AND g.retired_at > now() - $1 * interval '1 second')))
     ORDER BY g.projection, g.generation`,
    [retiredFollowS],
  );
  return rows;
}

/** A generation that nobody reads could not be kept up: it is not followed any more. @throws the driver's error */
export async function noteSpoiled(
  pool: Pool,
  { projection, generation }: Pick<Generation, 'projection' | 'generation'>,
  error: string,
): Promise<void> {
  await pool.query(
    `UPDATE ledger.generations SET status = 'failed', error = $3
     WHERE projection = $1 AND generation = $2 AND status IN ('caught_up', 'retired')`,
    [projection, generation, error],
  );
}

/**
 * What a projection means, as one text: its name, version and tables, and its code without comments and layout. A build
 * may only go on with a generation whose hash is its own.
 */
export async function definitionHash({ projection, source }: Shipped): Promise<string> {
  const tables = projection.tables.map(({ name, columns, key, indexes, rankings }) => {
    const types = Object.entries(columns).map(([column, { type }]) => [column, type]);
    return { name, columns: types, key, indexes, rankings };
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

/** A generation of another definition that has no rows needs no replay: an empty one of this build takes its place. */
async function replaceEmpty(client: PoolClient, old: Generation): Promise<void> {
  const one = shipped.find(({ projection }) => projection.name === old.projection);
  if (one === undefined || (await definitionHash(one)) === old.definitionHash) return;
  const { rows: tables } = await client.query<{ name: string }>(
    'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1',
    [old.schema],
  );
  for (const { name } of tables) {
    const { rowCount } = await client.query(`SELECT 1 FROM ${tableName(old.schema, { name })} LIMIT 1`);
    if ((rowCount ?? 0) > 0) return;
  }
  await client.query(
    `UPDATE ledger.generations SET status = 'retired', retired_at = now() WHERE projection = $1 AND generation = $2`,
    [old.projection, old.generation],
  );
  await createFirst(client, one);
}

async function createFirst(client: PoolClient, one: Shipped): Promise<void> {
  const { projection } = one;
  const { rows } = await client.query<{ last: number }>(
    'SELECT coalesce(max(generation), 0) AS last FROM ledger.generations WHERE projection = $1',
    [projection.name],
  );
  const number = (rows[0]?.last ?? 0) + 1;
  const schema = schemaOf(projection, number);
  await createTables(client, schema, projection, `Generation ${number} of the projection ${projection.name}.`);
  await createIndexes(client, schema, projection);
  const generation = [projection.name, number];
  await client.query(
    `INSERT INTO ledger.generations (projection, generation, schema_name, version, definition_hash, status)
     VALUES ($1, $2, $3, $4, $5, 'active')`,
    [...generation, schema, projection.version, await definitionHash(one)],
  );
  await client.query(
    `INSERT INTO ledger.active_generations (projection, generation) VALUES ($1, $2)
     ON CONFLICT (projection) DO UPDATE SET generation = excluded.generation`,
    generation,
  );
}
