// What an order was asked to be against what it became: lines, prices, totals, and the shortages of a refused one.
import type { OrderLine, PlaceOrder, Priority, RequestedLine, Shortage } from '../../../../schemas/generated.ts';
import type { PlacedEvent } from '../../../../schemas/records.ts';
import { partitionOf } from '../../../domain/partitioner.ts';
import { alike, differences } from '../alike.ts';
import type { JudgeOptions, Known } from '../judge.ts';

const ranks: readonly Priority[] = ['low', 'normal', 'high', 'critical', 'max'];

/** Compares OrderAccepted and OrderRefused with their command, at the prices and levels of that moment. */
export function checkPlaced(known: Known, event: PlacedEvent, asked: PlaceOrder, { note }: JudgeOptions): void {
  if (event.type === 'OrderPlaced') return checkAsking(known, event, asked, note);
  if (event.type !== 'OrderAccepted' && event.type !== 'OrderRefused') return;
  const { data, offset } = event;
  const places = placesOf(known, asked.lines);
  if (event.type === 'OrderAccepted' && places.some((elsewhere) => elsewhere !== null)) {
    note('hold', offset, `order ${data.order_id} was accepted, and nobody asked the other partitions`);
  }
  // A refusal at once names the lines that live with the order.
  const lines = linesOf(known, ownLines(known, asked.lines));
  const name = `order ${data.order_id}`;
  if (lines === null) return note('order', offset, `${name} names a product that does not exist`);
  if (!alike(data.lines, lines)) {
    note(
      'price',
      offset,
      `${name} has the lines ${JSON.stringify(data.lines)}, they should be ${JSON.stringify(lines)}`,
    );
  }
  const total = {
    amount: lines.reduce((sum, line) => sum + line.total.amount, 0),
    currency: lines[0]?.unit_price.currency,
  };
  if (!alike(data.total, total)) {
    note('price', offset, `${name} comes to ${JSON.stringify(data.total)}, its lines to ${JSON.stringify(total)}`);
  }
  const { order_id, customer_id, payment, reference, metadata } = asked;
  const said = { order_id, customer_id, payment, reference, metadata, priority: highest(asked.lines), version: 1 };
  for (const field of differences(said, data))
    note('command', offset, `${name} has another ${field} than was asked for`);
  if (event.type === 'OrderRefused') return checkShortages(known, lines, event, note);
  const expires_at = event.meta.at + asked.expires_after_s * 1_000;
  if (event.data.expires_at !== expires_at)
    note('command', offset, `${name} expires at ${event.data.expires_at}, not ${expires_at}`);
  if (event.data.repeat_window_s !== asked.repeat_window_s)
    note('command', offset, `${name} has another repeat window`);
}

function checkShortages(
  known: Known,
  lines: readonly OrderLine[],
  { data, offset }: Extract<PlacedEvent, { type: 'OrderRefused' }>,
  note: JudgeOptions['note'],
): void {
  const short: Shortage[] = [];
  for (const { product_id, quantity } of lines) {
    const { onHand, held } = known.products.get(product_id) ?? { onHand: null, held: 0 };
    if (onHand !== null && quantity > onHand - held)
      short.push({ product_id, requested: quantity, available: onHand - held });
  }
  if (short.length === 0) note('shortage', offset, `order ${data.order_id} was refused, and everything was there`);
  else if (!alike(data.shortages, short)) {
    note(
      'shortage',
      offset,
      `order ${data.order_id} names the shortages ${JSON.stringify(data.shortages)}, they were ${JSON.stringify(short)}`,
    );
  }
}

/** Compares OrderPlaced with its command: what lives with the order is there, at the prices of that moment. */
function checkAsking(
  known: Known,
  { data, offset }: Extract<PlacedEvent, { type: 'OrderPlaced' }>,
  asked: PlaceOrder,
  note: JudgeOptions['note'],
): void {
  const name = `order ${data.order_id}`;
  const own = linesOf(known, ownLines(known, asked.lines));
  if (own === null) return note('order', offset, `${name} names a product that does not exist`);
  const [priced] = own;
  const summed = sumLines(asked.lines).map(({ product_id, quantity, priority }) => {
    const unit_price = own.find((line) => line.product_id === product_id)?.unit_price ?? null;
    return { product_id, quantity, priority, unit_price };
  });
  const lines = data.lines.map(({ elsewhere: _, ...line }) => line);
  if (!alike(lines, summed)) note('price', offset, `${name} has the lines ${JSON.stringify(lines)}`);
  const { order_id, customer_id, payment, reference, metadata, expires_after_s, repeat_window_s } = asked;
  const said = { order_id, customer_id, payment, reference, metadata, expires_after_s, repeat_window_s, version: 1 };
  const more = { priority: highest(asked.lines), currency: priced?.unit_price.currency };
  for (const field of differences({ ...said, ...more }, data))
    note('command', offset, `${name} has another ${field} than was asked for`);
}

/** For each line the other partition in which it lives; null where it lives with the first product. */
function placesOf(known: Known, lines: readonly RequestedLine[]): readonly (number | null)[] {
  const [first] = lines.map(({ product_id }) => product_id).sort();
  const home = partitionOf(first ?? '', known.partitions);
  return lines.map(({ product_id }) => {
    const partition = partitionOf(product_id, known.partitions);
    return partition === home ? null : partition;
  });
}

function ownLines(known: Known, lines: readonly RequestedLine[]): readonly RequestedLine[] {
  const places = placesOf(known, lines);
  return lines.filter((_, i) => places[i] === null);
}

/** One line a product, in order of appearance. */
function sumLines(lines: readonly RequestedLine[]): readonly RequestedLine[] {
  return [...new Set(lines.map((line) => line.product_id))].map((product_id) => {
    const own = lines.filter((line) => line.product_id === product_id);
    return { product_id, quantity: own.reduce((sum, line) => sum + line.quantity, 0), priority: highest(own) };
  });
}

/** One line a product in order of appearance, at today's prices; null where a product is not there. */
function linesOf(known: Known, requested: readonly RequestedLine[]): readonly OrderLine[] | null {
  const lines: OrderLine[] = [];
  for (const { product_id, quantity, priority } of sumLines(requested)) {
    const price = known.products.get(product_id)?.price;
    if (price === undefined) return null;
    const total = { amount: price.amount * quantity, currency: price.currency };
    lines.push({ product_id, quantity, unit_price: price, total, priority });
  }
  return lines;
}

function highest(lines: readonly { readonly priority: Priority }[]): Priority {
  return ranks[Math.max(...lines.map(({ priority }) => ranks.indexOf(priority)))] ?? 'low';
}
