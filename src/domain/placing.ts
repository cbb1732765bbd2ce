// Placing an order: all its lines are held, or none. Lines of other partitions are asked for where all lines of this
// one are there.
import type {
  LedgerEvent,
  Money,
  OrderLine,
  PlaceOrder,
  PlacedLine,
  Priority,
  RequestedLine,
  Shortage,
} from '../../schemas/generated.ts';
import { add, sum, times } from './money.ts';
import type { HeldLine, RecentOrder } from './order.ts';
import type { About, Decision, Refusal } from './outcome.ts';
import { fresh, refused, UnsoundCommand } from './outcome.ts';
import { partitionOf } from './partitioner.ts';
import type { Product } from './product.ts';

/** What PlaceOrder is decided on. */
export interface Surroundings {
  /** Log time, ms. */
  readonly at: number;
  /** Whether this order_id is in use. */
  readonly taken: boolean;
  /** How many partitions there are. */
  readonly partitions: number;
  product(id: string): Product | undefined;
  /** The equal order that this one repeats, if it does. */
  readonly repeats: RecentOrder | undefined;
}

/** A line with the product it is about. */
export interface Wanted<Line extends HeldLine = HeldLine> {
  readonly requested: Line;
  readonly product: Product;
}

export function placeOrder(command: PlaceOrder, around: Surroundings): Decision {
  const { order_id } = command;
  if (around.taken) return no('already_exists', `Order ${order_id} exists already.`, { order_id });
  const lines = sumLines(command.lines);
  const partitionFor = partitionsOf(lines, around.partitions);
  const own = lines.filter((line) => partitionFor(line.product_id) === null);
  const found = findAll(own, around.product);
  if ('reason' in found) return no(found.reason, found.detail, found.about);
  const priced = price(found.wanted);
  if (priced === null) return no('amount_too_large', 'The order comes to more than the ledger can count.', null);
  if (around.repeats !== undefined) {
    const { order_id: first } = around.repeats;
    return no('repeated_order', `Order ${first} of the same customer asks for the same.`, { order_id: first });
  }
  const shortages = found.wanted.flatMap(shortageOf);
  if (shortages.length > 0) return refuse(command, priced, shortages);
  const held = found.wanted.map((each) => hold(order_id, each));
  const outcome =
    own.length === lines.length
      ? accept(command, priced, around)
      : ask(command, lines, { partitionFor, priced: priced.lines, currency: priced.total.currency });
  const isAsking = outcome.type === 'OrderPlaced';
  return { events: [...held, outcome], answer: held.length, remember: true, ...(isAsking ? { waits: true } : {}) };
}

/** Lines and total at the prices of this moment. */
interface Priced {
  readonly lines: readonly OrderLine[];
  readonly total: Money;
}

function refuse(command: PlaceOrder, priced: Priced, shortages: readonly Shortage[]): Decision {
  const { order_id, customer_id, payment, reference, metadata } = command;
  const priority = highest(command.lines.map((line) => line.priority));
  const order = { order_id, customer_id, ...priced, priority, payment, reference, metadata, version: 1 };
  const why = { reason: 'out_of_stock', detail: '', product: null };
  return fresh([{ type: 'OrderRefused', data: { ...order, shortages, ...why, rests_on: [], settles: [] } }]);
}

function accept(command: PlaceOrder, priced: Priced, { at }: Surroundings): LedgerEvent {
  const { order_id, customer_id, payment, reference, metadata, repeat_window_s } = command;
  const priority = highest(command.lines.map((line) => line.priority));
  const order = { order_id, customer_id, ...priced, priority, payment, reference, metadata };
  const expires_at = at + command.expires_after_s * 1000;
  return { type: 'OrderAccepted', data: { ...order, expires_at, repeat_window_s, version: 1, rests_on: [] } };
}

function ask(
  command: PlaceOrder,
  lines: readonly RequestedLine[],
  known: {
    readonly partitionFor: (productId: string) => number | null;
    readonly priced: readonly OrderLine[];
    readonly currency: string;
  },
): LedgerEvent {
  const { order_id, customer_id, payment, reference, metadata, expires_after_s, repeat_window_s } = command;
  const prices = new Map(known.priced.map((line) => [line.product_id, line.unit_price]));
  const placed = lines.map(({ product_id, quantity, priority }): PlacedLine => {
    const elsewhere = known.partitionFor(product_id);
    return { product_id, quantity, priority, elsewhere, unit_price: prices.get(product_id) ?? null };
  });
  const priority = highest(lines.map((line) => line.priority));
  const order = { order_id, customer_id, lines: placed, currency: known.currency, priority };
  const more = { payment, reference, metadata, expires_after_s, repeat_window_s, version: 1 };
  return { type: 'OrderPlaced', data: { ...order, ...more } };
}

