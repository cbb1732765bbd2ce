// The days of the figures, and what is made of their rows.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dayOf } from '../../projections/kpi/project.ts';
import type { DaysRow } from '../../projections/kpi/queries.ts';
import { isClosed, toDay, toRange, toRealtime, toStatistics } from '../../projections/kpi/queries.ts';
import { createJournal } from './events.ts';
import { property } from './spec.ts';

const [{ meta }] = createJournal().events as [ReturnType<typeof createJournal>['events'][number]];
const dateOf = (at: number): string => dayOf({ meta: { ...meta, at } });

test('an event belongs to its UTC day, as the calendar has it', () => {
  expect(dateOf(0)).toBe('1970-01-01');
  expect(dateOf(Date.UTC(2024, 1, 29, 23, 59, 59, 999))).toBe('2024-02-29');
  expect(dateOf(Date.UTC(2100, 2, 1))).toBe('2100-03-01');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(9_999, 11, 31) }), (at) => {
      expect(dateOf(at)).toBe(new Date(at).toISOString().slice(0, 10));
    }),
    { ...property, numRuns: 2_000 },
  );
});

const counts = { orders: 3, accepted: 2, refused: 1, paid: 2, failed: 0, cancelled: 1 };
const row: DaysRow = {
  days: [
    { date: '2026-01-01', ...counts },
    { date: '2026-01-03', ...counts },
  ],
  revenue: [
    { date: '2026-01-01', currency: 'EUR', paid: 2, revenue: 3 },
    { date: '2026-01-01', currency: 'USD', paid: 3, revenue: 10 },
    { date: '2026-01-03', currency: 'USD', paid: 1, revenue: 1 },
  ],
  customers: [
    { date: '2026-01-01', customers: 2 },
    { date: '2026-01-03', customers: 2 },
  ],
  unique_customers: 3,
  reached: [],
};

describe('figures', () => {
  test('of a day: sums by currency, averages half up', () => {
    expect(toDay('2026-01-01', row)).toEqual({
      date: '2026-01-01',
      ...counts,
      revenue: [
        { amount: 3, currency: 'EUR' },
        { amount: 10, currency: 'USD' },
      ],
      average_order_value: [
        { amount: 2, currency: 'EUR' },
        { amount: 3, currency: 'USD' },
      ],
      unique_customers: 2,
    });
  });

  test('of a day on which nothing happened are zeros', () => {
    expect(toDay('2026-01-02', row)).toMatchObject({ orders: 0, paid: 0, revenue: [], unique_customers: 0 });
  });

  test('of many days: each day, and all together with distinct customers', () => {
    const { days, totals } = toRange(['2026-01-01', '2026-01-02', '2026-01-03'], row);
    expect(days.map(({ date, orders }) => [date, orders])).toEqual([
      ['2026-01-01', 3],
      ['2026-01-02', 0],
      ['2026-01-03', 3],
    ]);
    expect(totals).toMatchObject({ orders: 6, paid: 4, unique_customers: 3 });
    expect(totals.revenue).toEqual([
      { amount: 3, currency: 'EUR' },
      { amount: 11, currency: 'USD' },
    ]);
    expect(totals.average_order_value).toContainEqual({ amount: 3, currency: 'USD' });
  });

  test('an average is exact where a quotient of floating point is not', () => {
    const big = { date: '2026-01-01', currency: 'USD', paid: 2, revenue: Number.MAX_SAFE_INTEGER };
    const { average_order_value: average } = toDay('2026-01-01', { ...row, revenue: [big] });
    expect(average).toEqual([{ amount: 4_503_599_627_370_496, currency: 'USD' }]);
  });

  test('of now: what stands where, and what happened today', () => {
    const now = {
      statuses: [
        { status: 'PAID', orders: 5 },
        { status: 'PENDING', orders: 2 },
        { status: 'PROCESSING', orders: 0 },
      ],
      days: [{ date: '2026-01-03', ...counts }],
      revenue_today: [{ currency: 'USD', paid: 2, revenue: 7 }],
      revenue: [{ currency: 'USD', paid: 5, revenue: 50 }],
    };
    expect(toRealtime(now)).toEqual({
      pending: 2,
      processing: 0,
      completed_today: 2,
      failed_today: 0,
      revenue_today: [{ amount: 7, currency: 'USD' }],
    });
    const statistics = toStatistics(now);
    expect(statistics.by_status).toEqual({ PAID: 5, PENDING: 2 });
    expect(statistics).toMatchObject({
      total: 7,
      today: { orders: 3, paid: 2 },
      average_order_value: [{ amount: 10, currency: 'USD' }],
    });
  });
});

describe('a day is closed', () => {
  const midnight = 1_000;
  const ends = new Map([
    [0, { high: 5 }],
    [1, { high: 9 }],
  ]);
  const at = (partition: number, time: number, command: number) => ({ partition, at: time, command_offset: command });

  test.each([
    ['where every partition was counted beyond it', [at(0, 1_000, 2), at(1, 2_000, 3)], true],
    ['where a partition has nothing more to count', [at(0, 10, 4), at(1, 2_000, 3)], true],
    ['not while a command from before may be undecided', [at(0, 999, 3), at(1, 2_000, 3)], false],
    ['not while a partition was not counted at all', [at(1, 2_000, 3)], false],
  ])('%s', (_, reached, closed) => {
    expect(isClosed(reached, ends, midnight)).toBe(closed);
  });
});
