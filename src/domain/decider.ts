// The heart of the ledger: what a partition knows, how events change it, and what a command leads to. Pure and
// synchronous; time and ids come in the records. Same state, same command: same events.
import type { Source } from '../../schemas/generated.ts';
import type { PlacedCommand, PlacedEvent } from '../../schemas/records.ts';
import type { Hold, Reserving } from './holds.ts';
import { answerHold, holdStock, settleHold } from './holds.ts';
import type { Remembered } from './memory.ts';
import { createMemory, sameFingerprint } from './memory.ts';
import type { Message, PlacedMessage } from './messages.ts';
import { isMessage, messagesOf } from './messages.ts';
import type { Case, ClosedOrder, LiveOrder, RecentOrder } from './order.ts';
import { beginProcessing, cancelOrder, expireOrder, recordPayment, requestPayment } from './order.ts';
import { changeOrder, recentKey } from './order-fold.ts';
import type { Decision } from './outcome.ts';
import { passing, refused, repeated, UnsoundCommand } from './outcome.ts';
import { free } from './overlay.ts';
import { aboutOf, outcomeOf } from './remembering.ts';
import type { Surroundings } from './placing.ts';
import { placeOrder } from './placing.ts';
import type { Product } from './product.ts';
import { adjustStock, archiveProduct, changeProduct, createProduct } from './product.ts';
import type { Table } from './table.ts';
import { createTable, get, put, remove } from './table.ts';
import type { Timed } from './timed.ts';
import { createTimed, find, keep } from './timed.ts';
import { isUuid } from './uuid.ts';

export type { Decision, Refusal } from './outcome.ts';
export { UnsoundCommand } from './outcome.ts';
export { fork, settle, sizes, unsent } from './overlay.ts';
export { messagesOf } from './messages.ts';

/** Grows when `evolve` makes another state of the same events; snapshots of another version are worth nothing. */
export const evolveVersion = 2;

/** What one partition knows: the fold of its counted events. */
export interface State {
  /** What it was forked from. */
  readonly below: State | null;
  /** Log time, ms: the running maximum of `meta.at`. */
  time: number;
  /** How many partitions the ledger has; 1 before genesis says so. */
  partitions: number;
  /** The command up to which all messages are known to be in the log of their targets. */
  sent: number;
  readonly products: Table<Product>;
  readonly orders: Table<LiveOrder>;
  /** Orders that other partitions have not all answered for. */
  readonly reserving: Table<Reserving>;
  /** By order: what is held here for orders that live elsewhere. */
  readonly holds: Table<Hold>;
  /** By partition: the latest of its commands whose message was taken. */
  readonly taken: Table<{ readonly command_offset: number }>;
  /** By command: messages that may not have been sent, in order. */
  readonly outbox: Table<{ readonly messages: readonly Message[] }>;
  readonly closed: Timed<ClosedOrder>;
  /** By command_id. */
  readonly remembered: Timed<Remembered>;
  /** By customer and fingerprint; only orders that were placed with a repeat window. */
  readonly recent: Timed<RecentOrder>;
}

type StockMoved = Extract<PlacedEvent, { readonly type: 'StockHeld' | 'StockReleased' | 'StockSold' }>;
type PlaceOrderCommand = Extract<PlacedCommand, { readonly type: 'PlaceOrder' }>;

/** How long after it was made a client's command may reach the log, ms. */
const lateMsMax = 600_000;

