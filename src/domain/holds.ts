// An order whose products live in several partitions: what the other partitions are asked, what they answer, and what
// the order becomes when all have answered. All lines are held, or none.
import type {
  AnswerHold,
  HoldPrice,
  HoldRefusal,
  HoldStock,
  JournalPosition,
  LedgerEvent,
  Money,
  OrderLine,
  OrderPlaced,
  SettleHold,
} from '../../schemas/generated.ts';
import { add, sum, times } from './money.ts';
import type { Case, HeldLine } from './order.ts';
import { settled } from './order.ts';
import type { Awaited, Decision } from './outcome.ts';
import { findAll, hold, shortageOf } from './placing.ts';
import type { Unfit } from './placing.ts';
import type { Product } from './product.ts';

/** Units held here for an order that lives elsewhere. */
export interface Hold {
  readonly lines: readonly HeldLine[];
}

/** What another partition said of its lines. */
export interface HoldAnswer {
  readonly partition: number;
  readonly offset: number;
  readonly prices: readonly HoldPrice[];
  /** Null where it holds them all. */
  readonly refusal: HoldRefusal | null;
}

/** An order that other partitions have not all answered for. */
export interface Reserving {
  readonly placed: OrderPlaced;
  readonly answers: readonly HoldAnswer[];
  readonly awaited: Awaited;
}

type ProductOf = Case['product'];

/** Holds all lines for an order that lives elsewhere, or none. */
export function holdStock(command: HoldStock, product: ProductOf): Decision {
  const { order_id, lines, currency } = command;
  const offered = lines.flatMap(({ product_id }) => priceOf(product(product_id), currency));
  const found = findAll(lines, product, currency);
  if ('reason' in found) return notHeld(order_id, offered, refusalOf(found));
  const { wanted } = found;
  const shortages = wanted.flatMap(shortageOf);
  if (shortages.length > 0) {
    return notHeld(order_id, offered, { reason: 'out_of_stock', detail: '', product: null, shortages });
  }
  if (wanted.some(({ requested, product: { held } }) => add(held, requested.quantity) === null)) {
    return notHeld(order_id, offered, tooMuch);
  }
  const held = wanted.map((each) => hold(order_id, each));
  const granted: LedgerEvent = { type: 'StockHoldGranted', data: { order_id, prices: offered } };
  return { events: [...held, granted], answer: held.length, remember: false };
}

/** Takes one answer down; the last one decides the order. */
export function answerHold(command: AnswerHold, at: number, order: Reserving, product: ProductOf): Decision {
  const { order_id, offset, prices, refusal, source } = command;
  const answer: HoldAnswer = { partition: source.partition, offset, prices, refusal };
  const open = partitionsAsked(order.placed).filter((asked) => !order.answers.some((a) => a.partition === asked));
  if (!open.includes(source.partition)) {
    throw new Error(`partition ${source.partition} answers for order ${order_id}, and nobody asked it`);
  }
  if (open.length > 1) {
    return { events: [{ type: 'HoldAnswered', data: { order_id, ...answer } }], answer: 0, remember: false };
  }
  return decideOrder(order.placed, at, { answers: [...order.answers, answer], awaited: order.awaited, product });
}

/** Sells or releases all that is held here for an order. */
export function settleHold({ order_id, settlement }: SettleHold, held: Hold | undefined, product: ProductOf): Decision {
  if (held === undefined) throw new Error(`order ${order_id} holds nothing here that could be ${settlement}`);
  const type = settlement === 'sold' ? 'StockSold' : 'StockReleased';
  return { events: held.lines.map((line) => settled(type, order_id, line, product)), answer: 0, remember: false };
}

/** The partitions that an order asks, each once, in order of appearance. */
export function partitionsAsked({ lines }: OrderPlaced): readonly number[] {
  return [...new Set(lines.flatMap((line) => (line.elsewhere === null ? [] : [line.elsewhere])))];
}

interface Answered {
  readonly answers: readonly HoldAnswer[];
  readonly awaited: Awaited;
  readonly product: ProductOf;
}

