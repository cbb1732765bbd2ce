// Questions to the projection stock: one product, all products by their id, and the movements of one, newest first.
import type { Billing } from '../../schemas/generated.ts';
import { isId, isOffset, isPartition, readCursor } from '../cursor.ts';
import type { Generation } from '../generations.ts';
import { createParameters, seenQuery } from '../query.ts';
import type { ListQuery, Query } from '../query.ts';
import { cleanText } from '../sinks/clean.ts';
import type { MovementKind, MovementView, Paging, ProductFilter, ProductView } from '../views.ts';

const productColumns = `t.product_id, t.name, t.price_amount, t.price_currency, t.on_hand, t.held, t.tracked, t.billing,
  t.frequency, t.low_stock_threshold, t.archived, t.version, t.created_at, t.updated_at, t.partition, t.journal_offset`;
const movementColumns = `t.product_id, t.at, t.kind, t.quantity, t.on_hand, t.held, t.reason, t.reference, t.order_id,
  t.partition, t.journal_offset`;

/** A row of `productColumns`, as the driver gives it. */
export interface ProductRow {
  readonly product_id: string;
  readonly name: string;
  readonly price_amount: number;
  readonly price_currency: string;
  readonly on_hand: number | null;
  readonly held: number;
  readonly tracked: boolean;
  readonly billing: Billing;
  readonly frequency: string | null;
  readonly low_stock_threshold: number | null;
  readonly archived: boolean;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly partition: number;
  readonly journal_offset: number;
}

/** A row of `movementColumns`, as the driver gives it. */
export interface MovementRow {
  readonly product_id: string;
  readonly at: Date;
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

export function productQuery(generation: Generation, productId: string, partition: number): Query {
  const table = `${generation.schema}.products`;
  const row = { select: productColumns, table, key: 'product_id', id: cleanText(productId) };
  return seenQuery(generation, row, partition);
}

/** Names a list for its cursors: the same filter gives the same name. */
export function productsList(filter: ProductFilter): string {
  return JSON.stringify(['products', filter.archived === true]);
}

export function productKey(product: ProductView): readonly (string | number)[] {
  return [product.product_id];
}

/** Products by id: those on offer, or the archived ones where the filter asks for them. @throws CursorError */
export function productsQuery(schema: string, filter: ProductFilter, paging: Paging): ListQuery {
  const parameters = createParameters();
  const where = [filter.archived === true ? 't.archived' : 'NOT t.archived'];
  if (paging.kind === 'cursor' && paging.after !== null) {
    const [productId] = readCursor(productsList(filter), [isId], paging.after);
    where.push(`t.product_id > ${parameters.add(productId)}`);
  }
  return { select: productColumns, from: `${schema}.products AS t`, where, order: 't.product_id', parameters };
}

/** Names the movements of a product for their cursors. */
export function movementsList(productId: string): string {
  return JSON.stringify(['movements', productId]);
}

export function movementKey(movement: MovementView): readonly (string | number)[] {
  return [movement.partition, movement.journal_offset];
}

/** Movements of a product, newest first. @throws CursorError */
export function movementsQuery(schema: string, productId: string, paging: Paging): ListQuery {
  const parameters = createParameters();
  const where = [`t.product_id = ${parameters.add(cleanText(productId))}`];
  if (paging.kind === 'cursor' && paging.after !== null) {
    const [partition, offset] = readCursor(movementsList(productId), [isPartition, isOffset], paging.after);
    where.push(`(t.partition, t.journal_offset) < (${parameters.add(partition)}, ${parameters.add(offset)})`);
  }
  const order = 't.partition DESC, t.journal_offset DESC';
  return { select: movementColumns, from: `${schema}.stock_movements AS t`, where, order, parameters };
}

export function toProduct(row: ProductRow): ProductView {
  return {
    product_id: row.product_id,
    name: row.name,
    price: { amount: row.price_amount, currency: row.price_currency },
    on_hand: row.on_hand,
    held: row.held,
    available: row.on_hand === null ? null : row.on_hand - row.held,
    tracked: row.tracked,
    billing: row.billing,
    frequency: row.frequency,
    low_stock_threshold: row.low_stock_threshold,
    archived: row.archived,
    version: row.version,
    created_at: row.created_at.getTime(),
    updated_at: row.updated_at.getTime(),
    partition: row.partition,
    journal_offset: row.journal_offset,
  };
}

export function toMovement(row: MovementRow): MovementView {
  return {
    product_id: row.product_id,
    at: row.at.getTime(),
    kind: row.kind,
    quantity: row.quantity,
    on_hand: row.on_hand,
    held: row.held,
    reason: row.reason,
    reference: row.reference,
    order_id: row.order_id,
    partition: row.partition,
    journal_offset: row.journal_offset,
  };
}
