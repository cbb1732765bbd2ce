// What the projection stock must show.
import type { Spec } from './spec.ts';
import { adjusted, created, createJournal, held, orderId, released, sold, timeOf, usd } from './events.ts';

function journalOf(build: (journal: ReturnType<typeof createJournal>) => void, partition = 0) {
  const journal = createJournal(partition);
  build(journal);
  return journal.events;
}

const a = orderId(1);

export const stockSpecs: readonly Spec[] = [
  {
    given: 'a created product, then its level is what it began with',
    events: journalOf((journal) => {
      journal.command(created('p-1', { stock: 10, low_stock_threshold: 3 }));
    }),
    rows: {
      products: [
        {
          product_id: 'p-1',
          name: 'Product p-1',
          price_amount: 1_000,
          price_currency: 'USD',
          on_hand: 10,
          held: 0,
          tracked: true,
          billing: 'single',
          frequency: null,
          low_stock_threshold: 3,
          archived: false,
          version: 1,
          created_at: timeOf(0),
          updated_at: timeOf(0),
          partition: 0,
          journal_offset: 1,
        },
      ],
      stock_movements: [
        {
          partition: 0,
          journal_offset: 1,
          product_id: 'p-1',
          at: timeOf(0),
          kind: 'created',
          quantity: 10,
          on_hand: 10,
          held: 0,
          reason: null,
          reference: null,
          order_id: null,
        },
      ],
    },
  },
  {
    given: 'a product that is not tracked, then its holds count and its level stays unknown',
    events: journalOf((journal) => {
      journal.command(created('s-1', { stock: null, billing: 'recurring', frequency: 'monthly' }));
      journal.command(held('s-1', a, 4, [null, 4]));
    }),
    rows: {
      products: [
        { product_id: 's-1', tracked: false, on_hand: null, held: 4, billing: 'recurring', frequency: 'monthly' },
      ],
      stock_movements: [
        { kind: 'created', quantity: 0, on_hand: null, held: 0 },
        { kind: 'held', quantity: 4, on_hand: null, held: 4, order_id: a },
      ],
    },
  },
  {
    given: 'adjustments, holds and releases, then the row states the last level and the movements all of them',
    events: journalOf((journal) => {
      journal.command(created('p-1'));
      journal.command(adjusted('p-1', 5, [15, 0], 2));
      journal.command(held('p-1', a, 4, [15, 4]));
      journal.command(released('p-1', a, 4, [15, 0]));
      journal.command(adjusted('p-1', -1, [14, 0], 3));
    }),
    rows: {
      products: [
        {
          product_id: 'p-1',
          on_hand: 14,
          held: 0,
          version: 3,
          created_at: timeOf(0),
          updated_at: timeOf(4),
          journal_offset: 5,
        },
      ],
      stock_movements: [
        { journal_offset: 1, kind: 'created', quantity: 10 },
        { journal_offset: 2, kind: 'adjusted', quantity: 5, on_hand: 15, reason: 'delivery', reference: 'DN-7' },
        { journal_offset: 3, kind: 'held', quantity: 4, on_hand: 15, held: 4, order_id: a },
        { journal_offset: 4, kind: 'released', quantity: 4, on_hand: 15, held: 0, order_id: a },
        { journal_offset: 5, kind: 'adjusted', quantity: -1, on_hand: 14, held: 0 },
      ],
    },
  },
  {
    given: 'a changed and archived product, then the holds stay and no stock moved',
    events: journalOf((journal) => {
      journal.command(created('p-1'));
      journal.command(held('p-1', a, 1, [10, 1]));
      const now = { product_id: 'p-1', name: 'Lamp', price: usd(9), low_stock_threshold: 2, version: 2 };
      journal.command({ type: 'ProductChanged', data: now });
      journal.command({ type: 'ProductArchived', data: { product_id: 'p-1', version: 3 } });
    }),
    rows: {
      products: [
        {
          product_id: 'p-1',
          name: 'Lamp',
          price_amount: 9,
          low_stock_threshold: 2,
          archived: true,
          held: 1,
          version: 3,
        },
      ],
      stock_movements: [{ kind: 'created' }, { kind: 'held' }],
    },
  },
  {
    given: 'units that are sold, then they are neither held nor on hand',
    events: journalOf((journal) => {
      journal.command(created('p-1'));
      journal.command(held('p-1', orderId(1), 2, [10, 2]));
      journal.command(sold('p-1', orderId(1), 2, [8, 0]));
    }),
    rows: {
      products: [{ product_id: 'p-1', on_hand: 8, held: 0 }],
      stock_movements: [
        { kind: 'created' },
        { kind: 'held' },
        { kind: 'sold', quantity: 2, on_hand: 8, held: 0, order_id: orderId(1) },
      ],
    },
  },
  {
    given: 'a hot product and others in two partitions, then every level is right',
    events: [
      ...journalOf((journal) => {
        journal.command(created('hot', { stock: 50 }));
        for (let n = 1; n <= 12; n++) journal.command(held('hot', orderId(n), 1, [50, n]));
        journal.command(created('p-1'));
      }),
      ...journalOf((journal) => {
        journal.command(created('p-9', { name: 'nul\u0000' }));
        journal.command(adjusted('p-9', 1, [11, 0], 2));
      }, 6),
    ],
    rows: {
      products: [
        { product_id: 'hot', on_hand: 50, held: 12, partition: 0 },
        { product_id: 'p-1', on_hand: 10, held: 0 },
        { product_id: 'p-9', on_hand: 11, name: 'nul\ufffd', partition: 6 },
      ],
      stock_movements: [
        ...Array.from({ length: 13 }, (_, i) => ({ partition: 0, journal_offset: i + 1, product_id: 'hot' })),
        { partition: 0, journal_offset: 14, product_id: 'p-1' },
        { partition: 6, journal_offset: 1, product_id: 'p-9' },
        { partition: 6, journal_offset: 2, product_id: 'p-9' },
      ],
    },
  },
];
