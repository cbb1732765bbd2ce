// What the pieces of a snapshot hold: rows without names, in a fixed order, so that equal states have equal bytes.
// Whoever gives a product or an order another field is made to think of it here.
import type { ClosedOrder, LiveOrder, OrderStatus, RecentOrder } from './order.ts';
import type { Product } from './product.ts';

/** How the first part of a piece says what it holds. */
export type Head =
  | { readonly is: 'state'; readonly time: number }
  | { readonly is: 'products'; readonly rows: readonly ProductRow[] }
  | { readonly is: 'orders'; readonly rows: readonly OrderRow[] }
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
  status: OrderStatus,
  version: number,
  lines: readonly (readonly [product_id: string, quantity: number])[],
];

export function productRow(product: Product): ProductRow {
  const { product_id, name, price, on_hand, held, low_stock_threshold, version, archived } = product;
  return [product_id, name, price.amount, price.currency, on_hand, held, low_stock_threshold, version, archived];
}

export function productOf(row: ProductRow): Product {
  const [product_id, name, amount, currency, on_hand, held, low_stock_threshold, version, archived] = row;
  const price = { amount, currency };
  return { product_id, name, price, on_hand, held, low_stock_threshold, version, archived };
}

export function orderRow(orderId: string, { customer_id, status, version, lines }: LiveOrder): OrderRow {
  return [orderId, customer_id, status, version, lines.map(({ product_id, quantity }) => [product_id, quantity])];
}

/** `ownId` answers the text to keep for a product id. */
export function liveOrderOf(row: OrderRow, ownId: (productId: string) => string): LiveOrder {
  const [, customer_id, status, version, lines] = row;
  const held = lines.map(([productId, quantity]) => ({ product_id: ownId(productId), quantity }));
  return { customer_id, status, lines: held, version };
}
