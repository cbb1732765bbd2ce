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
const viewsLock = 7_206_041_512;
const existingView = `SELECT obj_description(attrelid, 'pg_class') AS comment, array_agg(attname::text ORDER BY attnum) AS columns
  FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped GROUP BY attrelid`;
const existingViews = `SELECT relname AS name, obj_description(oid, 'pg_class') AS comment
  FROM pg_class WHERE relnamespace = to_regnamespace('live') AND relkind = 'v'`;
const stillActive = 'SELECT 1 FROM ledger.active_generations WHERE projection = $1 AND generation = $2';
/** Lock not available, deadlock: somebody reads the view just now. */
const busyCodes = new Set(['55P03', '40P01']);

/** A view, and the active generation that it is to show. */
interface LiveView {
  readonly generation: Generation;
  readonly table: Table;
}

/**
 * Makes or replaces the views that do not show the generation given. One that a query is open on is tried again for up
 * to `waitMsMax`; whoever follows the generations replaces it later.
 * @returns the views that still show what they did
 * @throws the driver's error
 */
export async function ensureLiveViews(
  pool: Pool,
  shipped: readonly Shipped[],
  active: readonly Generation[],
  waitMsMax: number,
): Promise<readonly string[]> {
  return replaceAll(pool, viewsOf(shipped, active), waitMsMax);
}

/**
 * Replaces, where nobody reads them just now, the views that show another generation than the active one; one statement
 * where there are none.
 * @returns the views that are left for the next time
 * @throws the driver's error
 */
export async function followLiveViews(
  pool: Pool,
  shipped: readonly Shipped[],
  active: readonly Generation[],
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string; comment: string | null }>(existingViews);
  const comments = new Map(rows.map(({ name, comment }) => [name, comment ?? '']));
  const isBehind = ({ generation, table }: LiveView): boolean =>
    comments.get(table.name)?.endsWith(shownText(generation)) !== true;
  return replaceAll(pool, viewsOf(shipped, active).filter(isBehind), 0);
}

function viewsOf(shipped: readonly Shipped[], active: readonly Generation[]): readonly LiveView[] {
  return active.flatMap((generation) => {
    const projection = shipped.find((one) => one.projection.name === generation.projection)?.projection;
    // A build that does not know the projection, or its version, does not know its columns either.
    if (projection === undefined || projection.version !== generation.version) return [];
    return projection.tables.map((table) => ({ generation, table }));
  });
}

/** Tries all of them in turn, so that one in use holds no other one up. */
async function replaceAll(pool: Pool, views: readonly LiveView[], waitMsMax: number): Promise<readonly string[]> {
  const started = performance.now();
  for (let left = views; ;) {
    const busy: LiveView[] = [];
    for (const view of left) if (!(await isReplaced(pool, view))) busy.push(view);
    if (busy.length === 0 || performance.now() - started >= waitMsMax) return busy.map(({ table }) => nameOf(table));
    left = busy;
    await pause(pauseMs);
  }
}

/** Whether it shows what it should; false where somebody reads it. */
async function isReplaced(pool: Pool, { generation, table }: LiveView): Promise<boolean> {
  try {
    await replace(pool, generation, table);
    return true;
  } catch (error) {
    if (busyCodes.has(sqlState(error))) return false;
    throw error;
  }
}

async function replace(pool: Pool, generation: Generation, table: Table): Promise<void> {
  const view = nameOf(table);
  const comment = `${table.doc} ${shownText(generation)}`;
  await inTransaction(pool, { lock_timeout: lockMsMax }, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [viewsLock]);
    // Meanwhile another one may have been activated, whose views stand already.
    const active = await client.query(stillActive, [generation.projection, generation.generation]);
    if (active.rowCount === 0) return;
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

function nameOf({ name }: Table): string {
  return `live.${name}`;
}

/** The end of a view's comment: what it shows. */
function shownText({ generation, projection }: Generation): string {
  return `Generation ${generation} of ${projection}.`;
}

function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
