// An order that holds all its lines, up to its end: cancelled, paid, failed or expired.
import type {
  BeginProcessing,
  CancelOrder,
  ExpireOrder,
  LedgerEvent,
  Money,
  OrderLine,
  Priority,
  RecordPayment,
  RequestPayment,
} from '../../schemas/generated.ts';
import type { About, Decision, Refusal } from './outcome.ts';
import { fresh, passing, refused, repeated } from './outcome.ts';
import type { Product } from './product.ts';

/** Where an order can stand that is not at its end. */
export type LiveStatus = 'PENDING' | 'PROCESSING';
/** How an order can end. */
export type ClosedStatus = 'PAID' | 'REFUSED' | 'CANCELLED' | 'FAILED' | 'EXPIRED';
/** Who starts the payment: the worker by itself, or nobody before it is `requested`. */
export type PaymentStart = 'automatic' | 'manual' | 'requested';

/** Units of one product that an order holds. */
export interface HeldLine {
  readonly product_id: string;
  readonly quantity: number;
}

export interface LiveLine extends HeldLine {
  /** Price of one unit in minor units of the order's currency. */
  readonly price: number;
  readonly priority: Priority;
  /** The other partition that holds it; null where it is held here. */
  readonly elsewhere: number | null;
}

export interface LiveOrder {
  readonly customer_id: string;
  readonly status: LiveStatus;
  readonly lines: readonly LiveLine[];
  readonly currency: string;
  readonly priority: Priority;
  readonly payment: PaymentStart;
  /** The payment that is open; null while none is. */
  readonly attempt_id: string | null;
  /** Log time from which on it may expire, ms; null for never. */
  readonly expires_at: number | null;
  readonly version: number;
  /** Journal offset of the event that changed it last. */
  readonly offset: number;
}

/** What is left of an order that came to its end, for `closedForS` seconds of log time. */
export interface ClosedOrder {
  readonly at: number;
  readonly status: ClosedStatus;
  /** Journal offset of the event that closed it. */
  readonly offset: number;
}

/** An accepted order that an equal one may repeat. */
export interface RecentOrder {
  readonly at: number;
  readonly order_id: string;
  readonly command_id: string;
}

/** What commands about an order are decided on. */
export interface Case {
  /** Log time, ms. */
  readonly at: number;
  readonly live: LiveOrder | undefined;
  /** Whether other partitions were asked to hold lines of it and have not all answered. */
  readonly reserving: boolean;
  /** Given only while a closed order is still known here. */
  readonly closed: ClosedOrder | undefined;
  product(id: string): Product | undefined;
}

/** For how long a closed order is still known here, in seconds of log time; later the views know it. */
export const closedForS = 600;

export function cancelOrder(command: CancelOrder, about: Case): Decision {
  const { order_id, expected_version: expected, reason } = command;
  const { live, closed } = about;
  if (closed?.status === 'CANCELLED') return fresh([repeated({ order_id }, closed.offset, 'OrderCancelled')]);
  const status = statusOf(about);
  if (status === null) return fresh([unknownOrder(order_id)]);
  if (live !== undefined && expected !== null && expected !== live.version) {
    const detail = `Order ${order_id} has version ${live.version}, not ${expected}.`;
    return no('version_mismatch', detail, { order_id });
  }
  if (live?.status !== 'PENDING') {
    return no('not_cancellable', `Order ${order_id} is ${status}; only PENDING ones can be cancelled.`, { order_id });
  }
  const { customer_id, version } = live;
  const cancelled = { order_id, customer_id, reason, version: version + 1, settles: elsewhere(live.lines) };
  return fresh([{ type: 'OrderCancelled', data: cancelled }, ...release(order_id, live, about)]);
}

/** Lets the payment of a manual order begin; where it may begin already, that is a repeat. */
export function requestPayment(command: RequestPayment, about: Case): Decision {
  const { order_id } = command;
  const { live, closed } = about;
  if (closed?.status === 'PAID') return fresh([repeated({ order_id }, closed.offset, 'OrderPaid')]);
  const status = statusOf(about);
  if (status === null) return fresh([unknownOrder(order_id)]);
  if (live === undefined) return no('not_payable', `Order ${order_id} is ${status}.`, { order_id });
  if (live.status === 'PROCESSING') return fresh([repeated({ order_id }, live.offset, 'OrderProcessing')]);
  if (live.payment === 'requested') return fresh([repeated({ order_id }, live.offset, 'PaymentRequested')]);
  if (live.payment === 'automatic') return fresh([repeated({ order_id }, live.offset, 'OrderAccepted')]);
  const { customer_id, priority, version } = live;
  const requested = { order_id, customer_id, total: totalOf(live), priority, version: version + 1 };
  return fresh([{ type: 'PaymentRequested', data: requested }]);
}

/** Opens a payment. What is decided about a payment is seen in the order, so it needs no other memory. */
export function beginProcessing(command: BeginProcessing, about: Case): Decision {
  const { order_id, attempt_id } = command;
  const { live } = about;
  const status = statusOf(about);
  if (status === null) return passing(unknownOrder(order_id));
  if (live?.attempt_id === attempt_id) return passing(repeated({ order_id }, live.offset, 'OrderProcessing'));
  if (live?.status !== 'PENDING') {
    return passing(refused('not_processable', `Order ${order_id} is ${status}, not PENDING.`, { order_id }));
  }
  if (live.payment === 'manual') {
    const detail = `Order ${order_id} is manual, and nobody asked for its payment.`;
    return passing(refused('not_processable', detail, { order_id }));
  }
  const { customer_id, priority, version } = live;
  const processing = { order_id, customer_id, attempt_id, total: totalOf(live), priority, version: version + 1 };
  return passing({ type: 'OrderProcessing', data: processing });
}

