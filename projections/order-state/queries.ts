// Questions to the projection order-state: one order, and lists of orders, newest first.
import type { Money, Payment, Priority, Shortage } from '../../schemas/generated.ts';
import { isId, isTime, readCursor } from '../cursor.ts';
import type { Generation } from '../generations.ts';
import { createParameters, seenQuery, timeParameter } from '../query.ts';
import type { ListQuery, Query } from '../query.ts';
import { cleanText } from '../sinks/clean.ts';
import type { OrderFilter, OrderLineView, OrderStatus, OrderView, Paging } from '../views.ts';

const columns = `t.order_id, t.customer_id, t.status, t.status_reason, t.lines, t.total_amount, t.total_currency,
  t.priority, t.payment, t.reference, t.metadata, t.shortages, t.created_at, t.updated_at, t.expires_at,
  t.cancelled_at, t.version, t.partition, t.journal_offset`;

/** A row of `columns`, as the driver gives it. */
export interface OrderRow {
  readonly order_id: string;
  readonly customer_id: string;
  readonly status: OrderStatus;
  readonly status_reason: string | null;
  readonly lines: readonly OrderLineView[];
  readonly total_amount: number | null;
  readonly total_currency: string;
  readonly priority: Priority;
  readonly payment: Payment;
  readonly reference: string | null;
  readonly metadata: { readonly [key: string]: string };
  readonly shortages: readonly Shortage[] | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly expires_at: Date | null;
  readonly cancelled_at: Date | null;
  readonly version: number;
  readonly partition: number;
  readonly journal_offset: number;
}

export function orderQuery(generation: Generation, orderId: string, partition: number): Query {
  const row = { select: columns, table: `${generation.schema}.orders`, key: 'order_id', id: cleanText(orderId) };
  return seenQuery(generation, row, partition);
}

/** Names a list for its cursors: the same filter gives the same name. */
export function ordersList(filter: OrderFilter): string {
  const { customer_id, status, product_id, reference, from, to } = filter;
  return JSON.stringify(['orders', customer_id, status, product_id, reference, from, to].map((part) => part ?? null));
}

export function orderKey(order: OrderView): readonly (string | number)[] {
  return [order.created_at, order.order_id];
}

/** Orders that pass the filter; those refused only where it asks for them. @throws CursorError */
export function ordersQuery(schema: string, filter: OrderFilter, paging: Paging): ListQuery {
  const parameters = createParameters();
  const byProduct = filter.product_id !== undefined;
  // With a product its lines lead: their index gives the orders of a product in order of time.
  const lead = byProduct ? 'l' : 't';
  const where: string[] = [];
  const equal = (column: string, value: string | undefined): void => {
    if (value !== undefined) where.push(`${column} = ${parameters.add(cleanText(value))}`);
  };
  equal('l.product_id', filter.product_id);
  equal('t.customer_id', filter.customer_id);
  equal('t.reference', filter.reference);
  equal('t.status', filter.status);
  where.push(`${lead}.refused = ${parameters.add(filter.status === 'REFUSED')}`);
  // Lines that had no price when their order was refused do not know of it.
  if (byProduct && filter.status !== 'REFUSED') where.push('NOT t.refused');
  if (filter.from !== undefined) where.push(`${lead}.created_at >= ${timeParameter(parameters, filter.from)}`);
  if (filter.to !== undefined) where.push(`${lead}.created_at < ${timeParameter(parameters, filter.to)}`);
  if (paging.kind === 'cursor' && paging.after !== null) {
    const [createdAt, orderId] = readCursor(ordersList(filter), [isTime, isId], paging.after);
    const time = timeParameter(parameters, Number(createdAt));
    where.push(`(${lead}.created_at, ${lead}.order_id) < (${time}, ${parameters.add(orderId)})`);
  }
  const orders = `${schema}.orders AS t`;
  return {
    select: columns,
    from: byProduct ? `${schema}.order_lines AS l JOIN ${orders} ON t.order_id = l.order_id` : orders,
    where,
    order: `${lead}.created_at DESC, ${lead}.order_id DESC`,
    parameters,
  };
}

export function toOrder(row: OrderRow): OrderView {
  const { total_amount: amount, total_currency: currency } = row;
  const total: Money | null = amount === null ? null : { amount, currency };
  return {
    order_id: row.order_id,
    customer_id: row.customer_id,
    status: row.status,
    status_reason: row.status_reason,
    lines: row.lines,
    total,
    priority: row.priority,
    payment: row.payment,
    reference: row.reference,
    metadata: row.metadata,
    created_at: row.created_at.getTime(),
    updated_at: row.updated_at.getTime(),
    expires_at: row.expires_at?.getTime() ?? null,
    cancelled_at: row.cancelled_at?.getTime() ?? null,
    version: row.version,
    shortages: row.shortages,
    partition: row.partition,
    journal_offset: row.journal_offset,
  };
}

/** An order whose time is over, as far as the view knows. */
export interface StaleOrder {
  readonly order_id: string;
  readonly partition: number;
  /** ms since the epoch */
  readonly created_at: number;
}

export interface StaleOptions {
  readonly partitions: readonly number[];
  /** ms since the epoch */
  readonly at: number;
  readonly after: StaleOrder | null;
  readonly limit: number;
}

/** PENDING orders of these partitions that were due to expire at that time, oldest first, after the one given. */
export function staleOrdersQuery(schema: string, { partitions, at, after, limit }: StaleOptions): Query {
  const parameters = createParameters();
  const where = [
    "status = 'PENDING'",
    `expires_at <= ${timeParameter(parameters, at)}`,
    `partition = ANY (${parameters.add([...partitions])})`,
  ];
  if (after !== null) {
    const time = timeParameter(parameters, after.created_at);
    where.push(`(created_at, order_id) > (${time}, ${parameters.add(after.order_id)})`);
  }
  const text = `SELECT order_id, partition, (extract(epoch FROM created_at) * 1000)::bigint AS created_at
    FROM ${schema}.orders WHERE ${where.join(' AND ')} ORDER BY created_at, order_id LIMIT ${parameters.add(limit)}`;
  return { text, values: parameters.values };
}
