// What the projection leaderboards must show.
import { accepted, cancelled, orderId } from './events.ts';
import { journalOf, paid } from './order-life.ts';
import type { Spec } from './spec.ts';

const [a, b, c, d] = [1, 2, 3, 4].map((n) => orderId(n)) as [string, string, string, string];

export const leaderboardsSpecs: readonly Spec[] = [
  {
    given: 'orders that are not paid, then nobody is ranked',
    events: journalOf((journal) => {
      journal.command(accepted(a));
      journal.command(cancelled(a));
    }),
    rows: { customer_totals: [], product_sales: [] },
  },
  {
    given: 'paid orders of several customers, products, currencies and partitions, then each has its sums',
    events: [
      ...journalOf((journal) => {
        journal.command(
          paid(a, {
            lines: [
              ['p-1', 2, 500],
              ['p-2', 1, 7],
            ],
          }),
        );
        journal.command(paid(b, { customer: 'c-2', lines: [['p-1', 1, 600]] }));
        journal.command(paid(c, { currency: 'EUR', lines: [['p-2', 4, 25]] }));
      }),
      ...journalOf((journal) => {
        journal.command(paid(d, { lines: [['p-3', 1, 9_007_199_254_000_000]] }));
      }, 6),
    ],
    rows: {
      customer_totals: [
        { currency: 'EUR', customer_id: 'c-1', order_count: 1, total: 100 },
        { currency: 'USD', customer_id: 'c-1', order_count: 2, total: 9_007_199_254_001_007 },
        { currency: 'USD', customer_id: 'c-2', order_count: 1, total: 600 },
      ],
      product_sales: [
        { currency: 'EUR', product_id: 'p-2', units: 4, revenue: 100 },
        { currency: 'USD', product_id: 'p-1', units: 3, revenue: 1_600 },
        { currency: 'USD', product_id: 'p-2', units: 1, revenue: 7 },
        { currency: 'USD', product_id: 'p-3', units: 1, revenue: 9_007_199_254_000_000 },
      ],
    },
  },
];
