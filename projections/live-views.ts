// Schema `live`, for people: one view for each table of the active generations. Each view is replaced in a transaction
// of its own that waits only shortly for its lock: an analyst's long query must not stall whoever comes after us.
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Generation } from './generations.ts';
import type { Table } from './projection.ts';
import type { Shipped } from './registry.ts';
import { inTransaction } from './transaction.ts';

const lockMsMax = 100;
const pauseMs = 50;
/** Half a minute of an analyst's query; then whoever prepares is told which view is in use. */
const attemptsMax = 200;
const viewsLock = 7_206_041_512;
const existingView = `SELECT obj_description(attrelid, 'pg_class') AS comment, array_agg(attname::text ORDER BY attnum) AS columns
  FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped GROUP BY attrelid`;
/** Lock not available, deadlock: somebody reads the view just now. */
const busyCodes = new Set(['55P03', '40P01']);

/** Makes or replaces the views that do not show the generation given. @throws Error naming a view that stays in use */
export async function ensureLiveViews(
  pool: Pool,
  shipped: readonly Shipped[],
  active: readonly Generation[],
): Promise<void> {
  for (const generation of active) {
    const projection = shipped.find((one) => one.projection.name === generation.projection)?.projection;
    // A build that does not know the projection, or its version, does not know its columns either.
    if (projection === undefined || projection.version !== generation.version) continue;
    for (const table of projection.tables) await replaceWithRetries(pool, generation, table);
  }
}

async function replaceWithRetries(pool: Pool, generation: Generation, table: Table): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await replace(pool, generation, table);
      return;
    } catch (error) {
      if (!busyCodes.has(sqlState(error))) throw error;
      if (attempt >= attemptsMax) throw new Error(`live.${table.name} stays in use by a query`, { cause: error });
    }
    await pause(pauseMs);
  }
}

async function replace(pool: Pool, generation: Generation, table: Table): Promise<void> {
  const view = `live.${table.name}`;
  const comment = `${table.doc} Generation ${generation.generation} of ${generation.projection}.`;
  await inTransaction(pool, { lock_timeout: lockMsMax }, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [viewsLock]);
    const { rows } = await client.query<{ comment: string | null; columns: string[] }>(existingView, [view]);
    if (rows[0]?.comment === comment) return;
    const names = Object.keys(table.columns);
    const columns = names.map((column) => `"${column}"`).join(', ');
    // A view with other columns cannot be replaced, only dropped; replacing keeps what people granted on it.
    if (names.join() !== (rows[0]?.columns ?? names).join()) await client.query(`DROP VIEW ${view}`);
    await client.query(`CREATE OR REPLACE VIEW ${view} AS SELECT ${columns} FROM ${generation.schema}."${table.name}"`);
    await client.query(`COMMENT ON VIEW ${view} IS '${comment.replaceAll("'", "''")}'`);
    for (const [column, { doc }] of Object.entries(table.columns)) {
      await client.query(`COMMENT ON COLUMN ${view}."${column}" IS '${doc.replaceAll("'", "''")}'`);
    }
  });
}

function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
