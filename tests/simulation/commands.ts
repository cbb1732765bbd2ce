// What the simulated clients ask for: products with little stock, orders that compete for it, repeats, reused keys,
// cancellations, and now and then something that is no command at all.
import type { Command, CommandMeta } from '../../schemas/generated.ts';
import type { CommandRecord } from '../../schemas/records.ts';
import type { World } from './world.ts';

export interface Wish {
  readonly partition: number;
  readonly record: CommandRecord | 'poison';
}

const products = ['apple', 'pear', 'plum'];

/** Draws the commands of one seed, in the order in which clients begin to ask; all partitions get the same products. */
export function drawWishes(world: World, partitions: number): Wish[] {
  const wishes: Wish[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    products.forEach((product, i) => wishes.push({ partition, record: create(world, partition, product, i) }));
  }
  const orders: Wish[] = [];
  for (let i = 0; i < 15 + world.below(25); i++) {
    const partition = world.below(partitions);
    const kind = world.random();
    const earlier = orders[world.below(orders.length)];
    if (kind < 0.15 && earlier !== undefined) wishes.push(earlier);
    else if (kind < 0.2 && earlier !== undefined) wishes.push(reuse(earlier));
    else if (kind < 0.35 && earlier !== undefined) wishes.push(cancel(i, earlier));
    else if (kind < 0.42) wishes.push({ partition, record: adjust(world, i, partition) });
    else if (kind < 0.45) wishes.push({ partition, record: 'poison' });
    else {
      const order = { partition, record: place(world, i, partition) };
      orders.push(order);
      wishes.push(order);
    }
  }
  return wishes;
}

function create(world: World, partition: number, product_id: string, i: number): CommandRecord {
  const price = { amount: 100 + i, currency: 'USD' };
  const more = { name: product_id, price, low_stock_threshold: null, billing: 'single', frequency: null } as const;
  const stock = world.chance(0.1) ? null : world.below(6);
  return about(world, 1_000 * (partition + 1) + i, { type: 'CreateProduct', data: { product_id, stock, ...more } });
}

function place(world: World, i: number, partition: number): CommandRecord {
  const chosen = products.filter(() => world.chance(0.5));
  const lines = (chosen.length === 0 ? ['apple'] : chosen).map((product_id) => {
    return { product_id, quantity: 1 + world.below(3), priority: 'normal' } as const;
  });
  return about(world, 10_000 + i, {
    type: 'PlaceOrder',
    data: {
      order_id: uuid(10_000 + i, partition),
      customer_id: `customer-${world.below(3)}`,
      lines,
      priority: 'normal',
      payment: 'manual',
      reference: null,
      metadata: {},
      expires_after_s: 900,
      repeat_window_s: 0,
    },
  });
}

function adjust(world: World, i: number, partition: number): CommandRecord {
  const product_id = products[world.below(products.length)] ?? 'apple';
  const delta = world.below(7) - 3;
  const data = {
    product_id,
    delta,
    set_to: null,
    expected_version: null,
    reason: `count ${partition}`,
    reference: null,
  };
  return about(world, 20_000 + i, { type: 'AdjustStock', data });
}

function cancel(i: number, { partition, record }: Wish): Wish {
  const order_id = record !== 'poison' && record.type === 'PlaceOrder' ? record.data.order_id : uuid(i, partition);
  const meta = metaOf(30_000 + i, -1);
  return { partition, record: { type: 'CancelOrder', data: { order_id, expected_version: null, reason: null }, meta } };
}

/** The key of an earlier order with another body. */
function reuse({ partition, record }: Wish): Wish {
  if (record === 'poison') return { partition, record };
  return { partition, record: { ...record, meta: { ...record.meta, fingerprint: Buffer.alloc(32, 0xee) } } };
}

function about(world: World, n: number, command: Command): CommandRecord {
  return { ...command, meta: metaOf(n, world.chance(0.9) ? -1 : world.now()) };
}

function metaOf(n: number, made_at: number): CommandMeta {
  const fingerprint = Buffer.alloc(32);
  fingerprint.writeUInt32BE(n, 0);
  const id = uuid(n, 0xffff);
  return {
    command_id: id,
    fingerprint,
    remember_for_s: 86_400,
    made_at,
    actor: 'sim',
    correlation_id: `sim-${n}`,
    reply_to: null,
  };
}

/** A UUIDv8 whose first 16 bits are the partition. */
function uuid(n: number, partition: number): string {
  return `${partition.toString(16).padStart(4, '0')}0000-0000-8000-8000-${n.toString(16).padStart(12, '0')}`;
}
