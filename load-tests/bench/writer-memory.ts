// How much a writer remembers costs: bytes a live order and a remembered key, and events folded a second. Prints the
// figures and exits with 1 when one is out of budget. Run: node --expose-gc load-tests/bench/writer-memory.ts
import { createCodec } from '../../schemas/codec.ts';
import { commandNames, eventNames } from '../../schemas/generated.ts';
import type { LedgerEvent, Meta, OrderLine } from '../../schemas/generated.ts';
import type { PlacedEvent } from '../../schemas/records.ts';
import { nilUuid } from '../../schemas/records.ts';
import { evolve, initial, sizes } from '../../src/domain/decider.ts';
import type { State } from '../../src/domain/decider.ts';

const orders = 100_000;
const keys = 500_000;
const products = 1_000;
const chunk = 5_000;
const start = 1_800_000_000_000;
const orderBytesMax = 1_024;
const keyBytesMax = 200;
const eventsPerSMin = 200_000;

interface Cost {
  readonly bytes: number;
  /** Of CPU time, so that a busy machine does not change it. */
  readonly eventsPerS: number;
}

const collect = globalThis.gc ?? stop('Run it with node --expose-gc.');
const codec = createCodec(new Map([...commandNames, ...eventNames].map((name, index) => [name, index + 1])));
const ids = scrambledUuids();
const state = initial();
for (let n = 0; n < products; n += 1) evolve(state, decoded(productCreated(n), n, false));

const within = [
  print('a live order of three lines', measure(state, orders, orderEvents, false), orderBytesMax),
  print(
    'a remembered key of an order',
    measure(state, keys, () => [orderRefused()], true),
    keyBytesMax,
  ),
  print(
    'a remembered key of a product',
    measure(state, keys, (n) => [productAdjusted(n)], true),
    keyBytesMax,
  ),
];
process.stdout.write(`state: ${JSON.stringify(sizes(state))}\n`);
process.exitCode = within.every((good) => good) ? 0 : 1;

/** Folds the events of `count` things and says what each costs. They come from bytes, as when a writer recovers. */
function measure(into: State, count: number, make: (n: number) => readonly LedgerEvent[], remember: boolean): Cost {
  const before = memoryInUse();
  let events = 0;
  let cpuUs = 0;
  for (let from = 0; from < count; from += chunk) {
    const batch: PlacedEvent[] = [];
    for (let n = from; n < Math.min(from + chunk, count); n += 1) {
      for (const event of make(n)) batch.push(decoded(event, events + batch.length, remember));
    }
    const begun = process.cpuUsage();
    for (const event of batch) evolve(into, event);
    const { user, system } = process.cpuUsage(begun);
    cpuUs += user + system;
    events += batch.length;
  }
  return { bytes: (memoryInUse() - before) / count, eventsPerS: (events / cpuUs) * 1e6 };
}

/** Heap and typed arrays, after everything that can be collected was. */
function memoryInUse(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function decoded(event: LedgerEvent, offset: number, remember: boolean): PlacedEvent {
  const answers = remember ? ids() : null;
  const meta: Meta = {
    command_offset: offset,
    index: 0,
    count: 1,
    sent: -1,
    at: start + offset,
    command_id: answers ?? nilUuid,
    answers,
    reply_to: [],
    placed_at: null,
    source: null,
    remember: remember ? { fingerprint: fingerprintOf(offset), for_s: 86_400 } : null,
    actor: 'bench',
    correlation_id: 'bench',
    writer: nilUuid,
  };
  const read = codec.decode(codec.encode({ ...event, meta }));
  return read.kind === 'event' ? { ...read.record, offset } : stop(`An event was read as ${read.kind}.`);
}

function productCreated(n: number): LedgerEvent {
  const price = { amount: 250, currency: 'USD' };
  const rest = { stock: 1e12, low_stock_threshold: null, billing: 'single', frequency: null, version: 1 } as const;
  return { type: 'ProductCreated', data: { product_id: productId(n), name: 'Cup', price, ...rest } };
}

function orderEvents(n: number): LedgerEvent[] {
  const order_id = ids();
  const lines = [n, n + 1, n + 2].map((each): OrderLine => {
    const money = { amount: 250, currency: 'USD' };
    return { product_id: productId(each), quantity: 1, unit_price: money, total: money, priority: 'normal' };
  });
  const holds = lines.map(({ product_id }): LedgerEvent => {
    return { type: 'StockHeld', data: { product_id, order_id, quantity: 1, on_hand: 1e12, held: n } };
  });
  const accepted = {
    order_id,
    customer_id: `customer-${n}`,
    lines,
    total: { amount: 750, currency: 'USD' },
    priority: 'normal',
    payment: 'automatic',
    reference: `purchase-order-${n}`,
    metadata: { channel: 'web' },
    expires_at: start + 900_000,
    repeat_window_s: 0,
    version: 1,
    rests_on: [],
  } as const;
  return [...holds, { type: 'OrderAccepted', data: accepted }];
}

/** What a day's memory is made of: outcomes about orders. */
function orderRefused(): LedgerEvent {
  const money = { amount: 0, currency: 'USD' };
  const said = { customer_id: 'ann', lines: [], total: money, reference: null, metadata: {}, shortages: [] };
  const why = { reason: 'out_of_stock', detail: '', product: null, rests_on: [], settles: [] };
  return {
    type: 'OrderRefused',
    data: { order_id: ids(), ...said, priority: 'normal', payment: 'automatic', version: 1, ...why },
  };
}

function productAdjusted(n: number): LedgerEvent {
  const levels = { delta: 1, on_hand: 1e12, held: 0, version: 2 };
  return { type: 'StockAdjusted', data: { product_id: productId(n), ...levels, reason: 'count', reference: null } };
}

function productId(n: number): string {
  return `product-${n % products}`;
}

/** UUIDs that look random and are the same in every run. */
function scrambledUuids(): () => string {
  let seed = 1;
  const word = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) >>> 0;
  };
  const hex = () => word().toString(16).padStart(8, '0');
  return () => `${hex()}-${hex().slice(0, 4)}-8${hex().slice(0, 3)}-a${hex().slice(0, 3)}-${hex()}${hex().slice(0, 4)}`;
}

function fingerprintOf(n: number): Uint8Array {
  return Buffer.from(n.toString(16).padStart(64, '0'), 'hex');
}

function print(name: string, { bytes, eventsPerS }: Cost, bytesMax: number): boolean {
  const rate = Math.round(eventsPerS).toLocaleString('en-US');
  process.stdout.write(
    `${name}: ${Math.round(bytes)} bytes (at most ${bytesMax}), ${rate} events/s of CPU time folded (at least ${eventsPerSMin.toLocaleString('en-US')})\n`,
  );
  return bytes <= bytesMax && eventsPerS >= eventsPerSMin;
}

function stop(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
