// Questions to the projection kpi: figures of days, of today, and of all time. One statement answers each, so that its
// figures are of one moment.
import type { Money } from '../../schemas/generated.ts';
import type { Query } from '../query.ts';
import type { DayFigures, OrderStatistics, RangeFigures, RealtimeFigures } from '../views.ts';

interface DayCounts {
  readonly date: string;
  readonly orders: number;
  readonly accepted: number;
  readonly refused: number;
  readonly paid: number;
  readonly failed: number;
  readonly cancelled: number;
}

interface Revenue {
  readonly currency: string;
  readonly paid: number;
  readonly revenue: number;
}

/** How far a partition was counted: log time, ms, and offset of the last command. */
export interface Reached {
  readonly partition: number;
  readonly at: number;
  readonly command_offset: number;
}

/** What the driver gives of `daysQuery`. */
export interface DaysRow {
  readonly days: readonly DayCounts[];
  readonly revenue: readonly (Revenue & { readonly date: string })[];
  readonly customers: readonly { readonly date: string; readonly customers: number }[];
  /** Distinct over all days. */
  readonly unique_customers: number;
  readonly reached: readonly Reached[];
}

/** What the driver gives of `nowQuery`. */
export interface NowRow {
  readonly statuses: readonly { readonly status: string; readonly orders: number }[];
  /** Today's, one at most. */
  readonly days: readonly DayCounts[];
  readonly revenue_today: readonly Revenue[];
  readonly revenue: readonly Revenue[];
}

const counts = 'date, orders, accepted, refused, paid, failed, cancelled';
const none = { orders: 0, accepted: 0, refused: 0, paid: 0, failed: 0, cancelled: 0 };

/** Figures of the days from `start` to `end`, both included. */
export function daysQuery(schema: string, start: string, end: string): Query {
  const within = 'date BETWEEN $1 AND $2';
  const text = `SELECT
    ${listed(`SELECT ${counts} FROM ${schema}.kpi_daily WHERE ${within}`)} AS days,
    ${listed(`SELECT date, currency, paid, revenue FROM ${schema}.kpi_revenue WHERE ${within} ORDER BY currency`)} AS revenue,
    ${listed(`SELECT date, count(*) AS customers FROM ${schema}.kpi_customers WHERE ${within} GROUP BY date`)} AS customers,
    (SELECT count(DISTINCT customer_id) FROM ${schema}.kpi_customers WHERE ${within}) AS unique_customers,
    ${listed(`SELECT partition, (extract(epoch FROM at) * 1000)::float8 AS at, command_offset FROM ${schema}.kpi_partitions`)} AS reached`;
  return { text, values: [start, end] };
}

/** How many orders stand where, figures of today, and all revenue. */
export function nowQuery(schema: string, today: string): Query {
  const text = `SELECT
    ${listed(`SELECT status, orders FROM ${schema}.kpi_statuses ORDER BY status`)} AS statuses,
    ${listed(`SELECT ${counts} FROM ${schema}.kpi_daily WHERE date = $1`)} AS days,
    ${listed(`SELECT currency, paid, revenue FROM ${schema}.kpi_revenue WHERE date = $1 ORDER BY currency`)} AS revenue_today,
    ${listed(`SELECT currency, sum(paid)::bigint AS paid, sum(revenue)::bigint AS revenue
      FROM ${schema}.kpi_revenue GROUP BY currency ORDER BY currency`)} AS revenue`;
  return { text, values: [today] };
}

/** Units sold from a day on. */
export function unitsSoldQuery(schema: string, since: string): Query {
  const text = `SELECT coalesce(sum(units_sold), 0)::bigint AS sold FROM ${schema}.kpi_daily WHERE date >= $1`;
  return { text, values: [since] };
}

/** Figures of one day; zeros where nothing happened. */
export function toDay(date: string, { days, revenue, customers }: DaysRow): DayFigures {
  const { date: _, ...found } = days.find((day) => day.date === date) ?? { date, ...none };
  return {
    date,
    ...found,
    ...moneyOf(revenue.filter((one) => one.date === date)),
    unique_customers: customers.find((one) => one.date === date)?.customers ?? 0,
  };
}

/** Figures of the days named, and of all of them together. */
export function toRange(dates: readonly string[], row: DaysRow): RangeFigures {
  const totals = { ...none };
  for (const day of row.days) {
    totals.orders += day.orders;
    totals.accepted += day.accepted;
    totals.refused += day.refused;
    totals.paid += day.paid;
    totals.failed += day.failed;
    totals.cancelled += day.cancelled;
  }
  const unique = { unique_customers: row.unique_customers };
  return { days: dates.map((date) => toDay(date, row)), totals: { ...totals, ...moneyOf(row.revenue), ...unique } };
}

export function toRealtime({ statuses, days, revenue_today }: NowRow): RealtimeFigures {
  const standing = (status: string): number => statuses.find((one) => one.status === status)?.orders ?? 0;
  return {
    pending: standing('PENDING'),
    processing: standing('PROCESSING'),
    completed_today: days[0]?.paid ?? 0,
    failed_today: days[0]?.failed ?? 0,
    revenue_today: moneyOf(revenue_today).revenue,
  };
}

export function toStatistics({ statuses, days, revenue }: NowRow): OrderStatistics {
  const { orders, accepted, refused, paid, failed } = days[0] ?? none;
  return {
    total: statuses.reduce((sum, one) => sum + one.orders, 0),
    // Which statuses orders once had is no figure.
    by_status: Object.fromEntries(statuses.filter(({ orders }) => orders !== 0).map((one) => [one.status, one.orders])),
    today: { orders, accepted, refused, paid, failed },
    ...moneyOf(revenue),
  };
}

/**
 * Whether nothing can be counted any more before a moment: every partition was counted beyond it, or up to the last
 * command that there is; later commands have later times. `ends`: ends of the commands, read after the figures.
 */
export function isClosed(
  reached: readonly Reached[],
  ends: ReadonlyMap<number, { readonly high: number }>,
  moment: number,
): boolean {
  return [...ends].every(([partition, { high }]) => {
    const own = reached.find((one) => one.partition === partition);
    return own !== undefined && (own.at >= moment || own.command_offset + 1 >= high);
  });
}

/** Sums by currency, and the average of what was paid. */
function moneyOf(rows: readonly Revenue[]): Pick<DayFigures, 'revenue' | 'average_order_value'> {
  const sums = new Map<string, { paid: number; revenue: number }>();
  for (const { currency, paid, revenue } of rows) {
    const sum = sums.get(currency) ?? { paid: 0, revenue: 0 };
    sums.set(currency, { paid: sum.paid + paid, revenue: sum.revenue + revenue });
  }
  const all = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  const money = (amount: number, currency: string): Money => ({ amount, currency });
  return {
    revenue: all.map(([currency, { revenue }]) => money(revenue, currency)),
    average_order_value: all.map(([currency, sum]) => money(averageOf(sum.revenue, sum.paid), currency)),
  };
}

/** Half up, in integers: a quotient of floating point may be off by one. */
function averageOf(sum: number, count: number): number {
  const rest = sum % count;
  return (sum - rest) / count + (rest * 2 >= count ? 1 : 0);
}

function listed(select: string): string {
  return `(SELECT coalesce(json_agg(t), '[]') FROM (${select}) AS t)`;
}
