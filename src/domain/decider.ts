// The heart of the ledger: what a partition knows, how events change it, and what a command leads to. Pure and
// synchronous; time and ids come in the records. Same state, same command: same events.
import type { LedgerEvent, PlaceOrder } from '../../schemas/generated.ts';
import type { PlacedCommand, PlacedEvent } from '../../schemas/records.ts';
import type { Remembered } from './memory.ts';
import { createMemory, sameFingerprint } from './memory.ts';
import type { ClosedOrder, LiveOrder, RecentOrder } from './order.ts';
import { cancelOrder, closedForS, placeOrder } from './order.ts';
import type { About, Decision } from './outcome.ts';
import { passing, refused, repeated, UnsoundCommand } from './outcome.ts';
import type { Product } from './product.ts';
import { adjustStock, archiveProduct, changeProduct, createProduct } from './product.ts';
import type { Table } from './table.ts';
import { createTable, get, put, remove, settleTable } from './table.ts';
import type { Timed } from './timed.ts';
import { createTimed, find, forkTimed, keep, release, settleTimed, sizeOfTimed } from './timed.ts';
import { isUuid } from './uuid.ts';

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
 * A state that starts as `state` is and keeps its changes to itself: `settle` it, or drop it and nothing happened.
 * Until then nobody may change `state`.
 */
export function fork(state: State): State {
  return {
    below: state,
    time: state.time,
    products: createTable(state.products),
    orders: createTable(state.orders),
    closed: forkTimed(state.closed),
    remembered: forkTimed(state.remembered),
    recent: forkTimed(state.recent),
  };
}

/** Merges a fork into what it was forked from and answers that. The fork is used up. */
export function settle(overlay: State): State {
  const { below } = overlay;
  if (below === null) throw new Error('only a fork can be settled');
  below.time = overlay.time;
  settleTable(overlay.products);
  settleTable(overlay.orders);
  settleTimed(overlay.closed);
  settleTimed(overlay.remembered);
  settleTimed(overlay.recent);
  free(below);
  return below;
}

/**
 * Folds one counted event into the top layer. It believes what the event says and checks nothing.
 * @throws Error when the event does not follow from those before it: the journal is not whole
 */
export function evolve(state: State, event: PlacedEvent): void {
  state.time = Math.max(state.time, event.meta.at);
  change(state, event);
  const { answers, remember, at } = event.meta;
  if (answers !== null && remember !== null) {
    keep(state.remembered, remember.for_s, answers, { at, fingerprint: remember.fingerprint, ...outcomeOf(event) });
  }
  free(state);
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

/** How much the lowest layer holds, for metrics. */
export function sizes(state: State): { readonly [what: string]: number } {
  let root = state;
  while (root.below !== null) root = root.below;
  return {
    products: root.products.own.size,
    orders: root.orders.own.size,
    closed: sizeOfTimed(root.closed),
    remembered: sizeOfTimed(root.remembered),
    recent: sizeOfTimed(root.recent),
  };
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
    case 'PlaceOrder': {
      const { at, data, meta } = command;
      const taken = get(state.orders, data.order_id) !== undefined || find(state.closed, data.order_id, at) !== undefined;
      const repeats = firstOfEqual(state, data, meta.fingerprint, meta.command_id, at);
      return placeOrder(data, { at, taken, product, repeats });
    }
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
      const product = { product_id, name, price, on_hand: stock, held: 0, low_stock_threshold, version, archived: null };
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
