// HTTP room: orders that were answered 202 and whose decision this instance has not heard yet; a GET of one says so.
import type { Outcome } from '../log/client-port.ts';
import type { Answer } from './answers.ts';

export interface Undecided {
  add(commandId: string, orderId: string): void;
  has(orderId: string): boolean;
  hear(outcome: Outcome): void;
}

/** Remembers at most `max` orders; beyond that the oldest is forgotten, which only takes a hint away. */
export function createUndecided(max: number): Undecided {
  const orders = new Map<string, string>();
  const ids = new Set<string>();

  function forget(commandId: string): void {
    const orderId = orders.get(commandId);
    if (orderId === undefined) return;
    orders.delete(commandId);
    ids.delete(orderId);
  }

  return {
    add: (commandId, orderId) => {
      forget(commandId);
      orders.set(commandId, orderId);
      ids.add(orderId);
      const oldest = orders.keys().next();
      if (orders.size > max && oldest.done !== true) forget(oldest.value);
    },
    has: (orderId) => ids.has(orderId),
    hear: ({ event: { meta } }) => {
      if (meta.answers !== null) forget(meta.answers);
    },
  };
}

/** Seconds after which it makes sense to ask again for an order that is not decided. */
export const undecidedRetryS = 1;

/** 202: the ledger has the command and did not decide it while the client waited. `resource`: where the result will be. */
export function undecidedAnswer(
  resource: string,
  ids: { readonly order_id: string } | { readonly product_id: string },
): Answer {
  return {
    status: 'undecided',
    headers: { location: resource, 'retry-after': String(undecidedRetryS) },
    body: { ...ids, status: 'UNDECIDED' },
  };
}
