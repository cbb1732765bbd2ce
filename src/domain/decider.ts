// The heart of the ledger: what a partition knows, how events change it, and what a command leads to. Pure and
// synchronous; time and ids come in the records. Same state, same command: same events.
import type { PlacedCommand, PlacedEvent } from '../../schemas/records.ts';
import type { Remembered } from './memory.ts';
import { createMemory, sameFingerprint } from './memory.ts';
import type { ClosedOrder, LiveOrder, RecentOrder, Surroundings } from './order.ts';
import { cancelOrder, closedForS, placeOrder } from './order.ts';
import type { About, Decision } from './outcome.ts';
import { passing, refused, repeated, UnsoundCommand } from './outcome.ts';
import { free } from './overlay.ts';
import type { Product } from './product.ts';
import { adjustStock, archiveProduct, changeProduct, createProduct } from './product.ts';
import type { Table } from './table.ts';
import { createTable, get, put, remove } from './table.ts';
import type { Timed } from './timed.ts';
import { createTimed, find, keep } from './timed.ts';
import { isUuid } from './uuid.ts';

export type { Decision, Refusal } from './outcome.ts';
export { UnsoundCommand } from './outcome.ts';
export { fork, settle, sizes } from './overlay.ts';

/** Grows when `evolve` makes another state of the same events; snapshots of another version are worth nothing. */
export const evolveVersion = 1;

/** What one partition knows: the fold of its counted events. */
export interface State {
  /** What it was forked from. */
  readonly below: State | null;
  /** Log time, ms: the running maximum of `meta.at`. */
  time: number;
  readonly products: Table<Product>;
  readonly orders: Table<LiveOrder>;
  readonly closed: Timed<ClosedOrder>;
  /** By command_id. */
  readonly remembered: Timed<Remembered>;
  /** By customer and fingerprint; only orders that were placed with a repeat window. */
  readonly recent: Timed<RecentOrder>;
}

type PlaceOrderCommand = Extract<PlacedCommand, { readonly type: 'PlaceOrder' }>;
type AcceptedEvent = Extract<PlacedEvent, { readonly type: 'OrderAccepted' }>;

/** How long after it was made a client's command may reach the log, ms. */
const lateMsMax = 600_000;

/** The state before the first event. */
export function initial(): State {
  return {
    below: null,
    time: 0,
    products: createTable<Product>(),
    orders: createTable<LiveOrder>(),
    closed: createTimed<ClosedOrder>(),
    remembered: createTimed<Remembered>(createMemory),
    recent: createTimed<RecentOrder>(),
  };
}

/**
 * Folds one counted event into the top layer. It believes what the event says and checks nothing.
 * @throws Error when the event does not follow from those before it: the journal is not whole
 */
export function evolve(state: State, event: PlacedEvent): void {
  state.time = Math.max(state.time, event.meta.at);
  change(state, event);
  const { answers, remember, at } = event.meta;
  // Under anything but a UUID there is nothing to look up: `decide` turns such a command down as unsound.
  if (answers !== null && remember !== null && isUuid(answers)) {
    keep(state.remembered, remember.for_s, answers, { at, fingerprint: remember.fingerprint, ...outcomeOf(event) });
  }
  if (state.below === null) free(state);
}

/**
 * Decides one command; changes nothing. `command.at` is the log time, already the running maximum.
 * @throws UnsoundCommand when no client of ours can have sent it: the writer refuses it as poison
 */
export function decide(state: State, command: PlacedCommand): Decision {
  const { at } = command;
  const { command_id, made_at, fingerprint } = command.meta;
  if (!isUuid(command_id)) throw new UnsoundCommand(`command_id ${command_id} is no UUID`);
  if (made_at >= 0 && at - made_at > lateMsMax) {
    return passing(refused('too_late', `The command was ${at - made_at} ms old when it reached the log.`, null));
  }
  const known = find(state.remembered, command_id, at);
  if (known === undefined) return decideFresh(state, command);
  const about = aboutOf(known);
  if (!sameFingerprint(known.fingerprint, fingerprint)) {
    return passing(refused('idempotency_key_reused', 'The key was used before for another request.', about));
  }
  return passing(repeated(about, known.first_offset, known.decided));
}

function decideFresh(state: State, command: PlacedCommand): Decision {
  const product = (id: string) => get(state.products, id);
  switch (command.type) {
    case 'CreateProduct':
      return createProduct(product(command.data.product_id), command.data);
    case 'ChangeProduct':
      return changeProduct(product(command.data.product_id), command.data);
    case 'ArchiveProduct':
      return archiveProduct(product(command.data.product_id), command.data);
    case 'AdjustStock':
      return adjustStock(product(command.data.product_id), command.data);
    case 'PlaceOrder':
      return placeOrder(command.data, surroundingsOf(state, command, product));
    case 'CancelOrder': {
      const { order_id } = command.data;
      return cancelOrder(command.data, get(state.orders, order_id), find(state.closed, order_id, command.at), product);
    }
    default:
      return unknown(command);
  }
}

