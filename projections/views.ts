// What the HTTP room asks of the projections. Times are ms since the epoch; the active generation answers.
import type { Billing, Money, Payment, Priority, Shortage } from '../schemas/generated.ts';

export type OrderStatus =
  | 'RESERVING'
  | 'PENDING'
  | 'PROCESSING'
  | 'PAID'
  | 'FULFILLING'
  | 'COMPLETED'
  | 'REFUSED'
  | 'CANCELLED'
  | 'FAILED'
  | 'EXPIRED';

/** A line of an order; without prices while it is RESERVING and the product's partition has not answered. */
export interface OrderLineView {
  readonly product_id: string;
  readonly quantity: number;
  readonly unit_price: Money | null;
  readonly total: Money | null;
  readonly priority: Priority;
}

export interface OrderView {
  readonly order_id: string;
  readonly customer_id: string;
  readonly status: OrderStatus;
  readonly status_reason: string | null;
  readonly lines: readonly OrderLineView[];
  /** Null while it is RESERVING. */
  readonly total: Money | null;
  readonly priority: Priority;
  readonly payment: Payment;
  readonly reference: string | null;
  readonly metadata: { readonly [key: string]: string };
  readonly created_at: number;
  readonly updated_at: number;
  readonly expires_at: number | null;
  readonly cancelled_at: number | null;
  readonly version: number;
  /** Of a refused order. */
  readonly shortages: readonly Shortage[] | null;
  readonly partition: number;
  /** Offset of the last journal event that changed the row. */
  readonly journal_offset: number;
}

export interface ProductView {
  readonly product_id: string;
  readonly name: string;
  readonly price: Money;
  readonly on_hand: number | null;
  readonly held: number;
  /** null when the product is not tracked. */
  readonly available: number | null;
  readonly tracked: boolean;
  readonly billing: Billing;
  readonly frequency: string | null;
  readonly low_stock_threshold: number | null;
  readonly archived: boolean;
  readonly version: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly partition: number;
  readonly journal_offset: number;
}

export type MovementKind = 'created' | 'adjusted' | 'held' | 'released' | 'sold';

export interface MovementView {
  readonly product_id: string;
  readonly at: number;
  readonly kind: MovementKind;
  readonly quantity: number;
  readonly on_hand: number | null;
  readonly held: number;
  readonly reason: string | null;
  readonly reference: string | null;
  readonly order_id: string | null;
  readonly partition: number;
  readonly journal_offset: number;
}

/** A row, with the next journal offset that the view had applied of the row's partition in the same snapshot. */
export interface Seen<T> {
  readonly row: T | null;
  readonly next: number;
}

/** Either keyset (`after` = opaque text that an earlier answer gave) or numbered pages (from 1). */
export type Paging =
  | { readonly kind: 'cursor'; readonly limit: number; readonly after: string | null }
  | { readonly kind: 'page'; readonly page: number; readonly perPage: number };

export interface Listed<T> {
  readonly rows: readonly T[];
  /** null at the end, and for numbered pages. */
  readonly next: string | null;
  /** Only for numbered pages. */
  readonly total: number | null;
}

export interface OrderFilter {
  readonly customer_id?: string;
  readonly status?: OrderStatus;
  readonly product_id?: string;
  readonly reference?: string;
  /** created_at in [from, to), ms since the epoch. */
  readonly from?: number;
  readonly to?: number;
}

export interface ProductFilter {
  /** true: archived products instead of those on offer. */
  readonly archived?: boolean;
}

/** A cursor that this view did not give out. */
export class CursorError extends Error {}

/** The views that the API reads. Newest first; every method may reject with the error of the database driver. */
export interface Views {
  /** Next journal offset applied, by partition. */
  progress(projection: 'order-state' | 'stock'): Promise<ReadonlyMap<number, number>>;
  order(orderId: string, partition: number): Promise<Seen<OrderView>>;
  /** REFUSED orders only when the filter asks for that status. @throws CursorError */
  orders(filter: OrderFilter, paging: Paging): Promise<Listed<OrderView>>;
  product(productId: string, partition: number): Promise<Seen<ProductView>>;
  /** By product_id, ascending. @throws CursorError */
  products(filter: ProductFilter, paging: Paging): Promise<Listed<ProductView>>;
  /** @throws CursorError */
  movements(productId: string, paging: Paging): Promise<Listed<MovementView>>;
}
