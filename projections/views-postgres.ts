// The views that the API reads, from the active generations in Postgres. Statements stand with their projections.
import type { Pool, QueryResultRow } from 'pg';
import { createActiveSchemas } from './active.ts';
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

  async function rows<Row extends QueryResultRow>({ text, values }: Query): Promise<readonly Row[]> {
    return (await pool.query<Row>(text, [...values])).rows;
  }

  async function one<Row extends QueryResultRow, T>(
    query: Query,
    isThere: (row: SeenRow<Row>) => row is SeenRow<Row> & Row,
    view: (row: Row) => T,
  ): Promise<Seen<T>> {
    const [row] = await rows<SeenRow<Row>>(query);
    if (row === undefined) throw new Error('a checkpoint was asked for and none answered');
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

  return {
    progress: (projection) =>
      active.ask(projection, async ({ generation }) => {
        const found = await rows<{ partition: number; next_offset: number }>({
          text: 'SELECT partition, next_offset FROM ledger.checkpoints WHERE projection = $1 AND generation = $2',
          values: [projection, generation],
        });
        return new Map(found.map(({ partition, next_offset }) => [partition, next_offset]));
      }),
    order: (orderId, partition) =>
      active.ask('order-state', (generation) =>
        one(orderState.orderQuery(generation, orderId, partition), isOrder, orderState.toOrder),
      ),
    orders: (filter, paging) =>
      active.ask('order-state', ({ schema }) => {
        const cursor = { list: orderState.ordersList(filter), keyOf: orderState.orderKey };
        return many(() => orderState.ordersQuery(schema, filter, paging), paging, orderState.toOrder, cursor);
      }),
    product: (productId, partition) =>
      active.ask('stock', (generation) =>
        one(stock.productQuery(generation, productId, partition), isProduct, stock.toProduct),
      ),
    products: (filter, paging) =>
      active.ask('stock', ({ schema }) => {
        const cursor = { list: stock.productsList(filter), keyOf: stock.productKey };
        return many(() => stock.productsQuery(schema, filter, paging), paging, stock.toProduct, cursor);
      }),
    movements: (productId, paging) =>
      active.ask('stock', ({ schema }) => {
        const cursor = { list: stock.movementsList(productId), keyOf: stock.movementKey };
        return many(() => stock.movementsQuery(schema, productId, paging), paging, stock.toMovement, cursor);
      }),
  };
}

type OrderSeen = SeenRow<orderState.OrderRow>;
type ProductSeen = SeenRow<stock.ProductRow>;

function isOrder(row: OrderSeen): row is OrderSeen & orderState.OrderRow {
  return row.order_id !== null;
}

function isProduct(row: ProductSeen): row is ProductSeen & stock.ProductRow {
  return row.product_id !== null;
}
