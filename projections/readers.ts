// The role of people: it may log in and read schema `live`, and nothing else.
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';

/** Group that holds the grants; a role of your own may join it. */
export const readerGroup = 'ledger_reader';
/** The role of DATABASE_URL_READONLY. */
export const readonlyRole = 'ledger_readonly';

const attemptsMax = 20;
const pauseMs = 50;
const notPermitted = '42501';
/** Roles belong to the whole server: another database's prepare may be making the same one just now. */
const collisionCodes = new Set(['42710', '23505', 'XX000', '40P01']);

/**
 * Makes the role and its grants; safe to repeat. Sets its password where one is given, else leaves it as it is.
 * @returns `not_permitted` where our own role may not make roles: an administrator has to
 * @throws the driver's error
 */
export async function ensureReaders(pool: Pool, password: string | null): Promise<'ready' | 'not_permitted'> {
  for (let attempt = 1; ; attempt++) {
    try {
      await makeRoles(pool, password);
      await grant(pool);
      return 'ready';
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code === notPermitted) return 'not_permitted';
      if (!collisionCodes.has(code) || attempt >= attemptsMax) throw error;
    }
    await pause(pauseMs);
  }
}

async function makeRoles(pool: Pool, password: string | null): Promise<void> {
  const { rows } = await pool.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)', [
    [readerGroup, readonlyRole],
  ]);
  const there = new Set(rows.map(({ rolname }) => rolname));
  if (!there.has(readerGroup)) await pool.query(`CREATE ROLE ${readerGroup} NOLOGIN`);
  if (!there.has(readonlyRole)) {
    await pool.query(`CREATE ROLE ${readonlyRole} LOGIN IN ROLE ${readerGroup}`);
    await pool.query(`ALTER ROLE ${readonlyRole} SET default_transaction_read_only = on`);
  }
  if (password === null) return;
  // ALTER ROLE takes no parameters; the server itself quotes the text.
  const text = `SELECT format('ALTER ROLE ${readonlyRole} PASSWORD %L', $1::text) AS statement`;
  const quoted = await pool.query<{ statement: string }>(text, [password]);
  await pool.query(quoted.rows[0]?.statement ?? '');
}

async function grant(pool: Pool): Promise<void> {
  await pool.query(`GRANT USAGE ON SCHEMA live TO ${readerGroup}`);
  await pool.query(`GRANT SELECT ON ALL TABLES IN SCHEMA live TO ${readerGroup}`);
  // For the views of later generations.
  await pool.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA live GRANT SELECT ON TABLES TO ${readerGroup}`);
}
