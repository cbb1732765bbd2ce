// One order or product as it was at a moment: the order folded from its own events by the projection that keeps orders,
// the product's stock from the last movement before. Neither reads the journal.
import { orders } from './order-state/table.ts';
import { orderState } from './order-state/project.ts';
import { toOrder } from './order-state/queries.ts';
import type { OrderRow } from './order-state/queries.ts';
import type { OrderEventRow } from './order-history/queries.ts';
import type { Cells, JournalEvent } from './projection.ts';
import { createParameters, timeParameter } from './query.ts';
import type { Query } from './query.ts';
import { cleanText } from './sinks/clean.ts';
import { changeRow, cleanChange } from './sinks/merge.ts';
import type { OrderView } from './views.ts';

/** Every event of an order up to a log time, in order. A command's events share one log time and are never divided. */
export function orderUntilQuery(schema: string, orderId: string, atMs: number): Query {
  const parameters = createParameters();
  const order = parameters.add(cleanText(orderId));
  const text = `SELECT t.type, t.at, t.partition, t.journal_offset, t.command_id, t.actor, t.command_offset,
      t.source_partition, t.source_offset, t.correlation_id, t.data
    FROM ${schema}.order_events AS t WHERE t.order_id = ${order} AND t.at <= ${timeParameter(parameters, atMs)}
    ORDER BY t.at, t.partition, t.journal_offset`;
  return { text, values: parameters.values };
}

/** The last movement of a product's stock up to a log time, ms; the last of all where it is null. */
export function stockUntilQuery(schema: string, productId: string, atMs: number | null): Query {
  const parameters = createParameters();
  const product = parameters.add(cleanText(productId));
  const until = atMs === null ? '' : `AND t.at <= ${timeParameter(parameters, atMs)}`;
  const text = `SELECT t.product_id, t.at, t.kind, t.quantity, t.on_hand, t.held, t.reason, t.reference, t.order_id,
      t.partition, t.journal_offset
    FROM ${schema}.stock_movements AS t WHERE t.product_id = ${product} ${until}
    ORDER BY t.at DESC, t.partition DESC, t.journal_offset DESC LIMIT 1`;
  return { text, values: parameters.values };
}

/** The order that its events leave; null where they make none. */
export function foldOrder(events: readonly OrderEventRow[]): OrderView | null {
  let row: Cells | null = null;
  for (const event of events) {
    for (const change of orderState.project(placed(event))) {
      if (change.table === orders.name) row = changeRow(orders, row, cleanChange(change));
    }
  }
  return row === null ? null : toOrder(asRow(row));
}

/** An event as far as its history keeps it: what projections of orders look at. */
interface EventAsKept {
  readonly type: string;
  readonly data: object;
  readonly meta: Pick<JournalEvent['meta'], 'command_id' | 'actor' | 'command_offset' | 'correlation_id' | 'at'>;
  readonly partition: number;
  readonly offset: number;
}

function placed({ type, data, at, partition, journal_offset: offset, ...row }: OrderEventRow): JournalEvent {
  const { command_id, actor, command_offset, correlation_id } = row;
  const meta = { command_id, actor, command_offset, correlation_id, at: at.getTime() };
  const event: EventAsKept = { type, data, meta, partition, offset };
  return event as JournalEvent;
}

/** Times as the driver gives them. */
function asRow(cells: Cells): OrderRow {
  const values = Object.entries(cells).map(([column, cell]) => {
    const isTime = orders.columns[column]?.type === 'timestamptz' && typeof cell === 'number';
    return [column, isTime ? new Date(cell) : cell];
  });
  return Object.fromEntries(values) as OrderRow;
}
