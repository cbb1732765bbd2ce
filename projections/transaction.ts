// One transaction on one connection of a pool. A connection on which anything went wrong is closed, never given back:
// the server then rolls back by itself, whatever state the connection was in.
import type { Pool, PoolClient } from 'pg';

/** Settings of one transaction; numbers are milliseconds. */
export interface TransactionSettings {
  readonly statement_timeout?: number;
  readonly lock_timeout?: number;
  readonly synchronous_commit?: 'on' | 'off';
}

/** Commits what `work` did, unless it answers `stale`. @throws what `work` throws, or the error of the driver */
export async function inTransaction<T>(
  pool: Pool,
  settings: TransactionSettings,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken = true;
  try {
    // One message to the server; names and values are ours, and a SET takes no parameters.
    const sets = Object.entries(settings).map(([name, value]) => `; SET LOCAL ${name} = ${value}`);
    await client.query(`BEGIN${sets.join('')}`);
    const result = await work(client);
    await client.query(result === 'stale' ? 'ROLLBACK' : 'COMMIT');
    broken = false;
    return result;
  } finally {
    client.release(broken);
  }
}
