// The columns of an export: one flat row for each event, the same in CSV and Parquet. What only some events say is
// empty for the others; all that an event says is in `data`.
import type { EventRecord } from '../../../schemas/records.ts';

/** An event with its place; `at` is the log time of its command, ms since the epoch. */
export interface ExportedEvent {
  readonly partition: number;
  readonly offset: number;
  readonly at: number;
  readonly event: EventRecord;
}

/** `time` is ms since the epoch; `json` is text that holds JSON. */
export type ColumnKind = 'text' | 'integer' | 'time' | 'json';

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly doc: string;
  readonly of: (one: ExportedEvent) => string | number | null;
}

/** All columns, in their order. */
export const columns: readonly Column[] = [
  column('position', 'text', 'Place in the journal, `partition:offset`.', placeOf),
  column('time', 'time', 'Log time of the command, UTC.', ({ at }) => at),
  column('type', 'text', 'Type of the event.', ({ event }) => event.type),
  fact('product_id', 'text', 'The product it is about.'),
  fact('order_id', 'text', 'The order it is about.'),
  fact('customer_id', 'text', 'Whose order it is.'),
  fact('quantity', 'integer', 'Units held, released or sold.'),
  fact('delta', 'integer', 'Units added by an adjustment; below zero where some were taken.'),
  fact('on_hand', 'integer', 'Units of the product on hand afterwards; empty where they are not counted.'),
  fact('held', 'integer', 'Units of the product held afterwards.'),
  column('total_amount', 'integer', 'Total of the order, in minor units.', ({ event }) => totalOf(event).amount),
  column('total_currency', 'text', 'ISO 4217 code of the total.', ({ event }) => totalOf(event).currency),
  fact('reason', 'text', 'Why it happened, where somebody gave a reason.'),
  column('actor', 'text', 'Who asked for it.', ({ event }) => event.meta.actor),
  column('command_id', 'text', 'Identity of the command that caused it.', ({ event }) => event.meta.command_id),
  column('cause', 'text', 'Place of that command, `partition:offset`; empty for the first event.', causeOf),
  column('correlation_id', 'text', 'Trace of the request.', ({ event }) => event.meta.correlation_id),
  column('data', 'json', 'All that the event says, as JSON.', ({ event }) => JSON.stringify(dataOf(event))),
];

/** What an event says, without what it says about itself. */
export function dataOf({ data }: EventRecord): object {
  return Object.fromEntries(Object.entries(data).filter(([name]) => name !== 'meta'));
}

/** `partition:offset` of an event. */
export function placeOf({ partition, offset }: ExportedEvent): string {
  return `${partition}:${offset}`;
}

/** `partition:offset` of the command that caused an event; null where none did. */
export function causeOf({ partition, event }: ExportedEvent): string | null {
  const { command_offset } = event.meta;
  return command_offset < 0 ? null : `${partition}:${command_offset}`;
}

function column(name: string, kind: ColumnKind, doc: string, of: Column['of']): Column {
  return { name, kind, doc, of };
}

/** A column of that name in the data of those events that have it. */
function fact(name: string, kind: 'text' | 'integer', doc: string): Column {
  const wanted = kind === 'text' ? 'string' : 'number';
  return column(name, kind, doc, ({ event }) => {
    const value: unknown = Reflect.get(event.data, name);
    return typeof value === wanted && (typeof value === 'string' || typeof value === 'number') ? value : null;
  });
}

function totalOf({ data }: EventRecord): { readonly amount: number | null; readonly currency: string | null } {
  return 'total' in data ? data.total : { amount: null, currency: null };
}
