// Leaderboards for the API: ranks and counters from Redis, names from Postgres.
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { ActiveSchemas } from './active.ts';
import type { AnswerCache } from './answer-cache.ts';
import { isOffset, readCursor, writeCursor } from './cursor.ts';
import type { Generation } from './generations.ts';
import type { Board, Ranked, Stretch } from './leaderboards/queries.ts';
import { readAround, readStretch } from './leaderboards/queries.ts';
import { customerTotals, productSales } from './leaderboards/table.ts';
import { customerNames } from './names.ts';
import { redisBase } from './sinks/redis.ts';
import { productNamesQuery } from './stock/queries.ts';
import type { Figures, Listed, Paging, RankedCustomer, RankedProduct } from './views.ts';

export interface BoardsOptions {
  readonly pool: Pool;
  readonly redis: Redis;
  readonly prefix: string;
  readonly now: () => number;
  readonly active: ActiveSchemas;
  readonly cacheOf: (generation: Generation) => AnswerCache;
}

type Names = ReadonlyMap<string, string>;

/** For how long a leaderboard may be remembered, ms. */
const keptMs = 3_600_000;

export function createBoards(options: BoardsOptions): Pick<Figures, 'customers' | 'customer' | 'products'> {
  const { pool, redis, prefix, now, active, cacheOf } = options;
  const onBoard = <T>(question: (base: string, generation: Generation) => Promise<T>): Promise<T> =>
    active.ask('leaderboards', (generation) => question(redisBase(prefix, generation), generation));

  /** One page of a ranking, from memory where that may be. Names are never remembered: they are personal data. */
  async function page<T>(
    board: Omit<Board, 'base'>,
    paging: Paging,
    ageMsMax: number,
    named: (rows: readonly Ranked[]) => Promise<readonly T[]>,
  ): Promise<{ readonly listed: Listed<T>; readonly as_of: number }> {
    const list = JSON.stringify(['leaderboard', board.table.name, board.by, board.currency]);
    const [from, size] = windowOf(list, paging);
    const age = Math.min(ageMsMax, keptMs);
    const { value, as_of } = await onBoard((base, generation) =>
      cacheOf(generation).ask(`${list}:${from}:${size}`, age, async () => {
        const stretch = await readStretch(redis, { ...board, base }, from, from + size - 1);
        return { value: stretch, keepMs: age > 0 ? keptMs : 0 };
      }),
    );
    return { listed: listedOf(value, await named(value.rows), { list, from, paging }), as_of };
  }

  async function customersOf(rows: readonly Ranked[], currency: string): Promise<readonly RankedCustomer[]> {
    const names = await customerNames(
      pool,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => toCustomer(row, currency, names));
  }

  async function productsOf(rows: readonly Ranked[], currency: string): Promise<readonly RankedProduct[]> {
    const ids = rows.map(({ id }) => id);
    const names = await active.ask('stock', async ({ schema }) => {
      const { text, values } = productNamesQuery(schema, ids);
      const found = await pool.query<{ id: string; name: string }>(text, [...values]);
      return new Map(found.rows.map(({ id, name }) => [id, name]));
    });
    return rows.map((row) => toProduct(row, currency, names));
  }

  const customerBoard = (currency: string) => ({ table: customerTotals, by: 'total', currency });
  return {
    customers: (currency, paging, ageMsMax) =>
      page(customerBoard(currency), paging, ageMsMax, (rows) => customersOf(rows, currency)),
    products: (currency, by, paging, ageMsMax) =>
      page({ table: productSales, by, currency }, paging, ageMsMax, (rows) => productsOf(rows, currency)),
    customer: (currency, customerId, around) =>
      onBoard(async (base) => {
        const { rows } = await readAround(redis, { ...customerBoard(currency), base }, customerId, around);
        const all = await customersOf(rows, currency);
        const customer = all.find((row) => row.customer_id === customerId);
        if (customer === undefined) return null;
        return { customer, neighbours: all.filter((row) => row !== customer), as_of: now() };
      }),
  };
}

/** First place, from 0, and how many. */
function windowOf(list: string, paging: Paging): readonly [from: number, size: number] {
  if (paging.kind === 'page') return [(paging.page - 1) * paging.perPage, paging.perPage];
  const after = paging.after === null ? [0] : readCursor(list, [isOffset], paging.after);
  return [Number(after[0]), paging.limit];
}

function listedOf<T>(
  { total }: Stretch,
  rows: readonly T[],
  { list, from, paging }: { readonly list: string; readonly from: number; readonly paging: Paging },
): Listed<T> {
  if (paging.kind === 'page') return { rows, next: null, total };
  const next = from + rows.length;
  return { rows, next: rows.length > 0 && next < total ? writeCursor(list, [next]) : null, total: null };
}

function toCustomer({ rank, id, counters }: Ranked, currency: string, names: Names): RankedCustomer {
  const { order_count = 0, total = 0 } = counters;
  return { rank, customer_id: id, name: names.get(id) ?? null, order_count, total: { amount: total, currency } };
}

function toProduct({ rank, id, counters }: Ranked, currency: string, names: Names): RankedProduct {
  const { units = 0, revenue = 0 } = counters;
  return { rank, product_id: id, name: names.get(id) ?? null, units, revenue: { amount: revenue, currency } };
}
