// What the event that grants a command must say, from the command and from what is known of its product or order.
import type { CommandRecord } from '../../../../schemas/records.ts';
import type { Known } from '../judge.ts';

/** The data of the event that grants a command; null where what it is about is not known, which other rules tell. */
export function expectedData(known: Known, command: Exclude<CommandRecord, { type: 'PlaceOrder' }>): object | null {
  switch (command.type) {
    case 'CreateProduct':
      return { ...command.data, version: 1 };
    case 'CancelOrder':
    case 'RequestPayment':
    case 'BeginProcessing':
    case 'RecordPayment':
    case 'ExpireOrder':
      return expectedOrder(known, command);
    // The rules of messages tell.
    case 'HoldStock':
    case 'AnswerHold':
    case 'SettleHold':
      return null;
    case 'ChangeProduct':
    case 'ArchiveProduct':
    case 'AdjustStock':
      return expectedChange(known, command);
  }
}

function expectedChange(
  known: Known,
  { type, data }: Extract<CommandRecord, { type: 'ChangeProduct' | 'ArchiveProduct' | 'AdjustStock' }>,
): object | null {
  const { product_id } = data;
  const product = known.products.get(product_id);
  if (product === undefined) return null;
  const version = product.version + 1;
  if (type === 'ArchiveProduct') return { product_id, version };
  if (type === 'ChangeProduct') {
    const { name, price, low_stock_threshold: threshold } = data;
    const low_stock_threshold = threshold === null ? product.threshold : threshold.value;
    return { product_id, name: name ?? product.name, price: price ?? product.price, low_stock_threshold, version };
  }
  if (product.onHand === null) return null;
  const { reason, reference } = data;
  const on_hand = data.set_to ?? product.onHand + (data.delta ?? 0);
  return { product_id, delta: on_hand - product.onHand, on_hand, held: product.held, reason, reference, version };
}

function expectedOrder(
  known: Known,
  {
    type,
    data,
  }: Extract<
    CommandRecord,
    { type: 'CancelOrder' | 'RequestPayment' | 'BeginProcessing' | 'RecordPayment' | 'ExpireOrder' }
  >,
): object | null {
  const { order_id } = data;
  const order = known.orders.get(order_id);
  if (order === undefined) return null;
  const { customer: customer_id, total, priority, lines } = order;
  const owned = { order_id, customer_id, version: order.version + 1 };
  if (type === 'CancelOrder') return { ...owned, reason: data.reason };
  if (type === 'RequestPayment') return { ...owned, total, priority };
  if (type === 'ExpireOrder') return { ...owned, total };
  // An attempt that is not open has no outcome but a refusal.
  if (type === 'BeginProcessing') return { ...owned, attempt_id: data.attempt_id, total, priority };
  if (data.result === 'declined') return { ...owned, attempt_id: order.attempt, total };
  return { ...owned, attempt_id: order.attempt, total: data.amount, lines, gateway_reference: data.gateway_reference };
}
