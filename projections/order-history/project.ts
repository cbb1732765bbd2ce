// Projection order-history: one row for every event that names an order, whatever its type.
import type { Change, JournalEvent, Projection } from '../projection.ts';
import { orderEvents } from './table.ts';

export const orderHistory: Projection = { name: 'order-history', version: 1, tables: [orderEvents], project };

function project(event: JournalEvent): readonly Change[] {
  const { type, data, meta } = event;
  if (!('order_id' in data) || data.order_id === null) return [];
  const set = {
    order_id: data.order_id,
    type,
    at: meta.at,
    command_id: meta.command_id,
    actor: meta.actor,
    command_offset: meta.command_offset,
    source_partition: meta.source?.partition ?? null,
    source_offset: meta.source?.command_offset ?? null,
    correlation_id: meta.correlation_id,
    data: contentOf(data),
  };
  const key = { partition: event.partition, journal_offset: event.offset };
  return [{ op: 'insert', table: 'order_events', key, set }];
}

/** What an event says, without what a decoder leaves in it of what it says about itself. */
function contentOf(data: object): { readonly [name: string]: unknown } {
  const content: { [name: string]: unknown } = {};
  for (const [name, value] of Object.entries(data)) if (name !== 'meta') content[name] = value;
  return content;
}
