// Writes a journal as writers would have written it, faster than they would: the records of orders from their placing to
// their payment, each at the offset that it states. Every order has five events of three commands:
//   PlaceOrder     StockHeld, OrderAccepted
//   BeginProcessing OrderProcessing
//   RecordPayment  StockSold, OrderPaid
// over 5,000 customers, 200 products and 30 days of log time. The same every time: nothing is drawn at random.
import { createHash } from 'node:crypto';
import type { Codec } from '../../schemas/codec.ts';
import type { LedgerEvent, Meta, Money } from '../../schemas/generated.ts';
import { nilUuid } from '../../schemas/records.ts';
import { positionHeader, positionOf } from '../../src/log/journal.ts';
import type { Log, OutgoingRecord } from '../../src/log/port.ts';
import { realPace } from '../../src/platform/pace.ts';

const customers = 5_000;
const products = 200;
const days = 30;
const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);
const batchRecords = 1_000;
/** A topic that was made just now may have no leader yet. */
const attemptsMax = 20;
const retryMs = 500;
export const eventsPerOrder = 5;

interface Partition {
  readonly partition: number;
  offset: number;
  command: number;
  batch: OutgoingRecord[];
}

/** Appends about `events` events to an empty topic; answers how many. @throws LogError */
export async function generate(
  { log, topic, codec }: { readonly log: Log; readonly topic: string; readonly codec: Codec },
  partitions: number,
  events: number,
): Promise<number> {
  const all = Array.from({ length: partitions }, (_, partition): Partition => ({
    partition,
    offset: 0,
    command: -1,
    batch: [],
  }));
  let count = 0;
  const flush = (): Promise<void> => appendAll(log, topic, all);
  const put = (one: Partition, atMs: number, ...of: readonly LedgerEvent[]): void => {
    of.forEach((event, index) => {
      const meta = metaOf(one.command, index, of.length, atMs);
      const headers = { [positionHeader]: positionOf(one.offset, []) };
      one.batch.push({ key: 'product', value: codec.encode({ ...event, meta }), headers });
      one.offset += 1;
      count += 1;
    });
    one.command += 1;
  };
  for (const one of all) put(one, 0, { type: 'LedgerOpened', data: { ledger_id: nilUuid, partitions } });
  const orders = Math.floor((events - partitions) / eventsPerOrder);
  for (let n = 0; n < orders; n++) {
    const one = all[n % partitions];
    if (one === undefined) throw new Error('there is no partition');
    const atMs = startMs + Math.floor((n / orders) * days * dayMs);
    for (const command of lifeOf(n, one.partition)) put(one, atMs, ...command);
    if (one.partition === partitions - 1 && one.batch.length + eventsPerOrder > batchRecords) await flush();
  }
  await flush();
  return count;
}

/** Appends every batch; one whose fate is unknown is sent again where it did not land, as a writer would. */
async function appendAll(log: Log, topic: string, all: readonly Partition[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const ends = attempt === 1 ? null : await log.ends(topic);
    for (const one of all) if (ends?.get(one.partition)?.high === one.offset) one.batch = [];
    const batches = all
      .filter(({ batch }) => batch.length > 0)
      .map(({ partition, batch }) => [partition, batch] as const);
    if (batches.length === 0) return;
    const appender = await log.openAppender();
    try {
      await appender.append(topic, new Map(batches));
      for (const one of all) one.batch = [];
      return;
    } catch (error) {
      if (attempt === attemptsMax) throw error;
      await realPace.sleep(retryMs);
    } finally {
      await appender.close();
    }
  }
}

/** The events of one order, command by command. */
function lifeOf(n: number, partition: number): readonly (readonly LedgerEvent[])[] {
  const digits = createHash('sha256').update(`order ${n}`).digest('hex');
  const order_id = `${partition.toString(16).padStart(4, '0')}${digits.slice(0, 4)}-${digits.slice(4, 8)}-8${digits.slice(8, 11)}-8${digits.slice(11, 14)}-${digits.slice(14, 26)}`;
  const customer_id = `customer-${(n * 7_919) % customers}`;
  const product_id = `product-${(n * 31) % products}`;
  const quantity = 1 + (n % 3);
  const unit_price: Money = { amount: 1_000 + ((n * 13) % 9_000), currency: 'USD' };
  const total: Money = { amount: unit_price.amount * quantity, currency: 'USD' };
  const lines = [{ product_id, quantity, unit_price, total, priority: 'normal' as const }];
  const order = { order_id, customer_id };
  const moved = { product_id, order_id, quantity, on_hand: 1_000_000 };
  const attempt_id = order_id;
  const terms = { priority: 'normal', payment: 'automatic', reference: null, metadata: {} } as const;
  return [
    [
      { type: 'StockHeld', data: { ...moved, held: quantity } },
      {
        type: 'OrderAccepted',
        data: { ...order, lines, total, ...terms, expires_at: null, repeat_window_s: 0, version: 1, rests_on: [] },
      },
    ],
    [{ type: 'OrderProcessing', data: { ...order, attempt_id, total, priority: 'normal', version: 2 } }],
    [
      { type: 'StockSold', data: { ...moved, held: 0 } },
      {
        type: 'OrderPaid',
        data: { ...order, attempt_id, lines, total, gateway_reference: `g-${n}`, version: 3, settles: [] },
      },
    ],
  ];
}

function metaOf(command_offset: number, index: number, count: number, at: number): Meta {
  return {
    command_offset,
    index,
    count,
    sent: command_offset,
    at,
    command_id: nilUuid,
    answers: null,
    reply_to: [],
    placed_at: null,
    source: null,
    remember: null,
    actor: 'key:bench',
    correlation_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    writer: nilUuid,
  };
}
