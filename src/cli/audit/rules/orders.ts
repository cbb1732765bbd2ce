// Orders go through legal states, and after every command an order that it touched holds all its lines or none.
import type { CommandRecord, PlacedEvent } from '../../../../schemas/records.ts';
import { alike } from '../alike.ts';
import type { Group, HeldLine, JudgeOptions, Known, Order, OrderStatus } from '../judge.ts';
import { answered, placeReserving } from './reserving.ts';

/** Folds the order of a command; its movements of stock are folded already. */
export function checkOrders(known: Known, { events, command }: Group, { note }: JudgeOptions): void {
  for (const event of events) moveOrder(known, event, note);
  const isRepeat = events.some(({ type }) => type === 'CommandRepeated');
  if (command?.kind === 'command' && !isRepeat) foldMessage(known, command.record, events);
  const touched = new Map<string, number>();
  for (const { data, offset, type } of events) {
    if ('order_id' in data && data.order_id !== null && type !== 'CommandRefused' && type !== 'CommandRepeated')
      touched.set(data.order_id, offset);
  }
  for (const [orderId, offset] of touched) {
    const held = known.holds.get(orderId) ?? [];
    const due = dueOf(known, orderId);
    if (alike(sorted(held), sorted(due))) continue;
    const status = known.orders.get(orderId)?.status ?? 'of another partition';
    note('hold', offset, `order ${orderId} is ${status} and holds ${tell(held)}, it should hold ${tell(due)}`);
  }
}

/** What a message that was taken changes. */
function foldMessage(known: Known, { type, data }: CommandRecord, events: readonly PlacedEvent[]): void {
  if (type === 'HoldStock' && events.some((event) => event.type === 'StockHoldGranted')) {
    known.guests.set(data.order_id, data.lines);
  }
  if (type === 'SettleHold') known.guests.delete(data.order_id);
  if (type === 'AnswerHold') answered(known, data);
}

/** What an order must hold in this partition. */
function dueOf({ orders, guests }: Known, orderId: string): readonly HeldLine[] {
  const order = orders.get(orderId);
  if (order === undefined) return guests.get(orderId) ?? [];
  return order.closed < 0 ? order.own : [];
}

/** From which status an event leads to which; the last ones are the end of an order. */
const moves = {
  PaymentRequested: ['PENDING', 'PENDING'],
  OrderProcessing: ['PENDING', 'PROCESSING'],
  OrderCancelled: ['PENDING', 'CANCELLED'],
  OrderExpired: ['PENDING', 'EXPIRED'],
  OrderPaid: ['PROCESSING', 'PAID'],
  OrderFailed: ['PROCESSING', 'FAILED'],
} as const satisfies { readonly [type: string]: readonly [OrderStatus, OrderStatus] };

type Moving = Extract<PlacedEvent, { readonly type: keyof typeof moves }>;

function moveOrder(known: Known, event: PlacedEvent, note: JudgeOptions['note']): void {
  switch (event.type) {
    case 'OrderPlaced':
      return placeReserving(known, event, note);
    case 'OrderAccepted':
    case 'OrderRefused':
      return decide(known, event, note);
    case 'PaymentRequested':
    case 'OrderProcessing':
    case 'OrderCancelled':
    case 'OrderExpired':
    case 'OrderPaid':
    case 'OrderFailed':
      return move(known, event, note);
    case 'CommandRepeated': {
      // Callers of an order that is not decided go on waiting.
      const { answers, reply_to } = event.meta;
      const order = event.data.order_id === null ? undefined : known.orders.get(event.data.order_id);
      if (answers === null) for (const instance of reply_to) order?.reserving?.replyTo.add(instance);
      return;
    }
    case 'CommandRefused':
    case 'HoldAnswered':
    case 'LedgerOpened':
    case 'ProductArchived':
    case 'ProductChanged':
    case 'ProductCreated':
    case 'StockAdjusted':
    case 'StockHeld':
    case 'StockHoldGranted':
    case 'StockHoldRefused':
    case 'StockReleased':
    case 'StockSold':
      return;
  }
}

type Deciding = Extract<PlacedEvent, { readonly type: 'OrderAccepted' | 'OrderRefused' }>;

function decide(known: Known, event: Deciding, note: JudgeOptions['note']): void {
  const { type, data, offset } = event;
  const { order_id, customer_id: customer, version, lines, total, priority } = data;
  const earlier = known.orders.get(order_id);
  if (earlier !== undefined && earlier.status !== 'RESERVING') {
    note('order', offset, `order ${order_id} was decided twice`);
  }
  const accepts = type === 'OrderAccepted';
  const order: Order = {
    ...{ customer, version, priority, offset, payment: data.payment, attempt: null },
    status: accepts ? 'PENDING' : 'REFUSED',
    own: earlier?.own ?? (accepts ? lines.map(({ product_id, quantity }) => ({ product_id, quantity })) : []),
    lines,
    total,
    expiresAt: accepts ? data.expires_at : null,
    reserving: null,
    elsewhere: accepts ? (earlier?.elsewhere ?? []) : [],
    changedBy: type,
    closed: accepts ? -1 : offset,
  };
  known.orders.set(order_id, order);
}

function move(known: Known, event: Moving, note: JudgeOptions['note']): void {
  const { type, data, offset } = event;
  const { order_id, version } = data;
  const order = known.orders.get(order_id);
  const [from, to] = moves[type];
  if (order?.status !== from) {
    note('order', offset, `order ${order_id} is ${order?.status ?? 'unknown'}, and there is ${type}`);
  }
  if (order === undefined) return;
  checkMove(order, event, note);
  order.status = to;
  order.version = version;
  order.offset = offset;
  order.changedBy = type;
  if (type === 'PaymentRequested') order.payment = 'requested';
  if (type === 'OrderProcessing') order.attempt = data.attempt_id;
  if (to !== 'PENDING' && to !== 'PROCESSING') order.closed = offset;
}

function checkMove(order: Order, { type, data, offset, meta }: Moving, note: JudgeOptions['note']): void {
  const { order_id } = data;
  if ('settles' in data && !alike(data.settles, order.elsewhere)) {
    const text = `tells the partitions ${JSON.stringify(data.settles)}, its lines lie in ${JSON.stringify(order.elsewhere)}`;
    note('hold', offset, `order ${order_id}: ${type} ${text}`);
  }
  if (type === 'OrderProcessing' && order.payment === 'manual') {
    note('order', offset, `order ${order_id} is manual and nobody asked for its payment`);
  }
  if (type === 'OrderExpired' && (order.expiresAt === null || meta.at < order.expiresAt)) {
    note('order', offset, `order ${order_id} expired before its time`);
  }
}

function sorted(lines: readonly HeldLine[]): readonly HeldLine[] {
  return lines.toSorted((a, b) => (a.product_id < b.product_id ? -1 : 1));
}

function tell(lines: readonly HeldLine[]): string {
  return lines.length === 0
    ? 'nothing'
    : lines.map(({ product_id, quantity }) => `${quantity} ${product_id}`).join(', ');
}
