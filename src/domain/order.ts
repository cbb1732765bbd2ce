// Orders: what may happen to them. All lines of an order are held, or none.
import type {
  CancelOrder,
  LedgerEvent,
  OrderLine,
  PlaceOrder,
  Priority,
  RequestedLine,
  Shortage,
} from '../../schemas/generated.ts';
import { add, sum, times } from './money.ts';
import type { About, Decision, Refusal } from './outcome.ts';
import { fresh, refused, repeated, UnsoundCommand } from './outcome.ts';
import type { Product } from './product.ts';

/** Where an order can stand; the last one is the end of it. */
export type OrderStatus = 'PENDING' | 'CANCELLED';

/** Units of one product that an order holds. */
export interface HeldLine {
  readonly product_id: string;
  readonly quantity: number;
}

export interface LiveOrder {
  readonly customer_id: string;
  readonly status: OrderStatus;
  readonly lines: readonly HeldLine[];
  readonly version: number;
}

/** What is left of an order that came to its end, for `closedForS` seconds of log time. */
export interface ClosedOrder {
  readonly at: number;
  readonly status: OrderStatus;
  /** Journal offset of the event that closed it. */
  readonly offset: number;
}

/** An accepted order that an equal one may repeat. */
export interface RecentOrder {
  readonly at: number;
  readonly order_id: string;
  readonly command_id: string;
}

/** For how long a closed order is still known here, in seconds of log time; later the views know it. */
export const closedForS = 600;

/** What PlaceOrder is decided on. */
export interface Surroundings {
  /** Log time, ms. */
  readonly at: number;
  /** Whether this order_id is in use. */
  readonly taken: boolean;
  product(id: string): Product | undefined;
  /** The equal order that this one repeats, if it does. */
  readonly repeats: RecentOrder | undefined;
}

interface Wanted {
  readonly requested: RequestedLine;
  readonly product: Product;
}

export function placeOrder(command: PlaceOrder, around: Surroundings): Decision {
  const { order_id, customer_id, payment, reference, metadata, repeat_window_s } = command;
  if (around.taken) return no('already_exists', `Order ${order_id} exists already.`, { order_id });
  const wanted: Wanted[] = [];
  for (const requested of sumLines(command.lines)) {
    const { product_id } = requested;
    const product = around.product(product_id);
    if (product === undefined) return no('unknown_product', `There is no product ${product_id}.`, { product_id });
    wanted.push({ requested, product });
  }
  const archived = wanted.find(({ product }) => product.archived !== null)?.product.product_id;
  if (archived !== undefined) {
    return no('product_archived', `Product ${archived} is archived.`, { product_id: archived });
  }
  const currencies = new Set(wanted.map(({ product }) => product.price.currency));
  if (currencies.size > 1) {
    return no('mixed_currencies', `The products are priced in ${[...currencies].join(' and ')}.`, null);
  }
  const priced = price(wanted);
  if (priced === null) return no('amount_too_large', 'The order comes to more than the ledger can count.', null);
  if (around.repeats !== undefined) {
    const { order_id: first } = around.repeats;
    return no('repeated_order', `Order ${first} of the same customer asks for the same.`, { order_id: first });
  }
  const priority = highest(command.lines.map((line) => line.priority));
  const order = { order_id, customer_id, ...priced, priority, payment, reference, metadata };
  const shortages = wanted.flatMap(shortageOf);
  if (shortages.length > 0) return fresh([{ type: 'OrderRefused', data: { ...order, shortages, version: 1 } }]);
  const expires_at = around.at + command.expires_after_s * 1000;
  const held = wanted.map((each) => hold(order_id, each));
  const accepted = { ...order, expires_at, repeat_window_s, version: 1 };
  return fresh([...held, { type: 'OrderAccepted', data: accepted }], held.length);
}

/** `closed` is given only while a closed order is still known here. */
export function cancelOrder(
  command: CancelOrder,
  live: LiveOrder | undefined,
  closed: ClosedOrder | undefined,
  product: (id: string) => Product | undefined,
): Decision {
  const { order_id, expected_version: expected, reason } = command;
  if (closed?.status === 'CANCELLED') return fresh([repeated({ order_id }, closed.offset, 'OrderCancelled')]);
  if (closed !== undefined) return notCancellable(order_id, closed.status);
  if (live === undefined) return no('unknown_order', `There is no order ${order_id} here.`, { order_id });
  if (expected !== null && expected !== live.version) {
    return no('version_mismatch', `Order ${order_id} has version ${live.version}, not ${expected}.`, { order_id });
  }
  if (live.status !== 'PENDING') return notCancellable(order_id, live.status);
  const { customer_id, lines, version } = live;
  const cancelled = { order_id, customer_id, reason, version: version + 1 };
  return fresh([
    { type: 'OrderCancelled', data: cancelled },
    ...lines.map((line) => giveBack(order_id, line, product)),
  ]);
}

/** One line a product, in order of first appearance, with the highest priority of those that were summed. */
function sumLines(lines: readonly RequestedLine[]): Iterable<RequestedLine> {
  if (lines.length === 0) throw new UnsoundCommand('an order has no lines');
  const summed = new Map<string, RequestedLine>();
  for (const line of lines) {
    if (line.quantity < 1) throw new UnsoundCommand(`an order asks for ${line.quantity}`);
    const sofar = summed.get(line.product_id);
    summed.set(line.product_id, sofar === undefined ? line : join(sofar, line));
  }
  return summed.values();
}

function join(a: RequestedLine, b: RequestedLine): RequestedLine {
  const quantity = add(a.quantity, b.quantity);
  if (quantity === null) throw new UnsoundCommand('an order asks for more than can be counted');
  return { product_id: a.product_id, quantity, priority: highest([a.priority, b.priority]) };
}

/** Lines and total at today's prices; null where a number would reach 2^53. */
function price(
  wanted: readonly Wanted[],
): { readonly lines: readonly OrderLine[]; readonly total: OrderLine['total'] } | null {
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

function shortageOf({ requested, product }: Wanted): Shortage[] {
  if (product.on_hand === null) return [];
  const available = product.on_hand - product.held;
  const { product_id, quantity } = requested;
  return quantity > available ? [{ product_id, requested: quantity, available }] : [];
}

function hold(order_id: string, { requested, product }: Wanted): LedgerEvent {
  const { product_id, quantity } = requested;
  const data = { product_id, order_id, quantity, on_hand: product.on_hand, held: product.held + quantity };
  return { type: 'StockHeld', data };
}

function giveBack(order_id: string, line: HeldLine, product: (id: string) => Product | undefined): LedgerEvent {
  const { product_id, quantity } = line;
  const held = product(product_id);
  if (held === undefined) throw new Error(`order ${order_id} holds product ${product_id}, which is not there`);
  return {
    type: 'StockReleased',
    data: { product_id, order_id, quantity, on_hand: held.on_hand, held: held.held - quantity },
  };
}

const urgency: { readonly [P in Priority]: number } = { low: 0, normal: 1, high: 2, critical: 3, max: 4 };

function highest(priorities: readonly Priority[]): Priority {
  return priorities.reduce((a, b) => (urgency[b] > urgency[a] ? b : a), 'low');
}

function notCancellable(order_id: string, status: OrderStatus): Decision {
  return no('not_cancellable', `Order ${order_id} is ${status}; only PENDING ones can be cancelled.`, { order_id });
}

function no(reason: Refusal, detail: string, about: About): Decision {
  return fresh([refused(reason, detail, about)]);
}