export function recordPayment(command: RecordPayment, about: Case): Decision {
  const { order_id, attempt_id, result, amount, reason, gateway_reference } = command;
  const { live, closed } = about;
  if (closed?.status === 'PAID' && result === 'captured') {
    return passing(repeated({ order_id }, closed.offset, 'OrderPaid'));
  }
  if (closed?.status === 'FAILED' && result === 'declined') {
    return passing(repeated({ order_id }, closed.offset, 'OrderFailed'));
  }
  const status = statusOf(about);
  if (status === null) return passing(unknownOrder(order_id));
  if (live?.attempt_id !== attempt_id) {
    const detail = `Order ${order_id} is ${status}; attempt ${attempt_id} is not the payment that is open.`;
    return passing(refused('wrong_attempt', detail, { order_id }));
  }
  const { customer_id } = live;
  const total = totalOf(live);
  const version = live.version + 1;
  const order = { order_id, customer_id, attempt_id, total, version, settles: elsewhere(live.lines) };
  if (result === 'declined') {
    const failed: LedgerEvent = { type: 'OrderFailed', data: { ...order, reason: reason ?? 'declined' } };
    return unremembered([failed, ...release(order_id, live, about)]);
  }
  if (amount?.amount !== total.amount || amount.currency !== total.currency) {
    const detail = `Order ${order_id} comes to ${total.amount} ${total.currency}, which is not what was captured.`;
    return passing(refused('wrong_amount', detail, { order_id }));
  }
  const lines = live.lines.map((line) => orderLineOf(line, live.currency));
  const paid: LedgerEvent = { type: 'OrderPaid', data: { ...order, lines, gateway_reference } };
  const sold = heldHere(live.lines).map((line) => settled('StockSold', order_id, line, about.product));
  return unremembered([paid, ...sold]);
}

/** Ends an order that nobody paid in time. While a payment is open, money may be on its way: it waits. */
export function expireOrder(command: ExpireOrder, about: Case): Decision {
  const { order_id } = command;
  const { at, live, closed } = about;
  if (closed?.status === 'EXPIRED') return passing(repeated({ order_id }, closed.offset, 'OrderExpired'));
  const status = statusOf(about);
  if (status === null) return passing(unknownOrder(order_id));
  if (live?.status !== 'PENDING' || live.expires_at === null || at < live.expires_at) {
    return passing(refused('not_due', `Order ${order_id} is ${status} and not due to expire.`, { order_id }));
  }
  const { customer_id, version } = live;
  const expired = {
    order_id,
    customer_id,
    total: totalOf(live),
    version: version + 1,
    settles: elsewhere(live.lines),
  };
  return unremembered([{ type: 'OrderExpired', data: expired }, ...release(order_id, live, about)]);
}

/** What a line is settled with: its units leave, or are available again. */
export function settled(
  type: 'StockSold' | 'StockReleased',
  order_id: string,
  { product_id, quantity }: HeldLine,
  product: Case['product'],
): LedgerEvent {
  const held = product(product_id);
  if (held === undefined) throw new Error(`order ${order_id} holds product ${product_id}, which is not there`);
  const on_hand = held.on_hand === null || type === 'StockReleased' ? held.on_hand : held.on_hand - quantity;
  return { type, data: { product_id, order_id, quantity, on_hand, held: held.held - quantity } };
}

/** The units that this partition itself holds. */
function heldHere(lines: readonly LiveLine[]): readonly HeldLine[] {
  return lines.filter((line) => line.elsewhere === null);
}

/** Other partitions that hold lines, each once, in order of appearance. */
function elsewhere(lines: readonly LiveLine[]): readonly number[] {
  return [...new Set(lines.flatMap((line) => (line.elsewhere === null ? [] : [line.elsewhere])))];
}

function release(order_id: string, { lines }: LiveOrder, { product }: Case): readonly LedgerEvent[] {
  return heldHere(lines).map((line) => settled('StockReleased', order_id, line, product));
}

function orderLineOf({ product_id, quantity, price, priority }: LiveLine, currency: string): OrderLine {
  const unit_price = { amount: price, currency };
  return { product_id, quantity, unit_price, total: { amount: price * quantity, currency }, priority };
}

/** Exact, because the order was accepted with it. */
function totalOf({ lines, currency }: LiveOrder): Money {
  return { amount: lines.reduce((amount, { price, quantity }) => amount + price * quantity, 0), currency };
}

/** Null of an order that is not known here. */
function statusOf({ live, reserving, closed }: Case): LiveStatus | ClosedStatus | 'RESERVING' | null {
  return live?.status ?? closed?.status ?? (reserving ? 'RESERVING' : null);
}

function unknownOrder(order_id: string): LedgerEvent {
  return refused('unknown_order', `There is no order ${order_id} here.`, { order_id });
}

/** An outcome that the order itself remembers. */
function unremembered(events: readonly LedgerEvent[]): Decision {
  return { events, answer: 0, remember: false };
}

function no(reason: Refusal, detail: string, about: About): Decision {
  return fresh([refused(reason, detail, about)]);
}
