// What the projection kpi must show.
import { accepted, cancelled, created, held, orderId, refused, timeOf } from './events.ts';
import { answered, daysLater, expired, failed, journalOf, paid, processing, reserving, sold } from './order-life.ts';
import type { Spec } from './spec.ts';

const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((n) => orderId(n)) as [string, string, string, string, string];
const first = '2026-01-01';
const none = { orders: 0, accepted: 0, refused: 0, processing: 0, paid: 0, failed: 0, cancelled: 0, expired: 0 };

export const kpiSpecs: readonly Spec[] = [
  {
    given: 'orders of all ends, then every one is counted once on its day and stands where it ended',
    events: journalOf((journal) => {
      journal.command(created('p-1'));
      journal.command(held('p-1', a, 2, [10, 2]), accepted(a));
      journal.command(accepted(b, { customer: 'c-2' }));
      journal.command(accepted(c));
      journal.command(accepted(d));
      journal.command(refused(e));
      journal.command(processing(a));
      journal.command(paid(a), sold('p-1', a, 2, [8, 0]));
      journal.command(processing(b));
      journal.command(failed(b));
      journal.command(cancelled(c));
      journal.command(expired(d));
    }),
    rows: {
      kpi_daily: [
        {
          date: first,
          orders: 5,
          accepted: 4,
          refused: 1,
          processing: 2,
          paid: 1,
          failed: 1,
          cancelled: 1,
          expired: 1,
          units_sold: 2,
        },
      ],
      kpi_revenue: [{ date: first, currency: 'USD', paid: 1, revenue: 2_000 }],
      kpi_customers: [
        { date: first, customer_id: 'c-1' },
        { date: first, customer_id: 'c-2' },
      ],
      kpi_statuses: [
        { status: 'CANCELLED', orders: 1 },
        { status: 'EXPIRED', orders: 1 },
        { status: 'FAILED', orders: 1 },
        { status: 'PAID', orders: 1 },
        { status: 'PENDING', orders: 0 },
        { status: 'PROCESSING', orders: 0 },
        { status: 'REFUSED', orders: 1 },
      ],
      kpi_partitions: [{ partition: 0, at: timeOf(11), command_offset: 11 }],
    },
  },
  {
    given: 'orders that ask other partitions, then they are reserving until they are decided',
    events: journalOf((journal) => {
      journal.command(reserving(a));
      journal.command(reserving(b));
      journal.command(reserving(c));
      journal.command(answered(accepted(a)));
      journal.command(answered(refused(b)));
      journal.command(accepted(d));
    }),
    rows: {
      kpi_daily: [{ date: first, ...none, orders: 3, accepted: 2, refused: 1 }],
      kpi_customers: [{ date: first, customer_id: 'c-1' }],
      kpi_statuses: [
        { status: 'PENDING', orders: 2 },
        { status: 'REFUSED', orders: 1 },
        { status: 'RESERVING', orders: 1 },
      ],
      kpi_partitions: [{ partition: 0, command_offset: 5 }],
    },
  },
  {
    given:
      'an order that turned out to be a faulty request in another partition, then it is REFUSED and counts on no day',
    events: journalOf((journal) => {
      for (const order of [a, b, c, d, e]) journal.command(reserving(order));
      for (const [order, reason] of [
        [a, 'unknown_product'],
        [b, 'product_archived'],
        [c, 'mixed_currencies'],
        [d, 'amount_too_large'],
      ] as const) {
        journal.command(answered(refused(order, {}, { reason, shortages: [], product: 'p-1' })));
      }
      journal.command(answered(refused(e)));
    }),
    rows: {
      kpi_daily: [{ date: first, ...none, orders: 1, refused: 1 }],
      kpi_statuses: [
        { status: 'REFUSED', orders: 5 },
        { status: 'RESERVING', orders: 0 },
      ],
      kpi_partitions: [{ partition: 0, command_offset: 9 }],
    },
  },
  {
    given: 'two days, currencies and partitions, then each has its own sums',
    events: [
      ...daysLater(
        journalOf((journal) => {
          journal.command(accepted(a), paid(a));
          journal.command(paid(b, { currency: 'EUR', lines: [['p-1', 1, 5]] }));
          journal.command(accepted(c), paid(c, { lines: [['p-1', 3, 333]] }));
        }),
        4,
        1,
      ),
      ...journalOf((journal) => {
        journal.command(accepted(orderId(9, 5)), paid(orderId(9, 5)));
      }, 5),
    ],
    rows: {
      kpi_daily: [
        { date: first, orders: 2, accepted: 2, paid: 3 },
        { date: '2026-01-02', orders: 1, accepted: 1, paid: 1 },
      ],
      kpi_revenue: [
        { date: first, currency: 'EUR', paid: 1, revenue: 5 },
        { date: first, currency: 'USD', paid: 2, revenue: 4_000 },
        { date: '2026-01-02', currency: 'USD', paid: 1, revenue: 999 },
      ],
      kpi_customers: [
        { date: first, customer_id: 'c-1' },
        { date: '2026-01-02', customer_id: 'c-1' },
      ],
      kpi_statuses: [
        { status: 'PAID', orders: 4 },
        { status: 'PENDING', orders: 3 },
        { status: 'PROCESSING', orders: -4 },
      ],
      kpi_partitions: [
        { partition: 0, command_offset: 2 },
        { partition: 5, command_offset: 0 },
      ],
    },
  },
];
