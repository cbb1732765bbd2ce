// HTTP room: API keys as Postgres keeps them. A key is shown once; its SHA-256 is stored, which is enough for 256
// random bits and useless to whoever reads the table.
import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';

export const roles = ['admin', 'operator', 'service'] as const;
export type Role = (typeof roles)[number];

/** What a caller may do; a key's scopes narrow what its role allows. */
export const permissions = ['read', 'orders', 'products', 'audits', 'customers', 'dead-letters', 'replays'] as const;
export type Permission = (typeof permissions)[number];

export interface ApiKey {
  readonly key_id: string;
  readonly name: string;
  readonly role: string;
  /** Whom orders belong to that name no customer. */
  readonly customer_id: string;
  /** First characters of the key, to recognise it by. */
  readonly prefix: string;
  /** Empty: all that the role allows. */
  readonly scopes: readonly string[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
}

export interface NewApiKey {
  readonly name: string;
  readonly role: Role;
  readonly scopes?: readonly Permission[];
  readonly expires_at?: Date;
  /** `key-<key_id>` where absent. */
  readonly customer_id?: string;
}

const columns =
  'key_id, name, role, customer_id, prefix, scopes, created_at, expires_at, revoked_at, last_used_at' as const;

/** Makes a key. `key` is in this answer and nowhere else. @throws the error of the database */
export async function createApiKey(pool: Pool, wanted: NewApiKey): Promise<ApiKey & { readonly key: string }> {
  const keyId = randomBytes(8).toString('hex');
  const key = `ol_${randomBytes(32).toString('base64url')}`;
  const { rows } = await pool.query<ApiKey>(
    `INSERT INTO ledger.api_keys (key_id, name, role, customer_id, hash, prefix, scopes, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, now(), $8) RETURNING ${columns}`,
    [
      keyId,
      wanted.name,
      wanted.role,
      wanted.customer_id ?? `key-${keyId}`,
      hashOf(key),
      key.slice(0, 8),
      wanted.scopes ?? [],
      wanted.expires_at ?? null,
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('Postgres did not return the new key');
  return { ...row, key };
}

/** Ends a key; callers that were verified just before may go on for `credentialCacheMs`. @returns false where there is no live one */
export async function revokeApiKey(pool: Pool, keyId: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    'UPDATE ledger.api_keys SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL',
    [keyId],
  );
  return rowCount === 1;
}

/** All keys, newest first, without what they were made of. */
export async function listApiKeys(pool: Pool): Promise<readonly ApiKey[]> {
  const { rows } = await pool.query<ApiKey>(
    `SELECT ${columns} FROM ledger.api_keys ORDER BY created_at DESC, key_id LIMIT 10000`,
  );
  return rows;
}

/** The key with this hash, marked as used now. @returns null where there is none that is neither revoked nor expired */
export async function findApiKey(pool: Pool, hash: Uint8Array): Promise<(ApiKey & { readonly hash: Buffer }) | null> {
  const { rows } = await pool.query<ApiKey & { readonly hash: Buffer }>(
    `UPDATE ledger.api_keys SET last_used_at = now()
     WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
     RETURNING ${columns}, hash`,
    [hash],
  );
  return rows[0] ?? null;
}

/** What is stored of a key. */
export function hashOf(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}
