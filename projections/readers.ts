// The role of people (DATABASE_URL_READONLY): it may log in and read schema `live` and private
// replays, and nothing else.
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';

export const readonlyRole = 'ledger_readonly';

const attemptsMax = 20;
const pauseMs = 50;
const notPermitted = '42501';
/** Roles belong to the whole server: another database's prepare may be making or changing the same one just now. */
const collisionCodes = new Set(['42710', '23505', 'XX000', '40P01']);

/**
 * Makes the role where it is missing and we may make roles, and grants it schema `live`; safe to repeat. Its password is
 * set where one is given, and otherwise left as it is.
 * @returns `missing` where an administrator has to make the role first
 * @throws the driver's error
 */
export async function ensureReaders(pool: Pool, password: string | null): Promise<'granted' | 'missing'> {
  for (let attempt = 1; ; attempt++) {
    try {
      if (!(await ensureRole(pool))) return 'missing';
      if (password !== null) await setPassword(pool, password);
      await grant(pool);
      return 'granted';
    } catch (error) {
      if (!collisionCodes.has(sqlState(error)) || attempt >= attemptsMax) throw error;
    }
    await pause(pauseMs);
  }
}

/** Lets the role read the tables of a private replay, where there is the role. @throws the driver's error */
export async function grantSchema(db: Pick<Pool, 'query'>, schema: string): Promise<void> {
  const { rowCount } = await db.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [readonlyRole]);
  if (rowCount !== 1) return;
  await db.query(`GRANT USAGE ON SCHEMA "${schema}" TO ${readonlyRole}`);
  await db.query(`GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO ${readonlyRole}`);
}

async function ensureRole(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [readonlyRole]);
  if (rowCount === 1) return true;
  try {
    await pool.query(`CREATE ROLE ${readonlyRole} LOGIN`);
    await pool.query(`ALTER ROLE ${readonlyRole} SET default_transaction_read_only = on`);
    return true;
  } catch (error) {
    if (sqlState(error) === notPermitted) return false;
    throw error;
  }
}

async function setPassword(pool: Pool, password: string): Promise<void> {
  // ALTER ROLE takes no parameters; the server itself quotes the text.
  const text = `SELECT format('ALTER ROLE ${readonlyRole} PASSWORD %L', $1::text) AS statement`;
  const { rows } = await pool.query<{ statement: string }>(text, [password]);
  for (const { statement } of rows) await pool.query(statement);
}

async function grant(pool: Pool): Promise<void> {
  // Temporary tables need no schema, so the right to make them would be a right to write.
  await pool.query(
    `DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$`,
  );
  await pool.query(`GRANT USAGE ON SCHEMA live TO ${readonlyRole}`);
  await pool.query(`GRANT SELECT ON ALL TABLES IN SCHEMA live TO ${readonlyRole}`);
  // For views that have to be dropped and made again.
  await pool.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA live GRANT SELECT ON TABLES TO ${readonlyRole}`);
}

function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
