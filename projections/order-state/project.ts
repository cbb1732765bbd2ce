// Projection order-state: what every order is now. An order that was refused is a row too, with its shortages.
import type { OrderAccepted, OrderPlaced, OrderRefused } from '../../schemas/generated.ts';
import type { Cells, Change, JournalEvent, Projection } from '../projection.ts';
import type { OrderLineView } from '../views.ts';
import { orderLines, orders } from './table.ts';

export const orderState: Projection = {
  name: 'order-state',
  version: 3,
  tables: [orders, orderLines],
  events: [
    'OrderPlaced',
    'OrderAccepted',
    'OrderRefused',
    'PaymentRequested',
    'OrderProcessing',
    'OrderPaid',
    'OrderFailed',
    'OrderExpired',
    'OrderCancelled',
  ],
  project,
};

function project(event: JournalEvent): readonly Change[] {
  switch (event.type) {
    case 'OrderPlaced':
      return reserving(event, event.data);
    case 'OrderAccepted':
      return decided(event, event.data, {
        status: 'PENDING',
        status_reason: null,
        refused: false,
        shortages: null,
        expires_at: event.data.expires_at,
      });
    case 'OrderRefused':
      return refused(event, event.data);
    case 'PaymentRequested':
      return [changed(event, event.data, { status_reason: 'payment_requested' })];
    case 'OrderProcessing':
      return [changed(event, event.data, { status: 'PROCESSING', status_reason: null })];
    case 'OrderPaid':
      return [changed(event, event.data, { status: 'PAID', status_reason: null })];
    case 'OrderFailed':
      return [changed(event, event.data, { status: 'FAILED', status_reason: event.data.reason })];
    case 'OrderExpired':
      return [changed(event, event.data, { status: 'EXPIRED', status_reason: null })];
    case 'OrderCancelled': {
      const cells = { status: 'CANCELLED', status_reason: event.data.reason, cancelled_at: event.meta.at };
      return [changed(event, event.data, cells)];
    }
    case 'CommandRefused':
    case 'CommandRepeated':
    case 'HoldAnswered':
    case 'LedgerOpened':
    case 'ProductArchived':
    case 'ProductChanged':
    case 'ProductCreated':
    case 'StockAdjusted':
    case 'StockHeld':
    case 'StockHoldGranted':
    case 'StockHoldRefused':
    case 'StockReleased':
    case 'StockSold':
      return [];
  }
}

type Outcome = Cells & { readonly refused: boolean };

/** An order of several partitions before all of them answered: prices of other partitions are not known yet. */
function reserving(event: JournalEvent, order: OrderPlaced): readonly Change[] {
  const { at } = event.meta;
  const lines = order.lines.map(({ product_id, quantity, unit_price, priority }) => {
    const total = unit_price && { ...unit_price, amount: unit_price.amount * quantity };
    return { product_id, quantity, unit_price, total, priority };
  });
  const set = {
    status: 'RESERVING',
    status_reason: null,
    refused: false,
    shortages: null,
    expires_at: null,
    ...bodyOf(order),
    lines,
    total_amount: null,
    total_currency: order.currency,
    created_at: at,
    updated_at: at,
    cancelled_at: null,
    version: order.version,
    ...position(event),
  };
  const row: Change = { op: 'put', table: 'orders', key: { order_id: order.order_id }, set };
  return [row, ...lines.map((line) => lineOf(event, order, line, false))];
}

function decided(event: JournalEvent, order: OrderAccepted | OrderRefused, outcome: Outcome): readonly Change[] {
  const { at } = event.meta;
  const row = {
    ...outcome,
    ...bodyOf(order),
    lines: order.lines,
    total_amount: order.total.amount,
    total_currency: order.total.currency,
    created_at: at,
    updated_at: at,
    cancelled_at: null,
    version: order.version,
    ...position(event),
  };
  const lines = order.lines.map((line) => lineOf(event, order, line, outcome.refused));
  return [{ op: 'put', table: 'orders', key: { order_id: order.order_id }, set: row }, ...lines];
}

function lineOf(
  event: JournalEvent,
  { order_id }: { readonly order_id: string },
  line: OrderLineView,
  refused: boolean,
): Change {
  const set = {
    quantity: line.quantity,
    unit_price_amount: line.unit_price?.amount ?? null,
    total_amount: line.total?.amount ?? null,
    currency: line.total?.currency ?? null,
    priority: line.priority,
    refused,
    created_at: event.meta.at,
    ...position(event),
  };
  return { op: 'put', table: 'order_lines', key: { order_id, product_id: line.product_id }, set };
}

function refused(event: JournalEvent, order: OrderRefused): readonly Change[] {
  const outcome = { status: 'REFUSED', status_reason: order.reason, refused: true, expires_at: null };
  if (order.reason === 'out_of_stock') return decided(event, order, { ...outcome, shortages: order.shortages });
  // Not all lines have a price: in the order they stay as they were placed.
  return [changed(event, order, outcome), ...order.lines.map((line) => lineOf(event, order, line, true))];
}

function bodyOf(order: OrderAccepted | OrderRefused | OrderPlaced): Cells {
  const { customer_id, priority, payment, reference, metadata } = order;
  return { customer_id, priority, payment, reference, metadata };
}

/** What a later event changes of an order that is there. */
function changed(
  event: JournalEvent,
  order: { readonly order_id: string; readonly version: number },
  cells: Cells,
): Change {
  const set = { ...cells, updated_at: event.meta.at, version: order.version, ...position(event) };
  return { op: 'put', table: 'orders', key: { order_id: order.order_id }, set };
}

function position(event: JournalEvent): { readonly partition: number; readonly journal_offset: number } {
  return { partition: event.partition, journal_offset: event.offset };
}