/** Why lines cannot be held whatever the stock is. */
export interface Unfit {
  readonly reason: Refusal;
  readonly detail: string;
  readonly about: About;
}

/** The products of lines, where all are there, on offer and in one currency: that of the first, unless it is given. */
export function findAll<Line extends HeldLine>(
  lines: readonly Line[],
  productOf: (id: string) => Product | undefined,
  currency?: string,
): { readonly wanted: readonly Wanted<Line>[] } | Unfit {
  const wanted: Wanted<Line>[] = [];
  for (const requested of lines) {
    const { product_id } = requested;
    const product = productOf(product_id);
    if (product === undefined) {
      return { reason: 'unknown_product', detail: `There is no product ${product_id}.`, about: { product_id } };
    }
    wanted.push({ requested, product });
  }
  const archived = wanted.find(({ product }) => product.archived !== null)?.product.product_id;
  if (archived !== undefined) {
    const detail = `Product ${archived} is archived.`;
    return { reason: 'product_archived', detail, about: { product_id: archived } };
  }
  const currencies = new Set(wanted.map(({ product }) => product.price.currency));
  if (currency !== undefined) currencies.add(currency);
  if (currencies.size > 1) {
    const detail = `The products are priced in ${[...currencies].join(' and ')}.`;
    return { reason: 'mixed_currencies', detail, about: null };
  }
  return { wanted };
}

/** Which other partition a product of an order lives in; null for those that live with its first product: here. */
export function partitionsOf(
  lines: readonly { readonly product_id: string }[],
  partitions: number,
): (productId: string) => number | null {
  if (partitions < 2 || lines.length < 2) return () => null;
  const first = lines.reduce((least, { product_id: id }) => (id < least ? id : least), lines[0]?.product_id ?? '');
  const home = partitionOf(first, partitions);
  return (productId) => {
    const partition = partitionOf(productId, partitions);
    return partition === home ? null : partition;
  };
}

/** One line a product, in order of first appearance, with the highest priority of those that were summed. */
function sumLines(lines: readonly RequestedLine[]): readonly RequestedLine[] {
  if (lines.length === 0) throw new UnsoundCommand('an order has no lines');
  const summed = new Map<string, RequestedLine>();
  for (const line of lines) {
    if (line.quantity < 1) throw new UnsoundCommand(`an order asks for ${line.quantity}`);
    const sofar = summed.get(line.product_id);
    summed.set(line.product_id, sofar === undefined ? line : join(sofar, line));
  }
  return [...summed.values()];
}

function join(a: RequestedLine, b: RequestedLine): RequestedLine {
  const quantity = add(a.quantity, b.quantity);
  if (quantity === null) throw new UnsoundCommand('an order asks for more than can be counted');
  return { product_id: a.product_id, quantity, priority: highest([a.priority, b.priority]) };
}

/** Lines and total at today's prices; null where a number would reach 2^53. */
function price(wanted: readonly Wanted<RequestedLine>[]): Priced | null {
  const lines: OrderLine[] = [];
  for (const { requested, product } of wanted) {
    const { product_id, quantity, priority } = requested;
    const total = times(product.price, quantity);
    if (total === null || add(product.held, quantity) === null) return null;
    lines.push({ product_id, quantity, unit_price: product.price, total, priority });
  }
  const currency = wanted[0]?.product.price.currency ?? '';
  const total = sum(
    lines.map((line) => line.total),
    currency,
  );
  return total === null ? null : { lines, total };
}

export function shortageOf({ requested, product }: Wanted): Shortage[] {
  if (product.on_hand === null) return [];
  const available = product.on_hand - product.held;
  const { product_id, quantity } = requested;
  return quantity > available ? [{ product_id, requested: quantity, available }] : [];
}

export function hold(order_id: string, { requested, product }: Wanted): LedgerEvent {
  const { product_id, quantity } = requested;
  const data = { product_id, order_id, quantity, on_hand: product.on_hand, held: product.held + quantity };
  return { type: 'StockHeld', data };
}

const urgency: { readonly [P in Priority]: number } = { low: 0, normal: 1, high: 2, critical: 3, max: 4 };

function highest(priorities: readonly Priority[]): Priority {
  return priorities.reduce((a, b) => (urgency[b] > urgency[a] ? b : a), 'low');
}

function no(reason: Refusal, detail: string, about: About): Decision {
  return fresh([refused(reason, detail, about)]);
}
