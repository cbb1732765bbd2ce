// What the projection order-state must show.
import type { Spec } from './spec.ts';
import {
  accepted,
  cancelled,
  created,
  createJournal,
  held,
  life,
  orderId,
  placed,
  refused,
  released,
  startMs,
  timeOf,
  usd,
} from './events.ts';

function journalOf(build: (journal: ReturnType<typeof createJournal>) => void, partition = 0) {
  const journal = createJournal(partition);
  build(journal);
  return journal.events;
}

const a = orderId(1);
const b = orderId(2);
const elsewhere = orderId(3, 5);
/** What an outcome says more where another partition was asked. */
const elsewhereToo = { rests_on: [{ partition: 5, offset: 7 }], version: 2 };
const line = (productId: string, quantity: number) => ({
  product_id: productId,
  quantity,
  unit_price: usd(1_000),
  total: usd(1_000 * quantity),
  priority: 'normal',
});

export const orderStateSpecs: readonly Spec[] = [
  {
    given: 'an accepted order, then it is PENDING with its lines',
    events: journalOf((journal) => {
      journal.command(created('p-1'));
      journal.command(
        held('p-1', a, 2, [10, 2]),
        accepted(a, {
          lines: [
            ['p-1', 2],
            ['p-2', 3],
          ],
          reference: 'R-1',
          metadata: { note: 'fragile' },
        }),
      );
    }),
    rows: {
      orders: [
        {
          order_id: a,
          customer_id: 'c-1',
          status: 'PENDING',
          status_reason: null,
          refused: false,
          lines: [line('p-1', 2), line('p-2', 3)],
          total_amount: 5_000,
          total_currency: 'USD',
          priority: 'normal',
          payment: 'automatic',
          reference: 'R-1',
          metadata: { note: 'fragile' },
          shortages: null,
          created_at: timeOf(1),
          updated_at: timeOf(1),
          expires_at: startMs + 900_000,
          cancelled_at: null,
          version: 1,
          partition: 0,
          journal_offset: 3,
        },
      ],
      order_lines: [
        {
          order_id: a,
          product_id: 'p-1',
          quantity: 2,
          unit_price_amount: 1_000,
          total_amount: 2_000,
          currency: 'USD',
          priority: 'normal',
          refused: false,
          created_at: timeOf(1),
          partition: 0,
          journal_offset: 3,
        },
        { order_id: a, product_id: 'p-2', quantity: 3, total_amount: 3_000 },
      ],
    },
  },
  {
    given: 'a refused order, then it is REFUSED with its shortages and expires never',
    events: journalOf((journal) => {
      journal.command(refused(b, { lines: [['p-1', 4]] }));
    }),
    rows: {
      orders: [
        {
          order_id: b,
          status: 'REFUSED',
          status_reason: 'out_of_stock',
          refused: true,
          shortages: [{ product_id: 'p-1', requested: 4, available: 0 }],
          expires_at: null,
          cancelled_at: null,
          created_at: timeOf(0),
        },
      ],
      order_lines: [{ order_id: b, product_id: 'p-1', refused: true }],
    },
  },
  {
    given: 'a cancelled order, then it says when and why and keeps the rest',
    events: journalOf((journal) => {
      journal.command(held('p-1', a, 2, [10, 2]), accepted(a));
      journal.command(cancelled(a, 'changed my mind'), released('p-1', a, 2, [10, 0]));
    }),
    rows: {
      orders: [
        {
          order_id: a,
          status: 'CANCELLED',
          status_reason: 'changed my mind',
          created_at: timeOf(0),
          updated_at: timeOf(1),
          cancelled_at: timeOf(1),
          total_amount: 2_000,
          version: 2,
          journal_offset: 3,
        },
      ],
      order_lines: [{ order_id: a, product_id: 'p-1', journal_offset: 2 }],
    },
  },
  {
    given: 'an order over several partitions, then it is RESERVING without a total until all have answered',
    events: journalOf((journal) => journal.command(held('p-1', a, 2, [10, 2]), placed(a))),
    rows: {
      orders: [
        {
          order_id: a,
          status: 'RESERVING',
          lines: [
            { ...line('p-1', 2) },
            { product_id: 'p-2', quantity: 1, unit_price: null, total: null, priority: 'normal' },
          ],
          total_amount: null,
          total_currency: 'USD',
          expires_at: null,
          version: 1,
        },
      ],
      order_lines: [
        {
          order_id: a,
          product_id: 'p-1',
          unit_price_amount: 1_000,
          total_amount: 2_000,
          currency: 'USD',
          refused: false,
        },
        { order_id: a, product_id: 'p-2', quantity: 1, unit_price_amount: null, total_amount: null, currency: null },
      ],
    },
  },
  {
    given: 'orders over several partitions that were decided, then they are accepted whole or refused with the reason',
    events: journalOf((journal) => {
      journal.command(held('p-1', a, 2, [10, 2]), placed(a));
      journal.command(held('p-1', b, 2, [10, 4]), placed(b));
      journal.command(
        accepted(
          a,
          {
            lines: [
              ['p-1', 2],
              ['p-2', 1],
            ],
          },
          elsewhereToo,
        ),
      );
      journal.command(refused(b, {}, { reason: 'unknown_product', shortages: [], ...elsewhereToo }));
    }),
    rows: {
      orders: [
        { order_id: a, status: 'PENDING', total_amount: 3_000, version: 2, created_at: timeOf(2) },
        {
          order_id: b,
          status: 'REFUSED',
          status_reason: 'unknown_product',
          refused: true,
          total_amount: null,
          version: 2,
        },
      ],
      order_lines: [
        { order_id: a, product_id: 'p-1' },
        { order_id: a, product_id: 'p-2', unit_price_amount: 1_000, refused: false },
        { order_id: b, product_id: 'p-1', refused: true },
        { order_id: b, product_id: 'p-2', unit_price_amount: null },
      ],
    },
  },
  {
    given: 'payments, then orders are PROCESSING, PAID, FAILED with the reason, or EXPIRED',
    events: journalOf((journal) => {
      for (const n of [20, 21, 22, 23, 24]) journal.command(accepted(orderId(n)));
      journal.command(life('PaymentRequested', orderId(20)));
      for (const n of [21, 22, 23]) journal.command(life('OrderProcessing', orderId(n)));
      journal.command(life('OrderPaid', orderId(22)));
      journal.command(life('OrderFailed', orderId(23)));
      journal.command(life('OrderExpired', orderId(24)));
    }),
    rows: {
      orders: [
        { order_id: orderId(20), status: 'PENDING', status_reason: 'payment_requested', version: 2 },
        { order_id: orderId(21), status: 'PROCESSING', version: 2 },
        { order_id: orderId(22), status: 'PAID', status_reason: null, version: 3 },
        { order_id: orderId(23), status: 'FAILED', status_reason: 'card_declined', version: 3 },
        { order_id: orderId(24), status: 'EXPIRED', version: 2 },
      ],
      order_lines: [20, 21, 22, 23, 24].map((n) => ({ order_id: orderId(n) })),
    },
  },
  {
    given: 'refusals and repeats of commands, then they change no order',
    events: journalOf((journal) => {
      journal.command(held('p-1', a, 2, [10, 2]), accepted(a));
      journal.command({
        type: 'CommandRepeated',
        data: { order_id: a, product_id: null, first_offset: 2, decided: 'OrderAccepted' },
      });
      journal.command({
        type: 'CommandRefused',
        data: { reason: 'not_cancellable', detail: 'no', product_id: null, order_id: a },
      });
    }),
    rows: { orders: [{ order_id: a, status: 'PENDING', journal_offset: 2 }], order_lines: [{ order_id: a }] },
  },
  {
    given: 'orders of two partitions, then each row knows its own',
    events: [
      ...journalOf((journal) => {
        for (let n = 10; n < 16; n++) journal.command(held('p-1', orderId(n), 1, [90, n]), accepted(orderId(n)));
        for (let n = 10; n < 13; n++) journal.command(cancelled(orderId(n)), released('p-1', orderId(n), 1, [90, n]));
      }),
      ...journalOf((journal) => {
        journal.command(refused(elsewhere));
      }, 5),
    ],
    rows: {
      orders: [
        ...[10, 11, 12].map((n) => ({ order_id: orderId(n), status: 'CANCELLED', partition: 0 })),
        ...[13, 14, 15].map((n) => ({ order_id: orderId(n), status: 'PENDING', partition: 0 })),
        { order_id: elsewhere, status: 'REFUSED', partition: 5, journal_offset: 1 },
      ],
      order_lines: [...[10, 11, 12, 13, 14, 15].map((n) => ({ order_id: orderId(n) })), { order_id: elsewhere }],
    },
  },
  {
    given: 'text that Postgres cannot hold, then it is replaced and the order is shown',
    events: journalOf((journal) => {
      const metadata = { 'k\u0000ey': 'va\u0000lue', half: 'a\ud800b', fine: 'é🙂\\u0000' };
      journal.command(accepted(a, { reference: 'nul\u0000', metadata, lines: [] }));
      journal.command(cancelled(a, 'be\u0000cause'));
    }),
    rows: {
      orders: [
        {
          order_id: a,
          reference: 'nul\ufffd',
          metadata: { 'k\ufffdey': 'va\ufffdlue', half: 'a\ufffdb', fine: 'é🙂\\u0000' },
          status_reason: 'be\ufffdcause',
        },
      ],
    },
  },
];
