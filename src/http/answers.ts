// HTTP room: from the outcome of a command to the answer of its request. Fresh outcomes are told from the event itself,
// without the database; repeats as a GET would tell them, as far as the view can.
import type { CommandRepeated } from '../../schemas/generated.ts';
import { eventNames } from '../../schemas/generated.ts';
import type { OrderStatus, OrderView, ProductView } from '../../projections/views.ts';
import type { Outcome } from '../log/client-port.ts';
import { etagOf } from './headers.ts';
import { positionHeader } from './positions.ts';
import type { successes } from './problems.ts';
import { Problem, problemOfRefusal } from './problems.ts';
import type { Found, Reader, ReadOptions } from './reader.ts';
import {
  acceptedOrder,
  cancelledOrder,
  changedProduct,
  createdProduct,
  iso,
  orderJson,
  productJson,
} from './resources.ts';
import { within } from './timer.ts';
import type { Decided } from './waiters.ts';

export interface Answer {
  readonly status: keyof typeof successes;
  readonly headers: { readonly [name: string]: string };
  readonly body: object | null;
}

/** How answers reach the views. */
export interface AnswerContext {
  readonly reader: Reader;
  /** Longest wait for a view, ms. */
  readonly waitMs: number;
}

type Headers = Answer['headers'];

const replayed = { 'idempotent-replayed': 'true' };
const stale = { 'ledger-stale': 'true' };

/**
 * Answer to PlaceOrder. `productIn`: where the request names the product, in its path or in its body.
 * @throws Problem where it was refused
 */
export async function placedAnswer(
  context: AnswerContext,
  productIn: 'path' | 'body',
  { outcome, repeat }: Decided,
): Promise<Answer> {
  const { event } = outcome;
  const headers = headersOf(outcome, repeat);
  if (event.type === 'OrderAccepted') {
    const order = acceptedOrder(outcome, event);
    const status = repeat ? 'done' : 'created';
    return { status, headers: { ...headers, ...orderHeaders(order) }, body: orderJson(order) };
  }
  if (event.type === 'OrderRefused') {
    const { shortages, order_id, reason, detail } = event.data;
    if (reason === 'out_of_stock') throw new Problem('out_of_stock', { shortages, order_id, headers });
    throw new Problem(problemOfRefusal(reason, productIn), { detail, order_id, headers });
  }
  if (event.type === 'CommandRepeated' && event.data.order_id !== null) {
    const { order_id: orderId, decided } = event.data;
    if (isEvent(decided) || decided === 'out_of_stock') return orderAgain(context, outcome, orderId, decided);
  }
  throw refusalOf(outcome, repeat, productIn);
}

/** The order of an earlier request with the same key, as it is now. @throws Problem where it was refused */
async function orderAgain(context: AnswerContext, outcome: Outcome, orderId: string, decided: string): Promise<Answer> {
  const { partition } = outcome;
  const { row, behind } = await look(context, (read) => context.reader.order(orderId, partition, read), outcome);
  const headers = { ...headersOf(outcome, true), ...(row === null || behind ? stale : {}) };
  if (!isEvent(decided)) {
    const shortages = row?.shortages === undefined || row.shortages === null ? {} : { shortages: row.shortages };
    throw new Problem(problemOfRefusal(decided, 'body'), { ...shortages, order_id: orderId, headers });
  }
  if (row !== null) return { status: 'done', headers: { ...headers, ...orderHeaders(row) }, body: orderJson(row) };
  const body = { order_id: orderId, status: 'PENDING' };
  return { status: 'done', headers: { ...headers, location: `/v1/orders/${orderId}` }, body };
}

