// Dead letters as Postgres lists them: the topic's fold, kept by the workers.
import type { Pool } from 'pg';
import type { DeadLetter, DeadLetterStatus } from '../../schemas/dead-letters.ts';
import { isTime, isUuid, readCursor } from '../cursor.ts';
import { countQuery, createParameters, listed, pageQuery, timeParameter } from '../query.ts';
import type { ListQuery } from '../query.ts';
import type { Listed, Paging } from '../views.ts';

export interface DeadLetterFilter {
  readonly consumer?: string;
  readonly status?: DeadLetterStatus;
  readonly order_id?: string;
}

/** Columns of a dead letter, times in ms since the epoch. */
const columns = `dead_letter_id, consumer, order_id, attempts,
  (extract(epoch FROM first_at) * 1000)::bigint AS first_at, (extract(epoch FROM last_at) * 1000)::bigint AS last_at,
  error, partition, journal_offset AS offset, status, reason`;

/** Newest first. @throws CursorError; the driver's error */
export async function listDeadLetters(
  pool: Pool,
  filter: DeadLetterFilter,
  paging: Paging,
): Promise<Listed<DeadLetter>> {
  const name = nameOf(filter);
  const rows = await ask<DeadLetter>(pool, pageQuery(listQuery(filter, paging), paging));
  const counted =
    paging.kind === 'page' ? await ask<{ total: number }>(pool, countQuery(listQuery(filter, paging))) : [];
  return listed(rows, paging, counted[0]?.total ?? null, {
    list: name,
    keyOf: ({ last_at, dead_letter_id }) => [last_at, dead_letter_id],
  });
}

/** Null where there is none. @throws the driver's error */
export async function findDeadLetter(pool: Pool, id: string): Promise<DeadLetter | null> {
  const text = `SELECT ${columns} FROM ledger.dead_letters WHERE dead_letter_id = $1`;
  const [row] = await ask<DeadLetter>(pool, { text, values: [id] });
  return row ?? null;
}

/** The parked ones, of one consumer where it is named; oldest first. @throws the driver's error */
export function parkedDeadLetters(pool: Pool, consumer: string | null, limit: number): Promise<readonly DeadLetter[]> {
  const text = `SELECT ${columns} FROM ledger.dead_letters
    WHERE status = 'parked' AND ($1::text IS NULL OR consumer = $1) ORDER BY last_at, dead_letter_id LIMIT $2`;
  return ask<DeadLetter>(pool, { text, values: [consumer, limit] });
}

/** How many are parked. @throws the driver's error */
export async function countParked(pool: Pool, consumer: string | null): Promise<number> {
  const text = `SELECT count(*) AS total FROM ledger.dead_letters
    WHERE status = 'parked' AND ($1::text IS NULL OR consumer = $1)`;
  const [row] = await ask<{ total: number }>(pool, { text, values: [consumer] });
  return row?.total ?? 0;
}

/** Next offset of the topic that the table does not show yet. @throws the driver's error */
export async function deadLettersProgress(pool: Pool): Promise<number> {
  const text = 'SELECT next_offset AS next FROM ledger.dead_letters_checkpoint';
  const [row] = await ask<{ next: number }>(pool, { text, values: [] });
  return row?.next ?? 0;
}

async function ask<Row extends object>(
  pool: Pool,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
): Promise<readonly Row[]> {
  return (await pool.query<Row>(text, [...values])).rows;
}

function nameOf({ consumer, status, order_id }: DeadLetterFilter): string {
  return JSON.stringify(['dead-letters', consumer ?? null, status ?? null, order_id ?? null]);
}

function listQuery(filter: DeadLetterFilter, paging: Paging): ListQuery {
  const parameters = createParameters();
  const where: string[] = [];
  for (const [column, value] of Object.entries(filter)) {
    if (value !== undefined) where.push(`${column} = ${parameters.add(value)}`);
  }
  if (paging.kind === 'cursor' && paging.after !== null) {
    const [at, id] = readCursor(nameOf(filter), [isTime, isUuid], paging.after);
    where.push(`(last_at, dead_letter_id) < (${timeParameter(parameters, Number(at))}, ${parameters.add(id)}::uuid)`);
  }
  return {
    select: columns,
    from: 'ledger.dead_letters',
    where,
    order: 'last_at DESC, dead_letter_id DESC',
    parameters,
  };
}
