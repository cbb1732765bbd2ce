// API keys on real Postgres: shown once, stored as a hash, and worth nothing once revoked or expired.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Pool } from 'pg';
import { createApiKey, findApiKey, hashOf, listApiKeys, revokeApiKey } from '../../src/http/api-keys.ts';
import { createCredentials } from '../../src/http/auth.ts';
import { readConfig } from '../../src/platform/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { migrate } from '../../src/platform/migrate.ts';
import { createPool } from '../../src/platform/postgres.ts';
import type { FreshDatabase } from '../support/servers.ts';
import { freshDatabase } from '../support/servers.ts';

let database: FreshDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase();
  await migrate(database.url);
  pool = createPool(readConfig({ DATABASE_URL: database.url }), createLogger({ logLevel: 'silent' }));
}, 30_000);
afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('a key', () => {
  test('is shown once; the database holds nothing that could be used', async () => {
    const made = await createApiKey(pool, { name: 'till', role: 'service' });
    expect(made.key).toMatch(/^ol_[A-Za-z0-9_-]{43}$/);
    expect(made).toMatchObject({ name: 'till', role: 'service', customer_id: `key-${made.key_id}`, scopes: [] });
    expect(made.customer_id).toMatch(/^[A-Za-z0-9._@-]{1,64}$/);
    const { rows } = await pool.query<{ row: string }>('SELECT row_to_json(k)::text AS row FROM ledger.api_keys k');
    for (const { row } of rows) expect(row).not.toContain(made.key.slice(8));
    expect(await listApiKeys(pool)).toContainEqual(expect.objectContaining({ key_id: made.key_id, name: 'till' }));
  });

  test('is found by its hash and marked as used', async () => {
    const made = await createApiKey(pool, { name: 'ops', role: 'operator', scopes: ['read'], customer_id: 'shop' });
    expect(made.last_used_at).toBeNull();
    const found = await findApiKey(pool, hashOf(made.key));
    expect(found).toMatchObject({ key_id: made.key_id, scopes: ['read'], customer_id: 'shop' });
    expect(found?.last_used_at).toBeInstanceOf(Date);
    expect(await findApiKey(pool, hashOf(`${made.key}x`))).toBeNull();
  });

  test('is worth nothing when it was revoked or has expired', async () => {
    const revoked = await createApiKey(pool, { name: 'old', role: 'admin' });
    expect(await revokeApiKey(pool, revoked.key_id)).toBe(true);
    expect(await revokeApiKey(pool, revoked.key_id)).toBe(false);
    expect(await revokeApiKey(pool, 'nobody')).toBe(false);
    expect(await findApiKey(pool, hashOf(revoked.key))).toBeNull();
    const expired = await createApiKey(pool, { name: 'old', role: 'admin', expires_at: new Date(0) });
    expect(await findApiKey(pool, hashOf(expired.key))).toBeNull();
  });

  test('lets its caller in, and a wrong one nobody', async () => {
    const made = await createApiKey(pool, { name: 'till', role: 'service' });
    const credentials = createCredentials({
      find: (hash) => findApiKey(pool, hash),
      credentialCacheMs: 60_000,
      credentialCacheMax: 10,
      now: Date.now,
    });
    const caller = await credentials.verify(made.key);
    expect(caller).toMatchObject({ principal: `key:${made.key_id}`, customerId: `key-${made.key_id}` });
    expect([...(caller?.may ?? [])].sort()).toEqual(['customers', 'orders', 'read']);
    const last = made.key.endsWith('A') ? 'B' : 'A';
    expect(await credentials.verify(`${made.key.slice(0, -1)}${last}`)).toBeNull();
  });
});
