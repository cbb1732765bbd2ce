// Sums and ranks for the API: figures of days and of now from Postgres, leaderboards from Redis, each from the active
// generation. Days that cannot change any more are remembered; what changes is, for those who allow age.
import type { Redis } from 'ioredis';
import type { Pool, QueryResultRow } from 'pg';
import type { ActiveSchemas } from './active.ts';
import { createActiveSchemas } from './active.ts';
import type { AnswerCache, Remembered } from './answer-cache.ts';
import { createAnswerCache } from './answer-cache.ts';
import { createBoards } from './boards.ts';
import type { Generation } from './generations.ts';
import * as kpi from './kpi/queries.ts';
import type { Query } from './query.ts';
import { redisBase } from './sinks/redis.ts';
import * as stock from './stock/queries.ts';
import type { AsOf, Figures } from './views.ts';

export interface FiguresOptions {
  readonly pool: Pool;
  readonly redis: Redis;
  /** First part of the keys in Redis: one prefix is one ledger. */
  readonly prefix: string;
  /** The broker's clock, ms since the epoch. */
  readonly now: () => number;
  /** Ends of the commands topic, by partition. */
  readonly commandEnds: () => Promise<ReadonlyMap<number, { readonly high: number }>>;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const keptMs = { day: dayMs, range: hourMs, realtime: 300_000 } as const;
const soldDays = 30;

/** Makes the figures over a pool whose int8 are numbers. */
export function createFigures(options: FiguresOptions): Figures {
  const { pool, redis, prefix, now, commandEnds } = options;
  const active = createActiveSchemas(pool);
  const cacheOf = (generation: Generation) => createAnswerCache({ redis, base: redisBase(prefix, generation), now });

  async function one<Row extends QueryResultRow>({ text, values }: Query): Promise<Row> {
    const [row] = (await pool.query<Row>(text, [...values])).rows;
    if (row === undefined) throw new Error('sums were asked for and none answered');
    return row;
  }

  /** Figures of days, from memory where all of them are closed. */
  function days<T>(
    { name, end, keepMs }: { readonly name: string; readonly end: string; readonly keepMs: number },
    query: (schema: string) => Query,
    view: (row: kpi.DaysRow) => T,
  ): Promise<Remembered<T>> {
    const isOver = end < dateOf(now());
    return active.ask('kpi', (generation) =>
      cacheOf(generation).ask<T>(name, isOver ? keepMs : 0, async () => {
        const row = await one<kpi.DaysRow & QueryResultRow>(query(generation.schema));
        const closed = isOver && (await isClosed(row.reached, end));
        return { value: view(row), keepMs: closed ? keepMs : 0 };
      }),
    );
  }

  async function isClosed(reached: readonly kpi.Reached[], date: string): Promise<boolean> {
    try {
      return kpi.isClosed(reached, await commandEnds(), Date.parse(date) + dayMs);
    } catch {
      // While that cannot be told, the answer is not remembered.
      return false;
    }
  }

  return {
    day: async (date) => {
      const what = { name: `day:${date}`, end: date, keepMs: keptMs.day };
      return asOf(
        await days(
          what,
          (schema) => kpi.daysQuery(schema, date, date),
          (row) => kpi.toDay(date, row),
        ),
      );
    },
    range: async (start, end) => {
      const what = { name: `range:${start}:${end}`, end, keepMs: keptMs.range };
      const dates = datesOf(start, end);
      return asOf(
        await days(
          what,
          (schema) => kpi.daysQuery(schema, start, end),
          (row) => kpi.toRange(dates, row),
        ),
      );
    },
    ...createPresent({ active, one, cacheOf, now }),
    ...createBoards({ ...options, active, cacheOf }),
  };
}

interface Present {
  readonly active: ActiveSchemas;
  readonly one: <Row extends QueryResultRow>(query: Query) => Promise<Row>;
  readonly cacheOf: (generation: Generation) => AnswerCache;
  readonly now: () => number;
}

/** Figures of this moment. */
function createPresent({ active, one, cacheOf, now }: Present): Pick<Figures, 'realtime' | 'orders' | 'inventory'> {
  return {
    realtime: (ageMsMax) =>
      active.ask('kpi', async (generation) => {
        const age = Math.min(ageMsMax, keptMs.realtime);
        const date = dateOf(now());
        return asOf(
          await cacheOf(generation).ask(`realtime:${date}`, age, async () => {
            const row = await one<kpi.NowRow & QueryResultRow>(kpi.nowQuery(generation.schema, date));
            return { value: kpi.toRealtime(row), keepMs: age > 0 ? keptMs.realtime : 0 };
          }),
        );
      }),
    orders: () =>
      active.ask('kpi', async ({ schema }) => {
        const row = await one<kpi.NowRow & QueryResultRow>(kpi.nowQuery(schema, dateOf(now())));
        return { ...kpi.toStatistics(row), as_of: now() };
      }),
    inventory: async () => {
      const since = dateOf(now() - (soldDays - 1) * dayMs);
      const [sums, { sold }] = await Promise.all([
        active.ask('stock', ({ schema }) =>
          one<stock.InventorySummaryRow & QueryResultRow>(stock.inventorySummaryQuery(schema)),
        ),
        active.ask('kpi', ({ schema }) => one<{ sold: number }>(kpi.unitsSoldQuery(schema, since))),
      ]);
      const value = sums.value.map(({ amount, currency }) => ({ amount, currency }));
      return { ...sums, value, sold_30d: sold, as_of: now() };
    },
  };
}

function asOf<T extends object>({ value, as_of }: Remembered<T>): AsOf<T> {
  return { ...value, as_of };
}

/** The day of a moment, UTC. */
function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function datesOf(start: string, end: string): readonly string[] {
  const first = Date.parse(start);
  return Array.from({ length: (Date.parse(end) - first) / dayMs + 1 }, (_, i) => dateOf(first + i * dayMs));
}
