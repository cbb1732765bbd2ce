// Personal data of customers, as whoever shows a name reads it. It lives in Postgres only and is no projection: the log
// knows ids, so a replay gives the same numbers whoever was erased.
import type { Pool } from 'pg';

export interface CustomerView {
  readonly customer_id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly contact_point: string | null;
  /** ms since the epoch */
  readonly created_at: number;
  /** ms since the epoch */
  readonly updated_at: number;
}

/** Columns of a customer, times in ms since the epoch. */
export const customerColumns = `customer_id, name, email, contact_point,
  (extract(epoch FROM created_at) * 1000)::bigint AS created_at,
  (extract(epoch FROM updated_at) * 1000)::bigint AS updated_at`;

/** One customer; null where there is none. @throws the driver's error */
export async function findCustomer(pool: Pool, customerId: string): Promise<CustomerView | null> {
  const text = `SELECT ${customerColumns} FROM ledger.customers WHERE customer_id = $1`;
  const { rows } = await pool.query<CustomerView>(text, [customerId]);
  return rows[0] ?? null;
}

/** Names by customer id; whoever is not registered, has no name or was erased is absent. @throws the driver's error */
export async function customerNames(pool: Pool, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const text = 'SELECT customer_id, name FROM ledger.customers WHERE customer_id = ANY ($1) AND name IS NOT NULL';
  const { rows } = await pool.query<{ customer_id: string; name: string }>(text, [[...ids]]);
  return new Map(rows.map(({ customer_id, name }) => [customer_id, name]));
}
