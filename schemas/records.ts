// The records of the log as the rest of the code sees them: always the latest version, with what they say about
// themselves beside the data.
import type { Command, CommandMeta, LedgerEvent, Meta } from './generated.ts';

/** A command as it lies in the log, without its place. */
export type CommandRecord = Command & { readonly meta: CommandMeta };

/** An event as it lies in the journal, without its place. */
export type EventRecord = LedgerEvent & { readonly meta: Meta };

/** A command with its place: `offset` in its partition, `at` = broker time, ms since the epoch. */
export type PlacedCommand = CommandRecord & { readonly offset: number; readonly at: number };

/** An event with its place: `offset` in the journal of its partition. */
export type PlacedEvent = EventRecord & { readonly offset: number };

/** The command_id of records that no request caused. */
export const nilUuid = '00000000-0000-0000-0000-000000000000';

/** Whether an event is about a product, by itself or in one of its lines. */
export function isAboutProduct({ data }: Pick<EventRecord, 'data'>, productId: string): boolean {
  if ('product_id' in data && data.product_id === productId) return true;
  return 'lines' in data && data.lines.some((line) => line.product_id === productId);
}

/**
 * The same for the events of one partition from its beginning, in their order: also those that say nothing of products
 * (OrderCancelled, OrderPaid, …) and belong to an order of which an event before was about the product.
 */
export function createProductFilter(productId: string): (event: Pick<EventRecord, 'data'>) => boolean {
  const orders = new Set<string>();
  return (event) => {
    const order = 'order_id' in event.data ? event.data.order_id : null;
    if (isAboutProduct(event, productId)) {
      if (order !== null) orders.add(order);
      return true;
    }
    return order !== null && orders.has(order);
  };
}
