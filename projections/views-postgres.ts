// The views that the API reads, from the active generations in Postgres. Statements stand with their projections.
import type { Pool, QueryResultRow } from 'pg';
import { GenerationReplaced, createActiveSchemas } from './active.ts';
import * as at from './at.ts';
import type { Generation } from './generations.ts';
import * as orderHistory from './order-history/queries.ts';
import * as orderState from './order-state/queries.ts';
import { countQuery, listed, pageQuery } from './query.ts';
import type { ListQuery, Query } from './query.ts';
import * as stock from './stock/queries.ts';
import type { Listed, Paging, Seen, Views } from './views.ts';

/** What the driver gives of a row that may not be there, beside its partition's checkpoint. */
type SeenRow<Row> = { readonly next: number } & (Row | { readonly [K in keyof Row]: null });

/** Makes the views over a pool whose int8 are numbers. */
export function createViews(pool: Pool): Views {
  const active = createActiveSchemas(pool);
  const { rows, one, many, progressOf } = createAsking(pool);

  return {
    progress: (projection) => active.askGuarded(projection, progressOf),
    order: (orderId, partition) =>
      active.askGuarded('order-state', (generation) =>
        one(orderState.orderQuery(generation, orderId, partition), isOrder, orderState.toOrder),
      ),
    orders: (filter, paging) =>
      active.ask('order-state', ({ schema }) => {
        const cursor = { list: orderState.ordersList(filter), keyOf: orderState.orderKey };
        return many(() => orderState.ordersQuery(schema, filter, paging), paging, orderState.toOrder, cursor);
      }),
    orderEvents: (orderId, partition, paging) =>
      active.ask('order-history', async (generation) => {
        const cursor = { list: orderHistory.orderEventsList(orderId), keyOf: orderHistory.orderEventKey };
        const list = () => orderHistory.orderEventsQuery(generation.schema, orderId, paging);
        // The checkpoint first: rows that it does not cover may come with them, never the other way round.
        const next = (await progressOf(generation)).get(partition) ?? 0;
        const events = await many(list, paging, orderHistory.toOrderEvent, cursor);
        // The events that make the order may be on another page.
        const isThere =
          orderHistory.makeOrder(events.rows) ||
          (await rows(orderHistory.orderKnownQuery(generation.schema, orderId))).length > 0;
        return { row: isThere ? events : null, next };
      }),
    orderAt: (orderId, atMs) =>
      active.ask('order-history', async ({ schema }) =>
        at.foldOrder(await rows<orderHistory.OrderEventRow>(at.orderUntilQuery(schema, orderId, atMs))),
      ),
    stockAt: (productId, atMs) =>
      active.ask('stock', async ({ schema }) => {
        const [last] = await rows<stock.MovementRow>(at.stockUntilQuery(schema, productId, atMs));
        return last === undefined ? null : stock.toMovement(last);
      }),
    product: (productId, partition) =>
      active.askGuarded('stock', (generation) =>
        one(stock.productQuery(generation, productId, partition), isProduct, stock.toProduct),
      ),
    products: (filter, paging) =>
      active.ask('stock', ({ schema }) => {
        const cursor = { list: stock.productsList(filter), keyOf: stock.productKey };
        return many(() => stock.productsQuery(schema, filter, paging), paging, stock.toProduct, cursor);
      }),
    inventory: (lacking, paging) =>
      active.ask('stock', ({ schema }) => {
        const cursor = { list: stock.inventoryList(lacking), keyOf: stock.inventoryKey };
        return many(() => stock.inventoryQuery(schema, lacking, paging), paging, stock.toInventory, cursor);
      }),
    movements: (filter, paging) =>
      active.ask('stock', ({ schema }) => {
        const cursor = { list: stock.movementsList(filter), keyOf: stock.movementKey };
        return many(() => stock.movementsQuery(schema, filter, paging), paging, stock.toMovement, cursor);
      }),
  };
}

/** The ways in which all views ask Postgres. */
function createAsking(pool: Pool) {
  async function rows<Row extends QueryResultRow>({ text, values }: Query): Promise<readonly Row[]> {
    return (await pool.query<Row>(text, [...values])).rows;
  }

  async function one<Row extends QueryResultRow, T>(
    query: Query,
    isThere: (row: SeenRow<Row>) => row is SeenRow<Row> & Row,
    view: (row: Row) => T,
  ): Promise<Seen<T>> {
    const [row] = await rows<SeenRow<Row>>(query);
    if (row === undefined) throw new GenerationReplaced();
    return { row: isThere(row) ? view(row) : null, next: row.next };
  }

  /** `listOf` is asked twice, because rows and count have parameters of their own. */
  async function many<Row extends QueryResultRow, T>(
    listOf: () => ListQuery,
    paging: Paging,
    view: (row: Row) => T,
    cursor: { readonly list: string; keyOf(row: T): readonly (string | number)[] },
  ): Promise<Listed<T>> {
    const counting = paging.kind === 'page' ? rows<{ total: number }>(countQuery(listOf())) : Promise.resolve([]);
    const [found, counted] = await Promise.all([rows<Row>(pageQuery(listOf(), paging)), counting]);
    return listed(found.map(view), paging, counted[0]?.total ?? null, cursor);
  }

  async function progressOf({ projection, generation }: Generation): Promise<ReadonlyMap<number, number>> {
    const found = await rows<{ partition: number; next_offset: number }>({
      text: 'SELECT partition, next_offset FROM ledger.checkpoints WHERE projection = $1 AND generation = $2',
      values: [projection, generation],
    });
    return new Map(found.map(({ partition, next_offset }) => [partition, next_offset]));
  }

  return { rows, one, many, progressOf };
}

type OrderSeen = SeenRow<orderState.OrderRow>;
type ProductSeen = SeenRow<stock.ProductRow>;

function isOrder(row: OrderSeen): row is OrderSeen & orderState.OrderRow {
  return row.order_id !== null;
}

function isProduct(row: ProductSeen): row is ProductSeen & stock.ProductRow {
  return row.product_id !== null;
}
