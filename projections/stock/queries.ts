// Questions to the projection stock: one product, all products by their id, and the movements of one, newest first.
import type { Billing } from '../../schemas/generated.ts';
import { isId, isOffset, isPartition, isTime, readCursor } from '../cursor.ts';
import type { Generation } from '../generations.ts';
import { createParameters, seenQuery, timeParameter } from '../query.ts';
import type { ListQuery, Query } from '../query.ts';
import { cleanText } from '../sinks/clean.ts';
import type {
  InventorySummary,
  InventoryView,
  Level,
  MovementFilter,
  MovementKind,
  MovementView,
  Paging,
  ProductFilter,
  ProductView,
} from '../views.ts';

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

/** Units that can be had; null, like its comparisons, of a product that is not tracked. */
const available = '(t.on_hand - t.held)';
const isOut = `${available} <= 0`;
const isLow = `${available} > 0 AND ${available} <= t.low_stock_threshold`;

/** A row of the inventory, as the driver gives it. */
export interface InventoryRow {
  readonly product_id: string;
  readonly name: string;
  readonly on_hand: number | null;
  readonly held: number;
  readonly low_stock_threshold: number | null;
  readonly level: Level;
}

/** Names a list of the inventory for its cursors. */
export function inventoryList(lacking: boolean): string {
  return JSON.stringify(['inventory', lacking]);
}

export function inventoryKey(row: InventoryView): readonly (string | number)[] {
  return [row.product_id];
}

/** Products on offer and their level, by id; with `lacking` only those that are low or out. @throws CursorError */
export function inventoryQuery(schema: string, lacking: boolean, paging: Paging): ListQuery {
  const parameters = createParameters();
  const where = ['NOT t.archived', ...(lacking ? [`(${isOut} OR ${isLow})`] : [])];
  if (paging.kind === 'cursor' && paging.after !== null) {
    const [productId] = readCursor(inventoryList(lacking), [isId], paging.after);
    where.push(`t.product_id > ${parameters.add(productId)}`);
  }
  const level = `CASE WHEN ${isOut} THEN 'out' WHEN ${isLow} THEN 'low' ELSE 'in_stock' END AS level`;
  const select = `t.product_id, t.name, t.on_hand, t.held, t.low_stock_threshold, ${level}`;
  return { select, from: `${schema}.products AS t`, where, order: 't.product_id', parameters };
}

export function toInventory({
  product_id,
  name,
  on_hand,
  held,
  low_stock_threshold,
  level,
}: InventoryRow): InventoryView {
  const rest = { low_stock_threshold, level };
  return { product_id, name, on_hand, held, available: on_hand === null ? null : on_hand - held, ...rest };
}

/** What the driver gives of `inventorySummaryQuery`. */
export interface InventorySummaryRow extends Omit<InventorySummary, 'sold_30d' | 'value'> {
  readonly value: readonly { readonly currency: string; readonly amount: number }[];
}

/** Sums over the products on offer; what does not fit below 2^53 becomes the largest that does. */
export function inventorySummaryQuery(schema: string): Query {
  const sum = (what: string): string => `least(coalesce(sum(${what}), 0), ${Number.MAX_SAFE_INTEGER})::bigint`;
  const text = `SELECT count(*) AS products, ${sum('t.on_hand')} AS on_hand, ${sum('t.held')} AS held,
      ${sum(available)} AS available, count(*) FILTER (WHERE ${isLow}) AS low, count(*) FILTER (WHERE ${isOut}) AS out,
      (SELECT coalesce(json_agg(v ORDER BY v.currency), '[]') FROM (
        SELECT price_currency AS currency, ${sum('on_hand::numeric * price_amount')} AS amount
        FROM ${schema}.products WHERE NOT archived AND on_hand IS NOT NULL GROUP BY price_currency
      ) AS v) AS value
    FROM ${schema}.products AS t WHERE NOT t.archived`;
  return { text, values: [] };
}

/** Names of products by their ids. */
export function productNamesQuery(schema: string, productIds: readonly string[]): Query {
  return {
    text: `SELECT product_id AS id, name FROM ${schema}.products WHERE product_id = ANY ($1)`,
    values: [productIds],
  };
}

/** Names a list of movements for its cursors. */
export function movementsList({ product_id, from, to }: MovementFilter): string {
  return JSON.stringify(['movements', product_id, from, to].map((part) => part ?? null));
}

export function movementKey(movement: MovementView): readonly (string | number)[] {
  return [movement.at, movement.partition, movement.journal_offset];
}

/** Movements of one product or of all, newest first. @throws CursorError */
export function movementsQuery(schema: string, filter: MovementFilter, paging: Paging): ListQuery {
  const parameters = createParameters();
  const where: string[] = [];
  if (filter.product_id !== undefined) where.push(`t.product_id = ${parameters.add(cleanText(filter.product_id))}`);
  if (filter.from !== undefined) where.push(`t.at >= ${timeParameter(parameters, filter.from)}`);
  if (filter.to !== undefined) where.push(`t.at < ${timeParameter(parameters, filter.to)}`);
  if (paging.kind === 'cursor' && paging.after !== null) {
    const [at, ...place] = readCursor(movementsList(filter), [isTime, isPartition, isOffset], paging.after);
    const key = [timeParameter(parameters, Number(at)), ...place.map((part) => parameters.add(part))];
    where.push(`(t.at, t.partition, t.journal_offset) < (${key.join(', ')})`);
  }
  const order = 't.at DESC, t.partition DESC, t.journal_offset DESC';
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