function decideOrder(placed: OrderPlaced, at: number, { answers, awaited, product }: Answered): Decision {
  const rests_on: JournalPosition[] = answers.map(({ partition, offset }) => ({ partition, offset }));
  const priced = price(placed, answers);
  const refusal = refusalOfAll(placed, answers) ?? (priced.total === null ? tooMuch : null);
  const { order_id, customer_id, priority, payment, reference, metadata } = placed;
  const order = { order_id, customer_id, priority, payment, reference, metadata, version: placed.version + 1 };
  if (refusal === null && priced.total !== null) {
    const isWhole = priced.lines.length === placed.lines.length;
    if (!isWhole) throw new Error(`all partitions hold order ${order_id}, and not every line of it has a price`);
    const expires_at = at + placed.expires_after_s * 1000;
    const { repeat_window_s } = placed;
    const accepted = { ...order, lines: priced.lines, total: priced.total, expires_at, repeat_window_s, rests_on };
    return { events: [{ type: 'OrderAccepted', data: accepted }], answer: 0, remember: true, awaited };
  }
  const { reason, detail, product: about, shortages } = refusal ?? tooMuch;
  const settles = answers.flatMap((answer) => (answer.refusal === null ? [answer.partition] : []));
  const total = priced.total ?? { amount: 0, currency: placed.currency };
  const refused = {
    ...order,
    lines: priced.lines,
    total,
    shortages,
    reason,
    detail,
    product: about,
    rests_on,
    settles,
  };
  const own = placed.lines.filter((line) => line.elsewhere === null);
  const released = own.map((line) => settled('StockReleased', order_id, line, product));
  return { events: [{ type: 'OrderRefused', data: refused }, ...released], answer: 0, remember: true, awaited };
}

/** Graver first: what no restock can mend comes before what is short. */
const gravity = ['unknown_product', 'product_archived', 'mixed_currencies', 'amount_too_large', 'out_of_stock'];

/** The gravest refusal, with every shortage in the order of the lines; null where all partitions hold their lines. */
function refusalOfAll(placed: OrderPlaced, answers: readonly HoldAnswer[]): HoldRefusal | null {
  const refusals = answers.flatMap(({ refusal }) => (refusal === null ? [] : [refusal]));
  const gravest = refusals.toSorted((a, b) => gravity.indexOf(a.reason) - gravity.indexOf(b.reason))[0];
  if (gravest === undefined) return null;
  const short = refusals.flatMap(({ shortages }) => shortages);
  const shortages = placed.lines.flatMap((line) => short.filter(({ product_id }) => product_id === line.product_id));
  return { ...gravest, shortages: gravest.reason === 'out_of_stock' ? shortages : [] };
}

/** The lines whose price is known, and their sum; null where that would reach 2^53. */
function price(
  placed: OrderPlaced,
  answers: readonly HoldAnswer[],
): { readonly lines: readonly OrderLine[]; readonly total: Money | null } {
  const prices = new Map(answers.flatMap((answer) => answer.prices.map((each) => [each.product_id, each.unit_price])));
  const lines: OrderLine[] = [];
  for (const { product_id, quantity, priority, unit_price: own } of placed.lines) {
    const unit_price = own ?? prices.get(product_id);
    if (unit_price === undefined) continue;
    const total = times(unit_price, quantity);
    if (total === null) return { lines, total: null };
    lines.push({ product_id, quantity, unit_price, total, priority });
  }
  const amounts = lines.map(({ total }) => total);
  return { lines, total: sum(amounts, placed.currency) };
}

function priceOf(product: Product | undefined, currency: string): HoldPrice[] {
  if (product === undefined || product.archived !== null || product.price.currency !== currency) return [];
  return [{ product_id: product.product_id, unit_price: product.price }];
}

function notHeld(order_id: string, prices: readonly HoldPrice[], refusal: HoldRefusal): Decision {
  const data = { order_id, prices, refusal };
  return { events: [{ type: 'StockHoldRefused', data }], answer: 0, remember: false };
}

function refusalOf({ reason, detail, about }: Unfit): HoldRefusal {
  const product = about !== null && 'product_id' in about ? about.product_id : null;
  return { reason, detail, product, shortages: [] };
}

const tooMuch: HoldRefusal = {
  reason: 'amount_too_large',
  detail: 'The order comes to more than the ledger can count.',
  product: null,
  shortages: [],
};