function change(state: State, event: PlacedEvent): void {
  switch (event.type) {
    case 'ProductCreated': {
      const { product_id, name, price, stock, low_stock_threshold, version } = event.data;
      const product = {
        product_id,
        name,
        price,
        on_hand: stock,
        held: 0,
        low_stock_threshold,
        version,
        archived: null,
      };
      return put(state.products, product_id, product);
    }
    case 'ProductChanged': {
      const { product_id, name, price, low_stock_threshold, version } = event.data;
      return changeTo(state, product_id, { name, price, low_stock_threshold, version });
    }
    case 'ProductArchived':
      return changeTo(state, event.data.product_id, { archived: event.offset, version: event.data.version });
    case 'StockAdjusted': {
      const { product_id, on_hand, held, version } = event.data;
      return changeTo(state, product_id, { on_hand, held, version });
    }
    case 'StockHeld':
    case 'StockReleased':
      return changeTo(state, event.data.product_id, { on_hand: event.data.on_hand, held: event.data.held });
    case 'OrderAccepted':
      return accept(state, event);
    case 'OrderCancelled': {
      const { order_id } = event.data;
      remove(state.orders, order_id);
      return keep(state.closed, closedForS, order_id, { at: event.meta.at, status: 'CANCELLED', offset: event.offset });
    }
    case 'LedgerOpened':
    case 'OrderRefused':
    case 'CommandRefused':
    case 'CommandRepeated':
      return undefined;
    default:
      return unknown(event);
  }
}

function surroundingsOf(state: State, command: PlaceOrderCommand, product: Surroundings['product']): Surroundings {
  const { at, data, meta } = command;
  const taken = get(state.orders, data.order_id) !== undefined || find(state.closed, data.order_id, at) !== undefined;
  const windowMs = data.repeat_window_s * 1000;
  const repeats = (earlier: RecentOrder) => earlier.command_id !== meta.command_id && at < earlier.at + windowMs;
  const key = recentKey(data.customer_id, meta.fingerprint);
  return { at, taken, product, repeats: windowMs > 0 ? find(state.recent, key, at, repeats) : undefined };
}

function changeTo(state: State, productId: string, values: Partial<Product>): void {
  const product = get(state.products, productId);
  if (product === undefined) throw new Error(`the journal speaks of product ${productId} before it was created`);
  put(state.products, productId, { ...product, ...values });
}

function accept(state: State, event: AcceptedEvent): void {
  const { order_id, customer_id, repeat_window_s, version } = event.data;
  // The product's own id, so that a million orders share one text.
  const lines = event.data.lines.map(({ product_id, quantity }) => ({
    product_id: get(state.products, product_id)?.product_id ?? product_id,
    quantity,
  }));
  put(state.orders, order_id, { customer_id, status: 'PENDING', lines, version });
  const { remember, command_id, at } = event.meta;
  if (repeat_window_s <= 0 || remember === null) return;
  keep(state.recent, repeat_window_s, recentKey(customer_id, remember.fingerprint), { at, order_id, command_id });
}

/** Fixed length first, so that no two pairs make one key. */
function recentKey(customerId: string, fingerprint: Uint8Array): string {
  return `${String.fromCharCode(...fingerprint)}${customerId}`;
}

/** What to remember of the event that answers. A repeat is remembered as what it repeats. */
function outcomeOf(event: PlacedEvent): Pick<Remembered, 'first_offset' | 'decided' | 'order_id' | 'product_id'> {
  const { offset: first_offset, type: decided } = event;
  switch (event.type) {
    case 'CommandRepeated': {
      const { order_id, product_id } = event.data;
      return { first_offset: event.data.first_offset, decided: event.data.decided, order_id, product_id };
    }
    case 'CommandRefused': {
      const { order_id, product_id, reason } = event.data;
      return { first_offset, decided: reason, order_id, product_id };
    }
    case 'OrderRefused':
      return { first_offset, decided: 'out_of_stock', order_id: event.data.order_id, product_id: null };
    case 'OrderAccepted':
    case 'OrderCancelled':
      return { first_offset, decided, order_id: event.data.order_id, product_id: null };
    case 'LedgerOpened':
      return { first_offset, decided, order_id: null, product_id: null };
    case 'ProductCreated':
    case 'ProductChanged':
    case 'ProductArchived':
    case 'StockAdjusted':
    case 'StockHeld':
    case 'StockReleased':
      return { first_offset, decided, order_id: null, product_id: event.data.product_id };
    default:
      return unknown(event);
  }
}

function aboutOf({ order_id, product_id }: Remembered): About {
  if (order_id !== null) return { order_id };
  return product_id === null ? null : { product_id };
}

/** A record of a type that this release does not know must never get here: passing over it would fork history. */
function unknown(record: never): never {
  throw new Error(`the domain does not know ${JSON.stringify(record)}`);
}
