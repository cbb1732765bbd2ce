// HTTP room: what clients see of orders, products and movements, from a row of a view or from the event itself.
import type { Money } from '../../schemas/generated.ts';
import type { EventRecord, PlacedEvent } from '../../schemas/records.ts';
import type { MovementView, OrderEventView, OrderLineView, OrderView, ProductView } from '../../projections/views.ts';
import type { Outcome } from '../log/client-port.ts';

type EventOf<Name extends EventRecord['type']> = Extract<PlacedEvent, { readonly type: Name }>;

/** An order as JSON. */
export function orderJson(order: OrderView): object {
  return {
    order_id: order.order_id,
    customer_id: order.customer_id,
    status: order.status,
    status_reason: order.status_reason,
    lines: order.lines.map(lineJson),
    total: order.total && moneyJson(order.total),
    priority: order.priority,
    payment: order.payment,
    reference: order.reference,
    metadata: order.metadata,
    created_at: iso(order.created_at),
    updated_at: iso(order.updated_at),
    expires_at: order.expires_at === null ? null : iso(order.expires_at),
    cancelled_at: order.cancelled_at === null ? null : iso(order.cancelled_at),
    version: order.version,
  };
}

// A view may keep these as JSON, whose members it may order as it likes; the same order always looks the same here.
function lineJson({ product_id, quantity, unit_price, total, priority }: OrderLineView): object {
  return {
    product_id,
    quantity,
    unit_price: unit_price && moneyJson(unit_price),
    total: total && moneyJson(total),
    priority,
  };
}

function moneyJson({ amount, currency }: Money): object {
  return { amount, currency };
}

/** The row that an accepted order has as long as nothing else happens to it. */
export function acceptedOrder({ partition }: Outcome, event: EventOf<'OrderAccepted'>): OrderView {
  const { repeat_window_s: _, rests_on: _elsewhere, ...data } = event.data;
  return {
    ...data,
    status: 'PENDING',
    status_reason: null,
    created_at: event.meta.at,
    updated_at: event.meta.at,
    cancelled_at: null,
    shortages: null,
    partition,
    journal_offset: event.offset,
  };
}

/** The row of an order that was just cancelled, from the row before. */
export function cancelledOrder(row: OrderView, event: EventOf<'OrderCancelled'>): OrderView {
  const { reason, version } = event.data;
  const { at } = event.meta;
  return {
    ...row,
    status: 'CANCELLED',
    status_reason: reason,
    updated_at: at,
    cancelled_at: at,
    version,
    journal_offset: event.offset,
  };
}

/** A product as JSON. */
export function productJson(product: ProductView): object {
  return {
    product_id: product.product_id,
    name: product.name,
    price: moneyJson(product.price),
    on_hand: product.on_hand,
    held: product.held,
    available: product.available,
    tracked: product.tracked,
    billing: product.billing,
    frequency: product.frequency,
    low_stock_threshold: product.low_stock_threshold,
    archived: product.archived,
    version: product.version,
    created_at: iso(product.created_at),
    updated_at: iso(product.updated_at),
  };
}

/** The row that a new product has as long as nothing else happens to it. */
export function createdProduct({ partition }: Outcome, event: EventOf<'ProductCreated'>): ProductView {
  const { stock, ...data } = event.data;
  return {
    ...data,
    on_hand: stock,
    held: 0,
    available: stock,
    tracked: stock !== null,
    archived: false,
    created_at: event.meta.at,
    updated_at: event.meta.at,
    partition,
    journal_offset: event.offset,
  };
}

/** What the event says about the product afterwards; the rest is as before. */
export function changedProduct(
  event: EventOf<'ProductChanged'> | EventOf<'StockAdjusted'>,
): Partial<ProductView> & Pick<ProductView, 'product_id' | 'version' | 'journal_offset' | 'updated_at'> {
  const common = { updated_at: event.meta.at, journal_offset: event.offset };
  if (event.type === 'ProductChanged') return { ...event.data, ...common };
  const { product_id, on_hand, held, version } = event.data;
  return { product_id, on_hand, held, available: on_hand - held, tracked: true, version, ...common };
}

/** An event of an order as JSON. */
export function orderEventJson(event: OrderEventView): object {
  const { source } = event;
  return {
    type: event.type,
    at: iso(event.at),
    position: `${event.partition}:${event.journal_offset}`,
    command_id: event.command_id,
    actor: event.actor,
    cause: {
      command: `${event.partition}:${event.command_offset}`,
      source: source === null ? null : `${source.partition}:${source.command_offset}`,
      trace_id: event.correlation_id,
    },
    data: event.data,
  };
}

/** A movement of stock as JSON. */
export function movementJson(movement: MovementView): object {
  return {
    product_id: movement.product_id,
    at: iso(movement.at),
    kind: movement.kind,
    quantity: movement.quantity,
    on_hand: movement.on_hand,
    held: movement.held,
    reason: movement.reason,
    reference: movement.reference,
    order_id: movement.order_id,
    position: `${movement.partition}:${movement.journal_offset}`,
  };
}

/** ISO 8601 in UTC, from ms since the epoch. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}
