// What the simulated clients ask for: products with little stock, orders over any number of partitions that compete for
// it, repeats, reused keys, and the whole life of orders; now and then something that is no command at all.
import type { Command, CommandMeta } from '../../schemas/generated.ts';
import type { CommandRecord } from '../../schemas/records.ts';
import { partitionOf } from '../../src/domain/partitioner.ts';
import type { World } from './world.ts';

export interface Wish {
  readonly partition: number;
  readonly record: CommandRecord | 'poison';
}

type OrderRecord = Extract<CommandRecord, { readonly type: 'PlaceOrder' }>;

/** Two of each partition. */
const names = ['apple', 'cherry', 'grape', 'lemon', 'orange', 'pear'];

/** Price of one unit of a product, by its place among the names. */
const priceOf = (product: string): number => 100 + names.indexOf(product);

/** Draws the commands of one seed, in the order in which clients begin to ask. */
export function drawWishes(world: World, partitions: number): Wish[] {
  const home = (product: string): number => partitionOf(product, partitions);
  const wishes: Wish[] = names.map((product, i) => ({ partition: home(product), record: create(world, product, i) }));
  const orders: OrderRecord[] = [];
  for (let i = 0; i < 12 + world.below(20); i++) {
    const kind = world.random();
    const earlier = orders[world.below(orders.length)];
    const partition = earlier === undefined ? 0 : home(firstOf(earlier));
    if (kind < 0.1 && earlier !== undefined) wishes.push({ partition, record: earlier });
    else if (kind < 0.14 && earlier !== undefined) wishes.push({ partition, record: reuse(earlier) });
    else if (kind < 0.42 && earlier !== undefined) {
      for (const record of life(world, i, earlier)) wishes.push({ partition, record });
    } else if (kind < 0.47) wishes.push(adjust(world, i, home));
    else if (kind < 0.5) wishes.push({ partition: world.below(partitions), record: 'poison' });
    else {
      const order = place(world, i, home);
      orders.push(order);
      wishes.push({ partition: home(firstOf(order)), record: order });
    }
  }
  return wishes;
}

function create(world: World, product_id: string, i: number): CommandRecord {
  const price = { amount: priceOf(product_id), currency: world.chance(0.05) ? 'EUR' : 'USD' };
  const more = { name: product_id, price, low_stock_threshold: null, billing: 'single', frequency: null } as const;
  const stock = world.chance(0.1) ? null : world.below(14);
  return about(world, 1_000 + i, { type: 'CreateProduct', data: { product_id, stock, ...more } });
}

function place(world: World, i: number, home: (product: string) => number): OrderRecord {
  const chosen = names.filter(() => world.chance(0.4));
  const wanted = chosen.length === 0 ? ['apple'] : chosen;
  if (world.chance(0.03)) wanted.push('nothing');
  const lines = wanted.map((product_id) => {
    return { product_id, quantity: 1 + world.below(2), priority: 'normal' } as const;
  });
  const first = wanted.reduce((least, id) => (id < least ? id : least));
  const data = {
    order_id: uuid(10_000 + i, home(first)),
    customer_id: `customer-${world.below(3)}`,
    lines,
    priority: 'normal',
    payment: world.chance(0.5) ? 'manual' : 'automatic',
    reference: null,
    metadata: {},
    expires_after_s: world.chance(0.3) ? 0 : 900,
    repeat_window_s: world.chance(0.2) ? 60 : 0,
  } as const;
  return { type: 'PlaceOrder', data, meta: metaOf(10_000 + i, world.chance(0.9) ? -1 : world.now()) };
}

/** What people and workers ask of an order that may be anywhere in its life. */
function life(world: World, i: number, order: OrderRecord): CommandRecord[] {
  const { order_id, lines } = order.data;
  const attempt_id = uuid(40_000 + i, 0xffff);
  const total = lines.reduce((sum, { product_id, quantity }) => sum + priceOf(product_id) * quantity, 0);
  const ask = (n: number, command: Command): CommandRecord => ({ ...command, meta: metaOf(n + i, -1) });
  const record = (n: number, result: 'captured' | 'declined', attempt = attempt_id): CommandRecord => {
    const amount = { amount: total + (world.chance(0.1) ? 1 : 0), currency: 'USD' };
    const data = { order_id, attempt_id: attempt, result, amount, reason: null, gateway_reference: null };
    return ask(n, { type: 'RecordPayment', data });
  };
  const cancel = ask(30_000, { type: 'CancelOrder', data: { order_id, expected_version: null, reason: null } });
  const request = ask(31_000, { type: 'RequestPayment', data: { order_id } });
  const begin = ask(32_000, { type: 'BeginProcessing', data: { order_id, attempt_id } });
  const expire = ask(33_000, { type: 'ExpireOrder', data: { order_id } });
  const kind = world.random();
  if (kind < 0.3) return [cancel];
  if (kind < 0.4) return [request, begin];
  if (kind < 0.65) return [request, begin, record(34_000, 'captured'), record(35_000, 'captured')];
  if (kind < 0.8) return [begin, record(34_000, 'declined'), cancel];
  if (kind < 0.9) return [record(34_000, 'captured', uuid(41_000 + i, 0xffff)), expire];
  return [expire];
}

function adjust(world: World, i: number, home: (product: string) => number): Wish {
  const product_id = names[world.below(names.length)] ?? 'apple';
  const delta = world.below(7) - 3;
  const data = { product_id, delta, set_to: null, expected_version: null, reason: 'count', reference: null };
  return { partition: home(product_id), record: about(world, 20_000 + i, { type: 'AdjustStock', data }) };
}

/** The key of an earlier order with another body. */
function reuse(order: OrderRecord): CommandRecord {
  return { ...order, meta: { ...order.meta, fingerprint: Buffer.alloc(32, 0xee) } };
}

function firstOf({ data }: OrderRecord): string {
  return data.lines.map(({ product_id }) => product_id).reduce((least, id) => (id < least ? id : least));
}

function about(world: World, n: number, command: Command): CommandRecord {
  return { ...command, meta: metaOf(n, world.chance(0.9) ? -1 : world.now()) };
}

function metaOf(n: number, made_at: number): CommandMeta {
  const fingerprint = Buffer.alloc(32);
  fingerprint.writeUInt32BE(n, 0);
  return {
    command_id: uuid(n, 0xffff),
    fingerprint,
    remember_for_s: 86_400,
    made_at,
    actor: 'sim',
    correlation_id: `sim-${n}`,
    reply_to: uuid(n % 3, 0xfffe),
  };
}

/** A UUIDv8 whose first 16 bits are the partition. */
function uuid(n: number, partition: number): string {
  return `${partition.toString(16).padStart(4, '0')}0000-0000-8000-8000-${n.toString(16).padStart(12, '0')}`;
}
