// Names of customers, for people who read leaderboards: the one door from the views to personal data. Nothing of it is
// kept anywhere else.
import type { Pool } from 'pg';

/** There is no such table. */
const undefinedTable = '42P01';

/** Names of those customers that have one. @throws the driver's error */
export async function customerNames(pool: Pool, customerIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  try {
    const { rows } = await pool.query<{ id: string; name: string }>(
      'SELECT customer_id AS id, name FROM ledger.customers WHERE customer_id = ANY ($1) AND name IS NOT NULL',
      [customerIds],
    );
    return new Map(rows.map(({ id, name }) => [id, name]));
  } catch (error) {
    // A ledger that was prepared by an earlier release knows nobody's name.
    if (error instanceof Error && 'code' in error && error.code === undefinedTable) return new Map();
    throw error;
  }
}