/** Answer to CancelOrder. @throws Problem where it was refused */
export async function cancelledAnswer(
  context: AnswerContext,
  orderId: string,
  { outcome, repeat }: Decided,
): Promise<Answer> {
  const { event, partition } = outcome;
  const headers = headersOf(outcome, false);
  const find = (read: ReadOptions): Promise<Found<OrderView>> => context.reader.order(orderId, partition, read);
  if (event.type === 'OrderCancelled' || event.type === 'CommandRepeated') {
    const { row, behind } = await look(context, find, outcome);
    const shown = row !== null && behind && event.type === 'OrderCancelled' ? cancelledOrder(row, event) : row;
    const body = shown === null ? { order_id: orderId, status: 'CANCELLED' } : orderJson(shown);
    const known = shown === null ? {} : { etag: etagOf(shown) };
    return { status: 'done', headers: { ...headers, ...known, ...(row === null || behind ? stale : {}) }, body };
  }
  if (event.type === 'CommandRefused' && event.data.reason === 'unknown_order') {
    const row = await forgottenOrder(context, orderId, outcome);
    if (row.status !== 'CANCELLED') throw new Problem('not_cancellable', { order_id: orderId, headers });
    return { status: 'done', headers: { ...headers, etag: etagOf(row) }, body: orderJson(row) };
  }
  throw refusalOf(outcome, repeat, 'body');
}

/** Answer to RequestPayment: the order as it is now. @throws Problem where it was refused */
export async function payingAnswer(
  context: AnswerContext,
  orderId: string,
  { outcome, repeat }: Decided,
): Promise<Answer> {
  const { event, partition } = outcome;
  const headers = headersOf(outcome, false);
  const find = (read: ReadOptions): Promise<Found<OrderView>> => context.reader.order(orderId, partition, read);
  if (event.type === 'PaymentRequested' || (event.type === 'CommandRepeated' && isEvent(event.data.decided))) {
    const { row, behind } = await look(context, find, outcome);
    const isStale = row === null || behind ? stale : {};
    if (row === null) return { status: 'done', headers: { ...headers, ...isStale }, body: { order_id: orderId } };
    return { status: 'done', headers: { ...headers, ...isStale, etag: etagOf(row) }, body: orderJson(row) };
  }
  if (event.type === 'CommandRefused' && event.data.reason === 'unknown_order') {
    const row = await forgottenOrder(context, orderId, outcome);
    if (unpayable.has(row.status)) throw new Problem('not_payable', { order_id: orderId, headers });
    return { status: 'done', headers: { ...headers, etag: etagOf(row) }, body: orderJson(row) };
  }
  throw refusalOf(outcome, repeat, 'body');
}

/** The writer forgets orders that were closed long ago; the view does not. @throws Problem where it has none either */
async function forgottenOrder(context: AnswerContext, orderId: string, outcome: Outcome): Promise<OrderView> {
  const read = { atLeast: outcome.position + 1, waitMs: context.waitMs };
  const { row } = await context.reader.order(orderId, outcome.partition, read);
  if (row === null) throw new Problem('not_found', { headers: headersOf(outcome, false) });
  return row;
}

const unpayable: ReadonlySet<OrderStatus> = new Set(['CANCELLED', 'EXPIRED', 'FAILED', 'REFUSED', 'RESERVING']);

/** Answer to CreateProduct. @throws Problem where it was refused */
export async function createdAnswer(
  context: AnswerContext,
  productId: string,
  { outcome, repeat }: Decided,
): Promise<Answer> {
  const { event } = outcome;
  const location = { location: `/v1/products/${productId}` };
  if (event.type === 'ProductCreated') {
    const product = createdProduct(outcome, event);
    const headers = { ...headersOf(outcome, repeat), ...location, etag: etagOf(product) };
    return { status: repeat ? 'done' : 'created', headers, body: productJson(product) };
  }
  if (event.type === 'CommandRepeated' && isEvent(event.data.decided)) {
    const answer = await productNow(context, productId, outcome, true);
    return { ...answer, headers: { ...answer.headers, ...location } };
  }
  throw refusalOf(outcome, repeat, 'body');
}

/** Answer to ChangeProduct and AdjustStock. @throws Problem where it was refused */
export async function changedAnswer(
  context: AnswerContext,
  productId: string,
  { outcome, repeat }: Decided,
): Promise<Answer> {
  const { event } = outcome;
  if (event.type === 'ProductChanged' || event.type === 'StockAdjusted') {
    return productNow(context, productId, outcome, repeat);
  }
  if (event.type === 'CommandRepeated' && isEvent(event.data.decided)) {
    // Where it names no event the product was already as it was wanted, which is no answer from before.
    return productNow(context, productId, outcome, repeat || event.data.first_offset >= 0);
  }
  throw refusalOf(outcome, repeat, 'path');
}

