// One connection for a while, with time for what takes long; it is closed afterwards, so that neither its settings nor
// an open transaction reach whoever comes next.
import type { Pool, PoolClient } from 'pg';

/** Runs `work` on a connection whose statements may take `statementMsMax`. @throws what `work` throws */
export async function inClient<T>(
  pool: Pool,
  statementMsMax: number,
  work: (client: LongClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(`SET statement_timeout = ${statementMsMax}`);
    return await work(patient(client, statementMsMax));
  } finally {
    client.release(true);
  }
}

export type LongClient = Pick<PoolClient, 'query'>;

/** The driver has a limit of its own for every reply, which a query may lift. */
function patient(client: PoolClient, msMax: number): LongClient {
  const query = (text: string, values: readonly unknown[] = []): unknown => {
    const timed: { text: string; values: unknown[]; query_timeout: number } = {
      text,
      values: [...values],
      query_timeout: msMax,
    };
    return client.query(timed);
  };
  return { query: query as PoolClient['query'] };
}
