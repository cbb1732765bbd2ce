// Projection order-state: what every order is now. An order that was refused is a row too, with its shortages.
import type { OrderAccepted, OrderCancelled, OrderRefused } from '../../schemas/generated.ts';
import type { Cells, Change, JournalEvent, Projection } from '../projection.ts';
import { orderLines, orders } from './table.ts';

export const orderState: Projection = { name: 'order-state', version: 1, tables: [orders, orderLines], project };

function project(event: JournalEvent): readonly Change[] {
  switch (event.type) {
    case 'OrderAccepted':
      return placed(event, event.data, {
        status: 'PENDING',
        status_reason: null,
        refused: false,
        shortages: null,
        expires_at: event.data.expires_at,
      });
    case 'OrderRefused':
      return placed(event, event.data, {
        status: 'REFUSED',
        status_reason: 'out_of_stock',
        refused: true,
        shortages: event.data.shortages,
        expires_at: null,
      });
    case 'OrderCancelled':
      return [cancelled(event, event.data)];
    case 'CommandRefused':
    case 'CommandRepeated':
    case 'LedgerOpened':
    case 'ProductArchived':
    case 'ProductChanged':
    case 'ProductCreated':
    case 'StockAdjusted':
    case 'StockHeld':
    case 'StockReleased':
      return [];
  }
}

type Outcome = Cells & { readonly refused: boolean };

function placed(event: JournalEvent, order: OrderAccepted | OrderRefused, outcome: Outcome): readonly Change[] {
  const { at } = event.meta;
  const row = {
    ...outcome,
    customer_id: order.customer_id,
    lines: order.lines,
    total_amount: order.total.amount,
    total_currency: order.total.currency,
    priority: order.priority,
    payment: order.payment,
    reference: order.reference,
    metadata: order.metadata,
    created_at: at,
    updated_at: at,
    cancelled_at: null,
    version: order.version,
    ...position(event),
  };
  const lines = order.lines.map((line): Change => ({
    op: 'put',
    table: 'order_lines',
    key: { order_id: order.order_id, product_id: line.product_id },
    set: {
      quantity: line.quantity,
      unit_price_amount: line.unit_price.amount,
      total_amount: line.total.amount,
      currency: line.total.currency,
      priority: line.priority,
      refused: outcome.refused,
      created_at: at,
      ...position(event),
    },
  }));
  return [{ op: 'put', table: 'orders', key: { order_id: order.order_id }, set: row }, ...lines];
}

function cancelled(event: JournalEvent, order: OrderCancelled): Change {
  const set = {
    status: 'CANCELLED',
    status_reason: order.reason,
    cancelled_at: event.meta.at,
    updated_at: event.meta.at,
    version: order.version,
    ...position(event),
  };
  return { op: 'put', table: 'orders', key: { order_id: order.order_id }, set };
}

function position(event: JournalEvent): { readonly partition: number; readonly journal_offset: number } {
  return { partition: event.partition, journal_offset: event.offset };
}
