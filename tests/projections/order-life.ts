// The events of an order's life after it was accepted, and journals of other days, for specs of projections.
import type { LedgerEvent, Money, OrderLine } from '../../schemas/generated.ts';
import { nilUuid } from '../../schemas/records.ts';
import type { JournalEvent } from '../../projections/projection.ts';
import type { TestJournal } from './events.ts';
import { createJournal, usd } from './events.ts';

const dayMs = 86_400_000;

export interface PaidOrder {
  readonly customer?: string;
  readonly lines?: readonly (readonly [productId: string, quantity: number, unitPrice: number])[];
  readonly currency?: string;
}

export function reserving(order: string, version = 1): LedgerEvent {
  const line = { product_id: 'p-1', quantity: 1, priority: 'normal', elsewhere: 3, unit_price: null } as const;
  const rest = {
    payment: 'automatic',
    reference: null,
    metadata: {},
    expires_after_s: 900,
    repeat_window_s: 0,
  } as const;
  const data = { order_id: order, customer_id: 'c-1', lines: [line], currency: 'USD', priority: 'normal' } as const;
  return { type: 'OrderPlaced', data: { ...data, ...rest, version } };
}

/** The same decision of an order that had asked other partitions. */
export function answered(event: LedgerEvent): LedgerEvent {
  const rests_on = [{ partition: 3, offset: 7 }];
  if (event.type === 'OrderAccepted') return { ...event, data: { ...event.data, version: 2, rests_on } };
  if (event.type === 'OrderRefused') return { ...event, data: { ...event.data, version: 2, rests_on } };
  throw new Error(`${event.type} is no decision`);
}

export function processing(order: string): LedgerEvent {
  const data = { order_id: order, customer_id: 'c-1', attempt_id: nilUuid, total: usd(2_000), version: 2 };
  return { type: 'OrderProcessing', data: { ...data, priority: 'normal' } };
}

export function paid(order: string, of: PaidOrder = {}): LedgerEvent {
  const { customer = 'c-1', lines = [['p-1', 2, 1_000]], currency = 'USD' } = of;
  const money = (amount: number): Money => ({ amount, currency });
  const priced = lines.map(([product_id, quantity, price]): OrderLine => {
    return { product_id, quantity, unit_price: money(price), total: money(price * quantity), priority: 'normal' };
  });
  const total = money(priced.reduce((sum, line) => sum + line.total.amount, 0));
  const data = { order_id: order, customer_id: customer, attempt_id: nilUuid, lines: priced, total };
  return { type: 'OrderPaid', data: { ...data, gateway_reference: null, version: 3, settles: [] } };
}

export function failed(order: string): LedgerEvent {
  const data = { order_id: order, customer_id: 'c-1', attempt_id: nilUuid, reason: 'card_declined' };
  return { type: 'OrderFailed', data: { ...data, total: usd(2_000), version: 3, settles: [] } };
}

export function expired(order: string): LedgerEvent {
  const data = { order_id: order, customer_id: 'c-1', total: usd(2_000), version: 2, settles: [] };
  return { type: 'OrderExpired', data };
}

export function sold(productId: string, order: string, quantity: number, levels: [number, number]): LedgerEvent {
  const [on_hand, held] = levels;
  return { type: 'StockSold', data: { product_id: productId, order_id: order, quantity, on_hand, held } };
}

/** Events of a journal of the test, `from` the n-th on so many days later. */
export function daysLater(events: readonly JournalEvent[], from: number, days: number): readonly JournalEvent[] {
  return events.map((event, i) =>
    i < from ? event : { ...event, meta: { ...event.meta, at: event.meta.at + days * dayMs } },
  );
}

export function journalOf(build: (journal: TestJournal) => void, partition = 0): readonly JournalEvent[] {
  const journal = createJournal(partition);
  build(journal);
  return journal.events;
}
