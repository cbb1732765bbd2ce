// One full and one bare example of every record type: everything given, and nothing that may be left out.
import type { CommandMeta, Meta, Money, OrderLine } from '../../schemas/generated.ts';
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';

type SampleRecord = CommandRecord | EventRecord;

const [uuidA, uuidB, uuidC] = ['1', '2', '3'].map((d) => `0c0ffee0-0000-4000-8000-00000000000${d}`) as [
  string,
  string,
  string,
];
const order = '00078000-0000-8000-8000-00000000000f';
/** The largest integer that the codec carries: one less than the largest safe one. */
const huge = 9_007_199_254_740_990;
const price: Money = { amount: 1_999, currency: 'EUR' };

const commandMeta: CommandMeta = {
  command_id: uuidA,
  fingerprint: Buffer.alloc(32, 0xab),
  remember_for_s: 86_400,
  made_at: 1_795_000_000_000,
  actor: 'user:ada',
  correlation_id: 'trace-1',
  reply_to: uuidB,
};
const bareCommandMeta: CommandMeta = {
  ...commandMeta,
  fingerprint: Buffer.alloc(32, 0),
  remember_for_s: 0,
  made_at: -1,
  reply_to: null,
};
const meta: Meta = {
  command_offset: 41,
  index: 1,
  count: 3,
  sent: 40,
  at: 1_795_000_000_123,
  command_id: uuidA,
  answers: uuidA,
  reply_to: [uuidB, uuidC],
  placed_at: 41,
  source: { partition: 7, command_offset: huge },
  remember: { fingerprint: Buffer.alloc(32, 0xcd), for_s: 600 },
  actor: 'user:ada',
  correlation_id: 'trace-1',
  writer: uuidC,
};
const bareMeta: Meta = {
  ...meta,
  command_offset: -1,
  index: 0,
  count: 1,
  sent: -1,
  answers: null,
  reply_to: [],
  placed_at: null,
  source: null,
  remember: null,
};
const line: OrderLine = {
  product_id: 'A-1',
  quantity: 2,
  unit_price: price,
  total: { amount: 3_998, currency: 'EUR' },
  priority: 'high',
};
const placed = {
  order_id: order,
  customer_id: 'ada@example.com',
  lines: [line, { ...line, product_id: 'B_2', priority: 'max' as const }],
  total: { amount: huge, currency: 'EUR' },
  priority: 'max' as const,
  payment: 'manual' as const,
  reference: 'PO 4711 – Straße',
  metadata: { gift: 'yes', note: '☕' },
};
const bare = {
  ...placed,
  lines: [],
  priority: 'low' as const,
  payment: 'automatic' as const,
  reference: null,
  metadata: {},
};

const fullCommands: readonly CommandRecord[] = [
  {
    type: 'AdjustStock',
    meta: commandMeta,
    data: { product_id: 'A-1', delta: -5, set_to: null, expected_version: 3, reason: 'broken', reference: 'R-1' },
  },
  { type: 'ArchiveProduct', meta: commandMeta, data: { product_id: 'A-1', expected_version: 4 } },
  { type: 'CancelOrder', meta: commandMeta, data: { order_id: order, expected_version: 1, reason: 'changed my mind' } },
  {
    type: 'ChangeProduct',
    meta: commandMeta,
    data: { product_id: 'A-1', expected_version: 2, name: 'Köln', price, low_stock_threshold: { value: 10 } },
  },
  {
    type: 'CreateProduct',
    meta: commandMeta,
    data: {
      product_id: 'A-1',
      name: 'Mug ☕',
      price,
      stock: 1_000_000_000_000,
      low_stock_threshold: 5,
      billing: 'recurring',
      frequency: 'monthly',
    },
  },
  {
    type: 'PlaceOrder',
    meta: commandMeta,
    data: {
      ...without(placed, 'total'),
      lines: [{ product_id: 'A-1', quantity: 1_000_000, priority: 'critical' }],
      expires_after_s: 900,
      repeat_window_s: 60,
    },
  },
];

const bareCommands: readonly CommandRecord[] = [
  {
    type: 'AdjustStock',
    meta: bareCommandMeta,
    data: { product_id: 'A', delta: null, set_to: 0, expected_version: null, reason: '', reference: null },
  },
  { type: 'ArchiveProduct', meta: bareCommandMeta, data: { product_id: 'A', expected_version: null } },
  { type: 'CancelOrder', meta: bareCommandMeta, data: { order_id: order, expected_version: null, reason: null } },
  {
    type: 'ChangeProduct',
    meta: bareCommandMeta,
    data: { product_id: 'A', expected_version: null, name: null, price: null, low_stock_threshold: null },
  },
  {
    type: 'CreateProduct',
    meta: bareCommandMeta,
    data: {
      product_id: 'A',
      name: 'A',
      price: { amount: 0, currency: 'USD' },
      stock: null,
      low_stock_threshold: null,
      billing: 'single',
      frequency: null,
    },
  },
  {
    type: 'PlaceOrder',
    meta: bareCommandMeta,
    data: { ...without(bare, 'total'), lines: [], expires_after_s: 1, repeat_window_s: 0 },
  },
];

