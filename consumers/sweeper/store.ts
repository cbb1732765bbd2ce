// What the sweeper reads and writes in Postgres: stale orders, a row for each day, and what has outlived its use.
import type { Pool } from 'pg';
import { createActiveSchemas } from '../../projections/active.ts';
import type { StaleOrder } from '../../projections/order-state/queries.ts';
import { staleOrdersQuery } from '../../projections/order-state/queries.ts';

/** What one sweep came to. */
export interface SweepCounts {
  /** Whether it was given up because a writer was behind. */
  readonly heldBack: boolean;
  readonly proposed: number;
  readonly expired: number;
  /** Paid, cancelled or not due by log time: the writer said no. */
  readonly refused: number;
}

/** A day's row with what else an operator asks about it. */
export interface DayReport {
  readonly day: string;
  readonly sweeps: number;
  readonly held_back: number;
  readonly proposed: number;
  readonly expired: number;
  readonly refused: number;
  readonly dead_letters_parked: number;
}

/** Every method may reject with the error of the database driver. */
export interface SweepStore {
  /** Orders that were due to expire at this time, ms since the epoch; oldest first, after the one given. */
  stale(
    partitions: readonly number[],
    at: number,
    after: StaleOrder | null,
    limit: number,
  ): Promise<readonly StaleOrder[]>;
  /** Adds to the row of the day of that time. */
  count(at: number, counts: SweepCounts): Promise<void>;
  /** The days before that time that nobody has reported; each is told to one caller only. */
  reports(at: number): Promise<readonly DayReport[]>;
  /** Removes settled dead letters, dead API keys and old days; null where it was done within a week. */
  cleanUp(at: number, keepDays: number): Promise<{ readonly [what: string]: number } | null>;
}

const weekMs = 7 * 86_400_000;
/** Days for which the sweeper's own rows are kept. */
const sweepDaysKept = 400;

export function createSweepStore(pool: Pool): SweepStore {
  const active = createActiveSchemas(pool);
  return {
    stale: (partitions, at, after, limit) =>
      active.ask('order-state', async ({ schema }) => {
        const { text, values } = staleOrdersQuery(schema, { partitions, at, after, limit });
        return (await pool.query<StaleOrder>(text, [...values])).rows;
      }),
    count: async (at, { heldBack, proposed, expired, refused }) => {
      await pool.query(
        `INSERT INTO ledger.sweep_days AS d (day, sweeps, held_back, proposed, expired, refused)
         VALUES ((to_timestamp($1::float8 / 1000) AT TIME ZONE 'UTC')::date, 1, $2, $3, $4, $5)
         ON CONFLICT (day) DO UPDATE SET sweeps = d.sweeps + 1, held_back = d.held_back + EXCLUDED.held_back,
           proposed = d.proposed + EXCLUDED.proposed, expired = d.expired + EXCLUDED.expired,
           refused = d.refused + EXCLUDED.refused`,
        [at, heldBack ? 1 : 0, proposed, expired, refused],
      );
    },
    reports: async (at) => {
      const { rows } = await pool.query<DayReport>(
        `UPDATE ledger.sweep_days SET reported_at = now()
         WHERE reported_at IS NULL AND day < (to_timestamp($1::float8 / 1000) AT TIME ZONE 'UTC')::date
         RETURNING day::text, sweeps, held_back, proposed, expired, refused,
           (SELECT count(*) FROM ledger.dead_letters WHERE status = 'parked') AS dead_letters_parked`,
        [at],
      );
      return rows.toSorted((a, b) => a.day.localeCompare(b.day));
    },
    cleanUp: (at, keepDays) => cleanUp(pool, at, keepDays),
  };
}

async function cleanUp(pool: Pool, at: number, keepDays: number): Promise<{ readonly [what: string]: number } | null> {
  const due = await pool.query(
    `INSERT INTO ledger.chores AS c (name, done_at) VALUES ('clean-up', to_timestamp($1::float8 / 1000))
     ON CONFLICT (name) DO UPDATE SET done_at = EXCLUDED.done_at
     WHERE c.done_at <= EXCLUDED.done_at - $2::bigint * interval '1 millisecond'`,
    [at, weekMs],
  );
  if (due.rowCount !== 1) return null;
  const remove = async (statement: string, days: number): Promise<number> => {
    const { rowCount } = await pool.query(statement, [at, days]);
    return rowCount ?? 0;
  };
  const before = "to_timestamp($1::float8 / 1000) - $2::integer * interval '1 day'";
  return {
    dead_letters: await remove(
      `DELETE FROM ledger.dead_letters WHERE status IN ('resolved', 'discarded', 'refused') AND last_at < ${before}`,
      keepDays,
    ),
    api_keys: await remove(`DELETE FROM ledger.api_keys WHERE least(revoked_at, expires_at) < ${before}`, keepDays),
    sweep_days: await remove(`DELETE FROM ledger.sweep_days WHERE day < (${before})::date`, sweepDaysKept),
  };
}
