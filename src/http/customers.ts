// HTTP room: personal data of customers as Postgres keeps it. Nothing of it goes into the log, a header or a log line.
import type { Pool } from 'pg';
import type { CustomerView } from '../../projections/customers/queries.ts';
import { customerColumns, findCustomer } from '../../projections/customers/queries.ts';

/** What is known of a customer; null is not known. */
export type CustomerData = Pick<CustomerView, 'name' | 'email' | 'contact_point'>;

/** Every method may reject with the error of the database driver. */
export interface Customers {
  find(customerId: string): Promise<CustomerView | null>;
  /** Registers a customer, or replaces all that is known of one. */
  put(customerId: string, data: CustomerData): Promise<{ readonly customer: CustomerView; readonly created: boolean }>;
  /** Erases all that is known of a customer; nothing happens where nothing is. */
  erase(customerId: string): Promise<void>;
}

export function createCustomers(pool: Pool): Customers {
  return {
    find: (customerId) => findCustomer(pool, customerId),
    put: async (customerId, { name, email, contact_point }) => {
      // A row that this statement made has no earlier transaction in xmax.
      const { rows } = await pool.query<CustomerView & { readonly created: boolean }>(
        `INSERT INTO ledger.customers (customer_id, name, email, contact_point) VALUES ($1, $2, $3, $4)
         ON CONFLICT (customer_id) DO UPDATE
         SET name = EXCLUDED.name, email = EXCLUDED.email, contact_point = EXCLUDED.contact_point, updated_at = now()
         RETURNING ${customerColumns}, xmax = 0 AS created`,
        [customerId, name, email, contact_point],
      );
      const [row] = rows;
      if (row === undefined) throw new Error('Postgres did not return the customer');
      const { created, ...customer } = row;
      return { customer, created };
    },
    erase: async (customerId) => {
      await pool.query('DELETE FROM ledger.customers WHERE customer_id = $1', [customerId]);
    },
  };
}
