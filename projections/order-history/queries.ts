// Questions to the projection order-history: the events of one order, oldest first.
import { isOffset, isPartition, isTime, readCursor } from '../cursor.ts';
import { createParameters, timeParameter } from '../query.ts';
import type { ListQuery, Query } from '../query.ts';
import { cleanText } from '../sinks/clean.ts';
import type { OrderEventView, Paging } from '../views.ts';

const columns = `t.type, t.at, t.partition, t.journal_offset, t.command_id, t.actor, t.command_offset,
  t.source_partition, t.source_offset, t.correlation_id, t.data`;

/** A row of `columns`, as the driver gives it. */
export interface OrderEventRow {
  readonly type: string;
  readonly at: Date;
  readonly partition: number;
  readonly journal_offset: number;
  readonly command_id: string;
  readonly actor: string;
  readonly command_offset: number;
  readonly source_partition: number | null;
  readonly source_offset: number | null;
  readonly correlation_id: string;
  readonly data: { readonly [name: string]: unknown };
}

/** Names the events of an order for their cursors. */
export function orderEventsList(orderId: string): string {
  return JSON.stringify(['order-events', orderId]);
}

export function orderEventKey(event: OrderEventView): readonly (string | number)[] {
  return [event.at, event.partition, event.journal_offset];
}

/** Events of an order in order of log time, its partitions mixed. @throws CursorError */
export function orderEventsQuery(schema: string, orderId: string, paging: Paging): ListQuery {
  const parameters = createParameters();
  const where = [`t.order_id = ${parameters.add(cleanText(orderId))}`];
  if (paging.kind === 'cursor' && paging.after !== null) {
    const shape = [isTime, isPartition, isOffset];
    const [at, partition, offset] = readCursor(orderEventsList(orderId), shape, paging.after);
    const key = `${timeParameter(parameters, Number(at))}, ${parameters.add(partition)}, ${parameters.add(offset)}`;
    where.push(`(t.at, t.partition, t.journal_offset) > (${key})`);
  }
  const order = 't.at, t.partition, t.journal_offset';
  return { select: columns, from: `${schema}.order_events AS t`, where, order, parameters };
}

/** The events that make an order; a refused command may name an order that there never was. */
const firstEvents: readonly string[] = ['OrderPlaced', 'OrderAccepted', 'OrderRefused'];

/** Whether the events show that their order exists. */
export function makeOrder(events: readonly Pick<OrderEventView, 'type'>[]): boolean {
  return events.some(({ type }) => firstEvents.includes(type));
}

/** One row where the order exists. */
export function orderKnownQuery(schema: string, orderId: string): Query {
  const text = `SELECT 1 FROM ${schema}.order_events WHERE order_id = $1 AND type = ANY($2) LIMIT 1`;
  return { text, values: [cleanText(orderId), firstEvents] };
}

export function toOrderEvent(row: OrderEventRow): OrderEventView {
  const { source_partition: partition, source_offset: offset } = row;
  return {
    type: row.type,
    at: row.at.getTime(),
    partition: row.partition,
    journal_offset: row.journal_offset,
    command_id: row.command_id,
    actor: row.actor,
    command_offset: row.command_offset,
    source: partition === null || offset === null ? null : { partition, command_offset: offset },
    correlation_id: row.correlation_id,
    data: row.data,
  };
}
