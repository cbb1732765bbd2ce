// `ledger keys`: makes, lists and revokes API keys.
import type { ApiKey, NewApiKey } from '../http/api-keys.ts';
import { createApiKey, listApiKeys, revokeApiKey } from '../http/api-keys.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { createPool } from '../platform/postgres.ts';

async function withPool<T>(
  config: Config,
  logger: Logger,
  work: (pool: ReturnType<typeof createPool>) => Promise<T>,
): Promise<T> {
  const pool = createPool(config, logger);
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/** @returns the key, this once, and what is known of it */
export function createKey(
  config: Config,
  logger: Logger,
  wanted: NewApiKey,
): Promise<ApiKey & { readonly key: string }> {
  return withPool(config, logger, (pool) => createApiKey(pool, wanted));
}

export function listKeys(config: Config, logger: Logger): Promise<readonly ApiKey[]> {
  return withPool(config, logger, listApiKeys);
}

/** @returns whether there was such a key */
export function revokeKey(config: Config, logger: Logger, keyId: string): Promise<boolean> {
  return withPool(config, logger, (pool) => revokeApiKey(pool, keyId));
}
