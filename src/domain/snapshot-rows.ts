// What the pieces of a snapshot hold: rows without names, in a fixed order, so that equal states have equal bytes.
// Whoever gives a product or an order another field is made to think of it here.
import type { Priority, Remember } from '../../schemas/generated.ts';
import type { Hold, Reserving } from './holds.ts';
import type { Message } from './messages.ts';
import type { ClosedOrder, HeldLine, LiveOrder, LiveStatus, PaymentStart, RecentOrder } from './order.ts';
import type { Product } from './product.ts';

/** How the first part of a piece says what it holds. */
export type Head =
  | { readonly is: 'state'; readonly time: number; readonly partitions: number; readonly sent: number }
  | { readonly is: 'products'; readonly rows: readonly ProductRow[] }
  | { readonly is: 'orders'; readonly rows: readonly OrderRow[] }
  | { readonly is: 'reserving'; readonly rows: readonly ReservingRow[] }
  | { readonly is: 'holds'; readonly rows: readonly HoldRow[] }
  | { readonly is: 'taken'; readonly rows: readonly (readonly [partition: string, command_offset: number])[] }
  | { readonly is: 'outbox'; readonly rows: readonly (readonly [command_offset: string, readonly Message[]])[] }
  | SliceHead
  | { readonly is: 'closed'; readonly rows: readonly (readonly [string, ClosedOrder])[] }
  | { readonly is: 'recent'; readonly rows: readonly (readonly [string, RecentOrder])[] }
  | { readonly is: 'texts' | 'decisions'; readonly rows: readonly string[] }
  | { readonly is: 'records'; readonly count: number };

/** Begins a slice of one of the timed memories; the pieces up to the next one fill it. Times in ms, span in s. */
export interface SliceHead {
  readonly is: 'slice';
  readonly of: 'closed' | 'recent' | 'remembered';
  readonly span: number;
  readonly oldest: number;
  readonly newest: number;
}

type ProductRow = readonly [
  product_id: string,
  name: string,
  amount: number,
  currency: string,
  on_hand: number | null,
  held: number,
  low_stock_threshold: number | null,
  version: number,
  archived: number | null,
];

type OrderRow = readonly [
  order_id: string,
  customer_id: string,
  status: LiveStatus,
  lines: readonly LineRow[],
  currency: string,
  priority: Priority,
  payment: PaymentStart,
  attempt_id: string | null,
  expires_at: number | null,
  version: number,
  offset: number,
];

type LineRow = readonly [
  product_id: string,
  quantity: number,
  price: number,
  priority: Priority,
  elsewhere: number | null,
];

type ReservingRow = readonly [
  order_id: string,
  order: Pick<Reserving, 'placed' | 'answers'> & Omit<Reserving['awaited'], 'remember'>,
  remember: readonly [fingerprint: readonly number[], for_s: number] | null,
];

type HoldRow = readonly [order_id: string, lines: readonly (readonly [product_id: string, quantity: number])[]];

export function productRow(product: Product): ProductRow {
  const { product_id, name, price, on_hand, held, low_stock_threshold, version, archived } = product;
  return [product_id, name, price.amount, price.currency, on_hand, held, low_stock_threshold, version, archived];
}

export function productOf(row: ProductRow): Product {
  const [product_id, name, amount, currency, on_hand, held, low_stock_threshold, version, archived] = row;
  const price = { amount, currency };
  return { product_id, name, price, on_hand, held, low_stock_threshold, version, archived };
}

export function orderRow(orderId: string, order: LiveOrder): OrderRow {
  const { customer_id, status, currency, priority, payment, attempt_id, expires_at, version, offset } = order;
  const lines = order.lines.map((line): LineRow => {
    return [line.product_id, line.quantity, line.price, line.priority, line.elsewhere];
  });
  return [orderId, customer_id, status, lines, currency, priority, payment, attempt_id, expires_at, version, offset];
}

/** `ownId` answers the text to keep for a product id. */
export function liveOrderOf(row: OrderRow, ownId: (productId: string) => string): LiveOrder {
  const [, customer_id, status, rows, currency, priority, payment, attempt_id, expires_at, version, offset] = row;
  const lines = rows.map(([productId, quantity, price, urgency, elsewhere]) => {
    return { product_id: ownId(productId), quantity, price, priority: urgency, elsewhere };
  });
  return { customer_id, status, lines, currency, priority, payment, attempt_id, expires_at, version, offset };
}

export function reservingRow(orderId: string, { placed, answers, awaited }: Reserving): ReservingRow {
  const { remember, ...callers } = awaited;
  return [orderId, { placed, answers, ...callers }, remember && [[...remember.fingerprint], remember.for_s]];
}

export function reservingOf([, order, remembered]: ReservingRow): Reserving {
  const { placed, answers, ...callers } = order;
  const remember: Remember | null = remembered && {
    fingerprint: Uint8Array.from(remembered[0]),
    for_s: remembered[1],
  };
  return { placed, answers, awaited: { ...callers, remember } };
}

export function holdRow(orderId: string, { lines }: Hold): HoldRow {
  return [orderId, lines.map(({ product_id, quantity }) => [product_id, quantity])];
}

/** `ownId` as for an order. */
export function holdOf([, rows]: HoldRow, ownId: (productId: string) => string): Hold {
  return { lines: rows.map(([productId, quantity]): HeldLine => ({ product_id: ownId(productId), quantity })) };
}