/** Answer to ArchiveProduct. @throws Problem where it was refused */
export function archivedAnswer({ outcome, repeat }: Decided): Answer {
  const { event } = outcome;
  const done =
    event.type === 'ProductArchived' || (event.type === 'CommandRepeated' && event.data.decided === 'ProductArchived');
  if (!done) throw refusalOf(outcome, repeat, 'path');
  return { status: 'archived', headers: headersOf(outcome, false), body: null };
}

async function productNow(
  context: AnswerContext,
  productId: string,
  outcome: Outcome,
  repeat: boolean,
): Promise<Answer> {
  const { event, partition } = outcome;
  const { row, behind } = await look(context, (read) => context.reader.product(productId, partition, read), outcome);
  const changes = event.type === 'ProductChanged' || event.type === 'StockAdjusted' ? changedProduct(event) : null;
  const headers = headersOf(outcome, repeat);
  if (row === null) {
    const { journal_offset: _, updated_at: at, ...known } = changes ?? { journal_offset: 0, updated_at: null };
    const body = { product_id: productId, ...known, ...(at === null ? {} : { updated_at: iso(at) }) };
    return { status: 'done', headers: { ...headers, ...stale }, body };
  }
  const shown: ProductView = behind && changes !== null ? { ...row, ...changes } : row;
  const headersShown = { ...headers, ...(behind ? stale : {}), etag: etagOf(shown) };
  return { status: 'done', headers: headersShown, body: productJson(shown) };
}

/** What the view has now; an outage of it is no reason to fail a command that was decided. */
async function look<T extends { readonly journal_offset: number }>(
  context: AnswerContext,
  find: (read: ReadOptions) => Promise<Found<T>>,
  outcome: Outcome,
): Promise<{ readonly row: T | null; readonly behind: boolean }> {
  try {
    const found = await within(find({ atLeast: outcome.position + 1, waitMs: context.waitMs }), lookMsMax(context));
    if (found === 'passed') return { row: null, behind: true };
    const { row, stale: behind } = found;
    // Kafka being away makes a row stale too; one that shows this event is not behind it.
    return { row, behind: behind && (row === null || row.journal_offset < outcome.event.offset) };
  } catch (error) {
    if (error instanceof Problem && error.code !== 'internal_error') return { row: null, behind: true };
    throw error;
  }
}

/** For the look itself, after the wait. */
const lastLookMs = 500;

/** A database that does not answer at all holds a decided command up no longer than one that is behind, ms. */
function lookMsMax({ waitMs }: AnswerContext): number {
  return waitMs + lastLookMs;
}

/** The problem of a command that was refused, now or when it came first. */
function refusalOf(outcome: Outcome, repeat: boolean, productIn: 'path' | 'body'): Problem {
  const { event } = outcome;
  if (event.type === 'CommandRepeated') return refusedAgain(outcome, event.data, productIn);
  if (event.type !== 'CommandRefused') {
    return new Problem('internal_error', { cause: new Error(`${event.type} answers no such command`) });
  }
  const { reason, detail, order_id: orderId } = event.data;
  const code = problemOfRefusal(reason, productIn);
  if (code === 'internal_error') return new Problem(code, { cause: new Error(`refused as ${reason}: ${detail}`) });
  const facts = { detail, headers: headersOf(outcome, repeat) };
  return new Problem(code, orderId === null ? facts : { ...facts, order_id: orderId });
}

/** The first refusal again. */
function refusedAgain(
  outcome: Outcome,
  { decided, order_id: orderId }: CommandRepeated,
  productIn: 'path' | 'body',
): Problem {
  const headers = headersOf(outcome, true);
  return new Problem(problemOfRefusal(decided, productIn), {
    headers,
    ...(orderId === null ? {} : { order_id: orderId }),
  });
}

function headersOf(outcome: Outcome, repeat: boolean): Headers {
  return {
    'ledger-position': positionHeader(outcome),
    ...(repeat ? replayed : {}),
  };
}

function orderHeaders(order: OrderView): Headers {
  return { etag: etagOf(order), location: `/v1/orders/${order.order_id}` };
}

function isEvent(decided: string): boolean {
  return eventNames.some((name) => name === decided);
}
