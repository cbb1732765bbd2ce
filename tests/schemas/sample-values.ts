// What the samples of records are made of.
import type { CommandMeta, Meta, Money, OrderLine } from '../../schemas/generated.ts';

export const [uuidA, uuidB, uuidC] = ['1', '2', '3'].map((d) => `0c0ffee0-0000-4000-8000-00000000000${d}`) as [
  string,
  string,
  string,
];
export const order = '00078000-0000-8000-8000-00000000000f';
/** The largest integer that the codec carries: one less than the largest safe one. */
export const huge = 9_007_199_254_740_990;
export const price: Money = { amount: 1_999, currency: 'EUR' };

export const commandMeta: CommandMeta = {
  command_id: uuidA,
  fingerprint: Buffer.alloc(32, 0xab),
  remember_for_s: 86_400,
  made_at: 1_795_000_000_000,
  actor: 'user:ada',
  correlation_id: 'trace-1',
  reply_to: uuidB,
};
export const bareCommandMeta: CommandMeta = {
  ...commandMeta,
  fingerprint: Buffer.alloc(32, 0),
  remember_for_s: 0,
  made_at: -1,
  reply_to: null,
};
export const meta: Meta = {
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
export const bareMeta: Meta = {
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
export const line: OrderLine = {
  product_id: 'A-1',
  quantity: 2,
  unit_price: price,
  total: { amount: 3_998, currency: 'EUR' },
  priority: 'high',
};
export const placed = {
  order_id: order,
  customer_id: 'ada@example.com',
  lines: [line, { ...line, product_id: 'B_2', priority: 'max' as const }],
  total: { amount: huge, currency: 'EUR' },
  priority: 'max' as const,
  payment: 'manual' as const,
  reference: 'PO 4711 – Straße',
  metadata: { gift: 'yes', note: '☕' },
};
export const bare = {
  ...placed,
  lines: [],
  priority: 'low' as const,
  payment: 'automatic' as const,
  reference: null,
  metadata: {},
};

export const owned = { order_id: order, customer_id: 'ada@example.com' };
export const paying = { ...owned, attempt_id: uuidB };
export const source = { partition: 7, command_offset: huge };
export const rests_on = [{ partition: 6, offset: huge }];
export const refusal = {
  reason: 'out_of_stock',
  detail: 'There is too little.',
  product: 'B_2',
  shortages: [{ product_id: 'B_2', requested: 2, available: 1 }],
};

export function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _left, ...rest } = value;
  return rest;
}