/** The state before the first event. */
export function initial(): State {
  return {
    below: null,
    time: 0,
    partitions: 1,
    sent: -1,
    products: createTable<Product>(),
    orders: createTable<LiveOrder>(),
    reserving: createTable<Reserving>(),
    holds: createTable<Hold>(),
    taken: createTable<{ readonly command_offset: number }>(),
    outbox: createTable<{ readonly messages: readonly Message[] }>(),
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
  const { answers, command_id, remember, at, sent, source } = event.meta;
  state.time = Math.max(state.time, at);
  state.sent = Math.max(state.sent, sent);
  change(state, event);
  // Under anything but a UUID there is nothing to look up: `decide` turns such a command down as unsound.
  const key = answers ?? command_id;
  if (remember !== null && isUuid(key)) {
    keep(state.remembered, remember.for_s, key, { at, fingerprint: remember.fingerprint, ...outcomeOf(event) });
  }
  if (source !== null) take(state, source);
  const messages = messagesOf(event);
  if (messages.length > 0) put(state.outbox, String(event.meta.command_offset), { messages });
  if (state.below === null) free(state);
}

/**
 * Decides one command; changes nothing. `command.at` is the log time, already the running maximum.
 * @throws UnsoundCommand when no client of ours can have sent it: the writer refuses it as poison; any error of a
 *   message means that the partitions disagree
 */
export function decide(state: State, command: PlacedCommand): Decision {
  if (isMessage(command)) return decideMessage(state, command);
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
  const again = passing(repeated(about, known.first_offset, known.decided));
  const isOrder = known.decided === 'OrderPlaced' && known.order_id !== null;
  return isOrder && get(state.reserving, known.order_id) !== undefined ? { ...again, waits: true } : again;
}

/** Messages of one partition come in order, each of them as often as it took until its sender knew that it arrived. */
function decideMessage(state: State, command: PlacedMessage): Decision {
  const { type, data, at } = command;
  const { order_id, source } = data;
  const taken = get(state.taken, String(source.partition));
  if (taken !== undefined && source.command_offset <= taken.command_offset) {
    return passing(repeated({ order_id }, -1, type));
  }
  const product = (id: string) => get(state.products, id);
  switch (type) {
    case 'HoldStock':
      return holdStock(data, product);
    case 'AnswerHold': {
      const order = get(state.reserving, order_id);
      if (order === undefined) throw new Error(`partition ${source.partition} answers for an order that asks nobody`);
      return answerHold(data, at, order, product);
    }
    case 'SettleHold':
      return settleHold(data, get(state.holds, order_id), product);
  }
}

function decideFresh(state: State, command: Exclude<PlacedCommand, PlacedMessage>): Decision {
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
    case 'CancelOrder':
      return cancelOrder(command.data, caseOf(state, command));
    case 'RequestPayment':
      return requestPayment(command.data, caseOf(state, command));
    case 'BeginProcessing':
      return beginProcessing(command.data, caseOf(state, command));
    case 'RecordPayment':
      return recordPayment(command.data, caseOf(state, command));
    case 'ExpireOrder':
      return expireOrder(command.data, caseOf(state, command));
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
    case 'StockSold':
      changeTo(state, event.data.product_id, { on_hand: event.data.on_hand, held: event.data.held });
      return changeHold(state, event);
    case 'LedgerOpened':
      state.partitions = event.data.partitions;
      return undefined;
    case 'StockHoldGranted':
    case 'StockHoldRefused':
    case 'CommandRefused':
      return undefined;
    case 'CommandRepeated':
    case 'OrderPlaced':
    case 'HoldAnswered':
    case 'OrderAccepted':
    case 'OrderRefused':
    case 'PaymentRequested':
    case 'OrderProcessing':
    case 'OrderCancelled':
    case 'OrderPaid':
    case 'OrderFailed':
    case 'OrderExpired':
      return changeOrder(state, event);
    default:
      return unknown(event);
  }
}

function surroundingsOf(state: State, command: PlaceOrderCommand, product: Surroundings['product']): Surroundings {
  const { at, data, meta } = command;
  const { live, reserving, closed } = caseOf(state, command);
  const taken = live !== undefined || reserving || closed !== undefined;
  const windowMs = data.repeat_window_s * 1000;
  const repeats = (earlier: RecentOrder): boolean =>
    earlier.command_id !== meta.command_id &&
    at < earlier.at + windowMs &&
    find(state.closed, earlier.order_id, at)?.status !== 'REFUSED';
  const key = recentKey(data.customer_id, meta.fingerprint);
  const { partitions } = state;
  return { at, taken, partitions, product, repeats: windowMs > 0 ? find(state.recent, key, at, repeats) : undefined };
}

function caseOf(
  state: State,
  { at, data }: { readonly at: number; readonly data: { readonly order_id: string } },
): Case {
  const { order_id } = data;
  return {
    at,
    live: get(state.orders, order_id),
    reserving: get(state.reserving, order_id) !== undefined,
    closed: find(state.closed, order_id, at),
    product: (id) => get(state.products, id),
  };
}

function changeTo(state: State, productId: string, values: Partial<Product>): void {
  const product = get(state.products, productId);
  if (product === undefined) throw new Error(`the journal speaks of product ${productId} before it was created`);
  put(state.products, productId, { ...product, ...values });
}

function take(state: State, { partition, command_offset }: Source): void {
  const id = String(partition);
  const before = get(state.taken, id);
  // A repeat is of an earlier one.
  if (before === undefined || command_offset > before.command_offset) put(state.taken, id, { command_offset });
}

/** Movements that a message caused are of orders that live elsewhere, or of the own lines of one that is refused. */
function changeHold(state: State, event: StockMoved): void {
  const { type, data, meta } = event;
  const { order_id, product_id, quantity } = data;
  if (meta.source === null) return undefined;
  const hold = get(state.holds, order_id);
  if (type === 'StockHeld') {
    const id = get(state.products, product_id)?.product_id ?? product_id;
    return put(state.holds, order_id, { lines: [...(hold?.lines ?? []), { product_id: id, quantity }] });
  }
  if (hold === undefined) return undefined;
  const lines = hold.lines.filter((line) => line.product_id !== product_id);
  return lines.length === 0 ? remove(state.holds, order_id) : put(state.holds, order_id, { lines });
}

/** A record of a type that this release does not know must never get here: passing over it would fork history. */
function unknown(record: never): never {
  throw new Error(`the domain does not know ${JSON.stringify(record)}`);
}
