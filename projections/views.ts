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

/** An event that names an order. */
export interface OrderEventView {
  readonly type: string;
  readonly at: number;
  readonly partition: number;
  readonly journal_offset: number;
  readonly command_id: string;
  readonly actor: string;
  /** Offset of the command that caused it, in the same partition. */
  readonly command_offset: number;
  /** Where that command was a message: the partition that sent it, and the command there. */
  readonly source: { readonly partition: number; readonly command_offset: number } | null;
  readonly correlation_id: string;
  readonly data: { readonly [name: string]: unknown };
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

export type Level = 'in_stock' | 'low' | 'out';

/** A product on offer and how much of it there is. */
export type InventoryView = Pick<
  ProductView,
  'product_id' | 'name' | 'on_hand' | 'held' | 'available' | 'low_stock_threshold'
> & { readonly level: Level };

export interface MovementFilter {
  readonly product_id?: string;
  /** at in [from, to), ms since the epoch. */
  readonly from?: number;
  readonly to?: number;
}

/** A cursor that this view did not give out. */
export class CursorError extends Error {}

/** The view is there, and does not show everything yet: it is being built. */
export class NotReadyError extends Error {}

/** The views that the API reads. Newest first; every method may reject with the error of the database driver. */
export interface Views {
  /** Next journal offset applied, by partition. */
  progress(projection: 'order-state' | 'order-history' | 'stock'): Promise<ReadonlyMap<number, number>>;
  order(orderId: string, partition: number): Promise<Seen<OrderView>>;
  /** REFUSED orders only when the filter asks for that status. @throws CursorError */
  orders(filter: OrderFilter, paging: Paging): Promise<Listed<OrderView>>;
  /** Events of an order, oldest first; row null where there are none at all. @throws CursorError */
  orderEvents(orderId: string, partition: number, paging: Paging): Promise<Seen<Listed<OrderEventView>>>;
  /** The order as it was at a log time, ms since the epoch; null where it was not there yet. */
  orderAt(orderId: string, atMs: number): Promise<OrderView | null>;
  /** The last movement of a product, up to a log time (ms since the epoch) where one is given; null where there was none. */
  stockAt(productId: string, atMs: number | null): Promise<MovementView | null>;
  product(productId: string, partition: number): Promise<Seen<ProductView>>;
  /** By product_id, ascending. @throws CursorError */
  products(filter: ProductFilter, paging: Paging): Promise<Listed<ProductView>>;
  /** Products on offer by product_id; with `lacking` only those whose level is low or out. @throws CursorError */
  inventory(lacking: boolean, paging: Paging): Promise<Listed<InventoryView>>;
  /** Movements of one product, or of all. @throws CursorError */
  movements(filter: MovementFilter, paging: Paging): Promise<Listed<MovementView>>;
}

/** Figures, and when they were read, ms since the epoch. */
export type AsOf<T> = T & { readonly as_of: number };

export interface DayFigures {
  /** YYYY-MM-DD, UTC. */
  readonly date: string;
  /** Accepted and refused. */
  readonly orders: number;
  readonly accepted: number;
  readonly refused: number;
  readonly paid: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Of paid orders, by currency. */
  readonly revenue: readonly Money[];
  /** revenue / paid, half up. */
  readonly average_order_value: readonly Money[];
  /** Customers with an accepted order. */
  readonly unique_customers: number;
}

export interface RangeFigures {
  readonly days: readonly DayFigures[];
  /** Customers are distinct over all days. */
  readonly totals: Omit<DayFigures, 'date'>;
}

export interface RealtimeFigures {
  readonly pending: number;
  readonly processing: number;
  readonly completed_today: number;
  readonly failed_today: number;
  readonly revenue_today: readonly Money[];
}

export interface OrderStatistics {
  readonly total: number;
  readonly by_status: { readonly [status: string]: number };
  readonly today: Pick<DayFigures, 'orders' | 'accepted' | 'refused' | 'paid' | 'failed'>;
  readonly revenue: readonly Money[];
  readonly average_order_value: readonly Money[];
}

export interface InventorySummary {
  readonly products: number;
  readonly on_hand: number;
  readonly held: number;
  readonly available: number;
  readonly low: number;
  readonly out: number;
  /** Units on hand at their present prices. */
  readonly value: readonly Money[];
  /** Units that were sold on the last 30 days, today included. */
  readonly sold_30d: number;
}

export interface RankedCustomer {
  /** From 1. */
  readonly rank: number;
  readonly customer_id: string;
  readonly name: string | null;
  readonly order_count: number;
  readonly total: Money;
}

export interface RankedProduct {
  /** From 1. */
  readonly rank: number;
  readonly product_id: string;
  readonly name: string | null;
  readonly units: number;
  readonly revenue: Money;
}

export interface Board<T> {
  readonly listed: Listed<T>;
}

export type ProductOrder = 'revenue' | 'units';

/**
 * Sums and ranks. `ageMsMax`: how old an answer may be, ms; 0: as new as the view. Every method may reject with the
 * error of a driver, those of leaderboards with NotReadyError too.
 */
export interface Figures {
  day(date: string): Promise<AsOf<DayFigures>>;
  /** Both days included. */
  range(start: string, end: string): Promise<AsOf<RangeFigures>>;
  realtime(ageMsMax: number): Promise<AsOf<RealtimeFigures>>;
  orders(): Promise<AsOf<OrderStatistics>>;
  inventory(): Promise<AsOf<InventorySummary>>;
  /** @throws CursorError */
  customers(currency: string, paging: Paging, ageMsMax: number): Promise<AsOf<Board<RankedCustomer>>>;
  /** The customer and those up to `around` places before and behind; null where it is not ranked. */
  customer(
    currency: string,
    customerId: string,
    around: number,
  ): Promise<AsOf<{ readonly customer: RankedCustomer; readonly neighbours: readonly RankedCustomer[] }> | null>;
  /** @throws CursorError */
  products(currency: string, by: ProductOrder, paging: Paging, ageMsMax: number): Promise<AsOf<Board<RankedProduct>>>;
}