const fullEvents: readonly EventRecord[] = [
  {
    type: 'CommandRefused',
    meta,
    data: { reason: 'unknown_product', detail: 'there is no A-1', product_id: 'A-1', order_id: order },
  },
  {
    type: 'CommandRepeated',
    meta,
    data: { order_id: order, product_id: 'A-1', first_offset: huge, decided: 'OrderAccepted' },
  },
  { type: 'LedgerOpened', meta, data: { ledger_id: uuidA, partitions: 8 } },
  {
    type: 'OrderAccepted',
    meta,
    data: { ...placed, expires_at: 1_795_000_900_000, repeat_window_s: 60, version: 1 },
  },
  {
    type: 'OrderCancelled',
    meta,
    data: { order_id: order, customer_id: 'ada', reason: 'changed my mind', version: 2 },
  },
  {
    type: 'OrderRefused',
    meta,
    data: { ...placed, shortages: [{ product_id: 'A-1', requested: 2, available: 1 }], version: 1 },
  },
  { type: 'ProductArchived', meta, data: { product_id: 'A-1', version: 9 } },
  {
    type: 'ProductChanged',
    meta,
    data: { product_id: 'A-1', name: 'Köln', price, low_stock_threshold: 10, version: 2 },
  },
  {
    type: 'ProductCreated',
    meta,
    data: {
      product_id: 'A-1',
      name: 'Mug ☕',
      price,
      stock: 12,
      low_stock_threshold: 5,
      billing: 'recurring',
      frequency: 'monthly',
      version: 1,
    },
  },
  {
    type: 'StockAdjusted',
    meta,
    data: { product_id: 'A-1', delta: -3, on_hand: 9, held: 2, reason: 'broken', reference: 'R-1', version: 1 },
  },
  { type: 'StockHeld', meta, data: { product_id: 'A-1', order_id: order, quantity: 2, on_hand: 9, held: 4 } },
  { type: 'StockReleased', meta, data: { product_id: 'A-1', order_id: order, quantity: 2, on_hand: 9, held: 2 } },
];

const bareEvents: readonly EventRecord[] = [
  { type: 'CommandRefused', meta: bareMeta, data: { reason: 'r', detail: '', product_id: null, order_id: null } },
  {
    type: 'CommandRepeated',
    meta: bareMeta,
    data: { order_id: null, product_id: null, first_offset: 0, decided: 'ProductCreated' },
  },
  { type: 'LedgerOpened', meta: bareMeta, data: { ledger_id: uuidB, partitions: 1 } },
  { type: 'OrderAccepted', meta: bareMeta, data: { ...bare, expires_at: null, repeat_window_s: 0, version: 1 } },
  { type: 'OrderCancelled', meta: bareMeta, data: { order_id: order, customer_id: 'a', reason: null, version: 2 } },
  { type: 'OrderRefused', meta: bareMeta, data: { ...bare, shortages: [], version: 1 } },
  { type: 'ProductArchived', meta: bareMeta, data: { product_id: 'A', version: 2 } },
  {
    type: 'ProductChanged',
    meta: bareMeta,
    data: { product_id: 'A', name: 'A', price, low_stock_threshold: null, version: 2 },
  },
  {
    type: 'ProductCreated',
    meta: bareMeta,
    data: {
      product_id: 'A',
      name: 'A',
      price,
      stock: null,
      low_stock_threshold: null,
      billing: 'single',
      frequency: null,
      version: 1,
    },
  },
  {
    type: 'StockAdjusted',
    meta: bareMeta,
    data: { product_id: 'A', delta: 0, on_hand: 0, held: 0, reason: '', reference: null, version: 1 },
  },
  {
    type: 'StockHeld',
    meta: bareMeta,
    data: { product_id: 'A', order_id: order, quantity: 1, on_hand: null, held: 1 },
  },
  {
    type: 'StockReleased',
    meta: bareMeta,
    data: { product_id: 'A', order_id: order, quantity: 1, on_hand: null, held: 0 },
  },
];

/** By record type: what the latest version can say at most, and at least. */
export const samples: ReadonlyMap<string, { readonly full: SampleRecord; readonly bare: SampleRecord }> = new Map(
  [...fullCommands, ...fullEvents].map((full) => {
    const leaner = [...bareCommands, ...bareEvents].find(({ type }) => type === full.type);
    if (leaner === undefined) throw new Error(`${full.type} has no bare sample`);
    return [full.type, { full, bare: leaner }];
  }),
);

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _left, ...rest } = value;
  return rest;
}
