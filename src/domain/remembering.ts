// What is remembered of a command: which event decided it, how, and what it is about.
import type { PlacedEvent } from '../../schemas/records.ts';
import type { Remembered } from './memory.ts';
import type { About } from './outcome.ts';

/** What to remember of the event that answers. A repeat is remembered as what it repeats. */
export function outcomeOf(
  event: PlacedEvent,
): Pick<Remembered, 'first_offset' | 'decided' | 'order_id' | 'product_id'> {
  const { offset: first_offset, type: decided } = event;
  switch (event.type) {
    case 'CommandRepeated': {
      const { order_id, product_id } = event.data;
      return { first_offset: event.data.first_offset, decided: event.data.decided, order_id, product_id };
    }
    case 'CommandRefused': {
      const { order_id, product_id, reason } = event.data;
      return { first_offset, decided: reason, order_id, product_id };
    }
    case 'OrderRefused':
      return { first_offset, decided: event.data.reason, order_id: event.data.order_id, product_id: null };
    case 'OrderPlaced':
    case 'OrderAccepted':
    case 'OrderCancelled':
    case 'PaymentRequested':
    case 'OrderProcessing':
    case 'OrderPaid':
    case 'OrderFailed':
    case 'OrderExpired':
    case 'HoldAnswered':
    case 'StockHoldGranted':
    case 'StockHoldRefused':
      return { first_offset, decided, order_id: event.data.order_id, product_id: null };
    case 'LedgerOpened':
      return { first_offset, decided, order_id: null, product_id: null };
    case 'ProductCreated':
    case 'ProductChanged':
    case 'ProductArchived':
    case 'StockAdjusted':
    case 'StockHeld':
    case 'StockReleased':
    case 'StockSold':
      return { first_offset, decided, order_id: null, product_id: event.data.product_id };
  }
}

/** What a repeat of a remembered command is about. */
export function aboutOf({ order_id, product_id }: Remembered): About {
  if (order_id !== null) return { order_id };
  return product_id === null ? null : { product_id };
}
