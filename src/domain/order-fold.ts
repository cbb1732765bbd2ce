// How events change the orders of a partition. Believes what they say and checks nothing.
import type { PlacedEvent } from '../../schemas/records.ts';
import type { State } from './decider.ts';
import type { ClosedStatus, LiveLine, LiveOrder } from './order.ts';
import { closedForS } from './order.ts';
import { partitionsOf } from './placing.ts';
import { get, put, remove } from './table.ts';
import { keep } from './timed.ts';

type OrderEvent = Extract<
  PlacedEvent,
  | { readonly type: 'CommandRepeated' | 'OrderPlaced' | 'HoldAnswered' | 'OrderAccepted' | 'OrderRefused' }
  | { readonly type: 'PaymentRequested' | 'OrderProcessing' }
  | { readonly type: 'OrderCancelled' | 'OrderPaid' | 'OrderFailed' | 'OrderExpired' }
>;
type EventOf<Name extends OrderEvent['type']> = Extract<OrderEvent, { readonly type: Name }>;

/** API instances whose callers wait for one order. */
const waitersMax = 8;

/** Folds an event of an order into the top layer. */
export function changeOrder(state: State, event: OrderEvent): void {
  switch (event.type) {
    case 'OrderPlaced':
      return place(state, event);
    case 'CommandRepeated':
      return addWaiters(state, event);
    case 'HoldAnswered': {
      const { order_id, partition, offset, prices, refusal } = event.data;
      const answer = { partition, offset, prices, refusal };
      const order = get(state.reserving, order_id);
      if (order === undefined) throw new Error(`the journal speaks of order ${order_id} before it was placed`);
      return put(state.reserving, order_id, { ...order, answers: [...order.answers, answer] });
    }
    case 'OrderAccepted':
      return accept(state, event);
    case 'OrderRefused':
      return refuse(state, event);
    case 'PaymentRequested':
      return changeTo(state, event, { payment: 'requested' });
    case 'OrderProcessing':
      return changeTo(state, event, { status: 'PROCESSING', attempt_id: event.data.attempt_id });
    case 'OrderCancelled':
      return close(state, event, 'CANCELLED');
    case 'OrderPaid':
      return close(state, event, 'PAID');
    case 'OrderFailed':
      return close(state, event, 'FAILED');
    case 'OrderExpired':
      return close(state, event, 'EXPIRED');
  }
}

/** Fixed length first, so that no two pairs make one key. */
export function recentKey(customerId: string, fingerprint: Uint8Array): string {
  return `${String.fromCharCode(...fingerprint)}${customerId}`;
}

function place(state: State, event: EventOf<'OrderPlaced'>): void {
  const { command_id, command_offset: placed_at, reply_to, remember } = event.meta;
  const awaited = { command_id, placed_at, reply_to, remember };
  // Field by field: a record that was read knows its meta too, which is no part of the state.
  const { order_id, customer_id, lines, currency, priority, payment, reference, metadata, version } = event.data;
  const { expires_after_s, repeat_window_s } = event.data;
  const order = { order_id, customer_id, lines, currency, priority, payment, reference, metadata, version };
  const placed = { ...order, expires_after_s, repeat_window_s };
  put(state.reserving, order_id, { placed, answers: [], awaited });
  keepRecent(state, event, command_id);
}

/** Callers that repeat an order that is not decided wait for it as its first ones do. */
function addWaiters(state: State, { data, meta }: EventOf<'CommandRepeated'>): void {
  if (meta.answers !== null || meta.reply_to.length === 0 || data.order_id === null) return;
  const order = get(state.reserving, data.order_id);
  if (order === undefined) return;
  const reply_to = [...new Set([...order.awaited.reply_to, ...meta.reply_to])].slice(0, waitersMax);
  put(state.reserving, data.order_id, { ...order, awaited: { ...order.awaited, reply_to } });
}

function accept(state: State, event: EventOf<'OrderAccepted'>): void {
  const { order_id, customer_id, total, priority, payment, expires_at, version, rests_on } = event.data;
  const elsewhereOf = rests_on.length === 0 ? () => null : partitionsOf(event.data.lines, state.partitions);
  const lines = event.data.lines.map(({ product_id, quantity, unit_price, priority: urgency }): LiveLine => {
    // The product's own id, so that a million orders share one text.
    const id = get(state.products, product_id)?.product_id ?? product_id;
    return {
      product_id: id,
      quantity,
      price: unit_price.amount,
      priority: urgency,
      elsewhere: elsewhereOf(product_id),
    };
  });
  const { currency } = total;
  const order: LiveOrder = {
    customer_id,
    status: 'PENDING',
    lines,
    currency,
    priority,
    payment,
    attempt_id: null,
    expires_at,
    version,
    offset: event.offset,
  };
  put(state.orders, order_id, order);
  if (get(state.reserving, order_id) === undefined) keepRecent(state, event, event.meta.command_id);
  else remove(state.reserving, order_id);
}

function refuse(state: State, event: EventOf<'OrderRefused'>): void {
  const { order_id } = event.data;
  const order = get(state.reserving, order_id);
  if (order === undefined) return;
  remove(state.reserving, order_id);
  // As long as an equal order would be taken for its repeat: a refused one is none to repeat.
  const spanS = Math.max(closedForS, order.placed.repeat_window_s);
  keep(state.closed, spanS, order_id, { at: event.meta.at, status: 'REFUSED', offset: event.offset });
}

function keepRecent(state: State, event: EventOf<'OrderPlaced' | 'OrderAccepted'>, command_id: string): void {
  const { order_id, customer_id, repeat_window_s } = event.data;
  const { remember, at } = event.meta;
  if (repeat_window_s <= 0 || remember === null) return;
  keep(state.recent, repeat_window_s, recentKey(customer_id, remember.fingerprint), { at, order_id, command_id });
}

function changeTo(
  state: State,
  event: EventOf<'PaymentRequested' | 'OrderProcessing'>,
  values: Partial<LiveOrder>,
): void {
  const { order_id, version } = event.data;
  const order = get(state.orders, order_id);
  if (order === undefined) throw new Error(`the journal speaks of order ${order_id} before it was accepted`);
  put(state.orders, order_id, { ...order, ...values, version, offset: event.offset });
}

function close(
  state: State,
  event: EventOf<'OrderCancelled' | 'OrderPaid' | 'OrderFailed' | 'OrderExpired'>,
  status: ClosedStatus,
): void {
  const { order_id } = event.data;
  remove(state.orders, order_id);
  keep(state.closed, closedForS, order_id, { at: event.meta.at, status, offset: event.offset });
}
