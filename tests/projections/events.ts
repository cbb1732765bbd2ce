// Journal events for projections to read: fixed ids and times, dense places, one command after another.
import type {
  LedgerEvent,
  Money,
  OrderAccepted,
  OrderLine,
  OrderRefused,
  ProductCreated,
} from '../../schemas/generated.ts';
import { nilUuid } from '../../schemas/records.ts';
import type { EventRecord } from '../../schemas/records.ts';
import type { JournalEvent } from '../../projections/projection.ts';

/** 2026-01-01 00:00 UTC; the command at offset n has the log time start + n seconds. */
export const startMs = 1_767_225_600_000;
const writer = '00000000-0000-4000-8000-00000000000a';

/** One partition's journal, from genesis on. */
export interface TestJournal {
  readonly partition: number;
  readonly events: readonly JournalEvent[];
  /** Appends the events of one more command; answers them. */
  command(...events: readonly LedgerEvent[]): readonly JournalEvent[];
}

/** A journal that holds its genesis event and nothing else. */
export function createJournal(partition = 0): TestJournal {
  const events: JournalEvent[] = [];
  let commandOffset = -1;
  const journal: TestJournal = {
    partition,
    events,
    command(...of) {
      const made = of.map((event, index): JournalEvent => {
        const meta = metaOf(commandOffset, index, of.length);
        return { ...event, meta, offset: events.length + index, partition };
      });
      commandOffset += 1;
      events.push(...made);
      return made;
    },
  };
  journal.command({ type: 'LedgerOpened', data: { ledger_id: nilUuid, partitions: 8 } });
  return journal;
}

/** Log time of the n-th command after genesis, from 0. */
export function timeOf(command: number): number {
  return startMs + command * 1_000;
}

/** An order id of a partition: its home in the first 16 bits, then a number of the test's choice. */
export function orderId(n: number, partition = 0): string {
  const home = partition.toString(16).padStart(4, '0');
  return `${home}0000-0000-8000-8000-${n.toString(16).padStart(12, '0')}`;
}

export const usd = (amount: number): Money => ({ amount, currency: 'USD' });

export function created(productId: string, over: Partial<ProductCreated> = {}): LedgerEvent {
  const data: ProductCreated = {
    product_id: productId,
    name: `Product ${productId}`,
    price: usd(1_000),
    stock: 10,
    low_stock_threshold: null,
    billing: 'single',
    frequency: null,
    version: 1,
  };
  return { type: 'ProductCreated', data: { ...data, ...over } };
}

export function held(productId: string, order: string, quantity: number, levels: [number | null, number]): LedgerEvent {
  const [on_hand, now] = levels;
  return { type: 'StockHeld', data: { product_id: productId, order_id: order, quantity, on_hand, held: now } };
}

export function released(
  productId: string,
  order: string,
  quantity: number,
  levels: [number | null, number],
): LedgerEvent {
  const [on_hand, now] = levels;
  return { type: 'StockReleased', data: { product_id: productId, order_id: order, quantity, on_hand, held: now } };
}

export function sold(productId: string, order: string, quantity: number, levels: [number, number]): LedgerEvent {
  const [on_hand, now] = levels;
  return { type: 'StockSold', data: { product_id: productId, order_id: order, quantity, on_hand, held: now } };
}

/** An order of 2 p-1, which live with it, and 1 p-2, which does not. */
export function placed(order: string): LedgerEvent {
  const own = { product_id: 'p-1', quantity: 2, priority: 'normal', elsewhere: null, unit_price: usd(1_000) } as const;
  const other = { product_id: 'p-2', quantity: 1, priority: 'normal', elsewhere: 5, unit_price: null } as const;
  const { total: _, ...body } = bodyOf({});
  const rest = { currency: 'USD', expires_after_s: 900, repeat_window_s: 0, version: 1 };
  return { type: 'OrderPlaced', data: { order_id: order, ...body, lines: [own, other], ...rest } };
}

/** An event of a later part of an order's life. */
export function life(
  type: 'PaymentRequested' | 'OrderProcessing' | 'OrderPaid' | 'OrderFailed' | 'OrderExpired',
  order: string,
): LedgerEvent {
  const { customer_id, total, lines, priority } = bodyOf({});
  const owned = { order_id: order, customer_id, total };
  const attempt_id = nilUuid;
  switch (type) {
    case 'PaymentRequested':
      return { type, data: { ...owned, priority, version: 2 } };
    case 'OrderProcessing':
      return { type, data: { ...owned, attempt_id, priority, version: 2 } };
    case 'OrderPaid':
      return { type, data: { ...owned, attempt_id, lines, gateway_reference: null, version: 3, settles: [] } };
    case 'OrderFailed':
      return { type, data: { ...owned, attempt_id, reason: 'card_declined', version: 3, settles: [] } };
    case 'OrderExpired':
      return { type, data: { ...owned, version: 2, settles: [] } };
  }
}

export function adjusted(productId: string, delta: number, levels: [number, number], version: number): LedgerEvent {
  const [on_hand, now] = levels;
  const because = { reason: 'delivery', reference: 'DN-7' };
  return { type: 'StockAdjusted', data: { product_id: productId, delta, on_hand, held: now, ...because, version } };
}

export interface PlacedOrder {
  readonly customer?: string;
  readonly lines?: readonly (readonly [productId: string, quantity: number])[];
  readonly reference?: string | null;
  readonly metadata?: { readonly [key: string]: string };
}

export function accepted(order: string, asked: PlacedOrder = {}, over: Partial<OrderAccepted> = {}): LedgerEvent {
  const rest = { expires_at: startMs + 900_000, repeat_window_s: 0, rests_on: [] };
  return { type: 'OrderAccepted', data: { order_id: order, ...bodyOf(asked), ...rest, version: 1, ...over } };
}

export function refused(order: string, asked: PlacedOrder = {}, over: Partial<OrderRefused> = {}): LedgerEvent {
  const body = bodyOf(asked);
  const shortages = body.lines.map(({ product_id, quantity }) => ({ product_id, requested: quantity, available: 0 }));
  const why = { reason: 'out_of_stock', detail: '', product: null, rests_on: [], settles: [] };
  return { type: 'OrderRefused', data: { order_id: order, ...body, shortages, version: 1, ...why, ...over } };
}

export function cancelled(order: string, reason: string | null = null, version = 2): LedgerEvent {
  return { type: 'OrderCancelled', data: { order_id: order, customer_id: 'c-1', reason, version, settles: [] } };
}

function bodyOf({ customer = 'c-1', lines = [['p-1', 2]], reference = null, metadata = {} }: PlacedOrder) {
  const priced = lines.map(([productId, quantity]): OrderLine => {
    const unit_price = usd(1_000);
    return { product_id: productId, quantity, unit_price, total: usd(1_000 * quantity), priority: 'normal' };
  });
  return {
    customer_id: customer,
    lines: priced,
    total: usd(priced.reduce((sum, line) => sum + line.total.amount, 0)),
    priority: 'normal' as const,
    payment: 'automatic' as const,
    reference,
    metadata,
  };
}

function metaOf(commandOffset: number, index: number, count: number): EventRecord['meta'] {
  return {
    command_offset: commandOffset,
    index,
    count,
    sent: -1,
    at: timeOf(commandOffset),
    command_id: nilUuid,
    answers: null,
    reply_to: [],
    placed_at: null,
    source: null,
    remember: null,
    actor: 'test',
    correlation_id: 'trace-1',
    writer,
  };
}
