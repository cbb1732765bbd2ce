// Projection stock: levels of every product, and the movements that led there. Levels are taken from the events, which
// state them, and never added up.
import type { ProductCreated } from '../../schemas/generated.ts';
import type { Cells, Change, JournalEvent, Projection } from '../projection.ts';
import { products, stockMovements } from './table.ts';

export const stock: Projection = {
  name: 'stock',
  version: 2,
  tables: [products, stockMovements],
  events: [
    'ProductCreated',
    'ProductChanged',
    'ProductArchived',
    'StockAdjusted',
    'StockHeld',
    'StockReleased',
    'StockSold',
  ],
  project,
};

function project(event: JournalEvent): readonly Change[] {
  switch (event.type) {
    case 'ProductCreated':
      return created(event, event.data);
    case 'ProductChanged': {
      const { product_id, name, price, low_stock_threshold, version } = event.data;
      const changed = {
        name,
        price_amount: price.amount,
        price_currency: price.currency,
        low_stock_threshold,
        version,
      };
      return [product(event, product_id, changed)];
    }
    case 'ProductArchived':
      return [product(event, event.data.product_id, { archived: true, version: event.data.version })];
    case 'StockAdjusted': {
      const { product_id, delta, on_hand, held, reason, reference, version } = event.data;
      const moved = { product_id, quantity: delta, on_hand, held, reason, reference, order_id: null };
      return [product(event, product_id, { on_hand, held, version }), movement(event, 'adjusted', moved)];
    }
    case 'StockHeld':
    case 'StockReleased':
    case 'StockSold': {
      const { product_id, order_id, quantity, on_hand, held } = event.data;
      const moved = { product_id, quantity, on_hand, held, reason: null, reference: null, order_id };
      const kind = movementKinds[event.type];
      return [product(event, product_id, { on_hand, held }), movement(event, kind, moved)];
    }
    case 'CommandRefused':
    case 'CommandRepeated':
    case 'HoldAnswered':
    case 'LedgerOpened':
    case 'OrderAccepted':
    case 'OrderCancelled':
    case 'OrderExpired':
    case 'OrderFailed':
    case 'OrderPaid':
    case 'OrderPlaced':
    case 'OrderProcessing':
    case 'OrderRefused':
    case 'PaymentRequested':
    case 'StockHoldGranted':
    case 'StockHoldRefused':
      return [];
  }
}

const movementKinds = { StockHeld: 'held', StockReleased: 'released', StockSold: 'sold' } as const;

function created(event: JournalEvent, data: ProductCreated): readonly Change[] {
  const { product_id, name, price, stock: onHand, billing, frequency, low_stock_threshold, version } = data;
  const levels = { on_hand: onHand, held: 0 };
  const row = {
    name,
    price_amount: price.amount,
    price_currency: price.currency,
    ...levels,
    tracked: onHand !== null,
    billing,
    frequency,
    low_stock_threshold,
    archived: false,
    version,
    created_at: event.meta.at,
  };
  const moved = { product_id, quantity: onHand ?? 0, ...levels, reason: null, reference: null, order_id: null };
  return [product(event, product_id, row), movement(event, 'created', moved)];
}

function product(event: JournalEvent, product_id: string, cells: Cells): Change {
  const set = {
    ...cells,
    updated_at: event.meta.at,
    partition: event.partition,
    journal_offset: event.offset,
  };
  return { op: 'put', table: 'products', key: { product_id }, set };
}

function movement(event: JournalEvent, kind: string, moved: Cells): Change {
  const key = { partition: event.partition, journal_offset: event.offset };
  return { op: 'insert', table: 'stock_movements', key, set: { at: event.meta.at, kind, ...moved } };
}
