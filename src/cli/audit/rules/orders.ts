// Orders go through legal states, and after every command an order that it touched holds all its lines or none.
import type { PlacedEvent } from '../../../../schemas/records.ts';
import { alike } from '../alike.ts';
import type { Group, HeldLine, JudgeOptions, Known } from '../judge.ts';

/** Folds the order of a command; its movements of stock are folded already. */
export function checkOrders(known: Known, { events }: Group, { note }: JudgeOptions): void {
  for (const event of events) moveOrder(known, event, note);
  const touched = new Map<string, number>();
  for (const { data, offset, type } of events) {
    if ('order_id' in data && data.order_id !== null && type !== 'CommandRefused' && type !== 'CommandRepeated')
      touched.set(data.order_id, offset);
  }
  for (const [orderId, offset] of touched) {
    const held = known.holds.get(orderId) ?? [];
    const accepted = events.find(({ type, data }) => type === 'OrderAccepted' && data.order_id === orderId);
    const due =
      accepted?.type === 'OrderAccepted'
        ? accepted.data.lines.map(({ product_id, quantity }) => ({ product_id, quantity }))
        : [];
    if (alike(sorted(held), sorted(due))) continue;
    const status = known.orders.get(orderId)?.status ?? 'unknown';
    note('hold', offset, `order ${orderId} is ${status} and holds ${tell(held)}, it should hold ${tell(due)}`);
  }
}

function moveOrder(known: Known, { type, data, offset }: PlacedEvent, note: JudgeOptions['note']): void {
  if (type === 'OrderAccepted' || type === 'OrderRefused') {
    const { order_id, customer_id, version } = data;
    if (known.orders.has(order_id)) note('order', offset, `order ${order_id} was decided twice`);
    const [status, closed] = type === 'OrderAccepted' ? (['PENDING', -1] as const) : (['REFUSED', offset] as const);
    known.orders.set(order_id, { status, customer: customer_id, version, closed });
  }
  if (type !== 'OrderCancelled') return;
  const order = known.orders.get(data.order_id);
  if (order?.status !== 'PENDING') {
    note('order', offset, `order ${data.order_id} is ${order?.status ?? 'unknown'} and was cancelled`);
  }
  if (order === undefined) return;
  order.status = 'CANCELLED';
  order.closed = offset;
  order.version = data.version;
}

function sorted(lines: readonly HeldLine[]): readonly HeldLine[] {
  return lines.toSorted((a, b) => (a.product_id < b.product_id ? -1 : 1));
}

function tell(lines: readonly HeldLine[]): string {
  return lines.length === 0
    ? 'nothing'
    : lines.map(({ product_id, quantity }) => `${quantity} ${product_id}`).join(', ');
}
