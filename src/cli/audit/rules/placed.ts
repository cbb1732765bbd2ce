// What an order was asked to be against what it became: lines, prices, totals, and the shortages of a refused one.
import type { OrderLine, PlaceOrder, Priority, RequestedLine, Shortage } from '../../../../schemas/generated.ts';
import type { PlacedEvent } from '../../../../schemas/records.ts';
import { alike, differences } from '../alike.ts';
import type { JudgeOptions, Known } from '../judge.ts';

const ranks: readonly Priority[] = ['low', 'normal', 'high', 'critical', 'max'];

/** Compares OrderAccepted and OrderRefused with their command, at the prices and levels of that moment. */
export function checkPlaced(known: Known, event: PlacedEvent, asked: PlaceOrder, { note }: JudgeOptions): void {
  if (event.type !== 'OrderAccepted' && event.type !== 'OrderRefused') return;
  const { data, offset } = event;
  const lines = linesOf(known, asked.lines);
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

/** One line a product in order of appearance, at today's prices; null where a product is not there. */
function linesOf(known: Known, requested: readonly RequestedLine[]): readonly OrderLine[] | null {
  const lines: OrderLine[] = [];
  for (const product_id of new Set(requested.map((line) => line.product_id))) {
    const own = requested.filter((line) => line.product_id === product_id);
    const price = known.products.get(product_id)?.price;
    if (price === undefined) return null;
    const quantity = own.reduce((sum, line) => sum + line.quantity, 0);
    const total = { amount: price.amount * quantity, currency: price.currency };
    lines.push({ product_id, quantity, unit_price: price, total, priority: highest(own) });
  }
  return lines;
}

function highest(lines: readonly { readonly priority: Priority }[]): Priority {
  return ranks[Math.max(...lines.map(({ priority }) => ranks.indexOf(priority)))] ?? 'low';
}
