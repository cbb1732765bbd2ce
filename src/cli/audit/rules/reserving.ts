// Orders whose lines live in several partitions: who is asked, what was answered, and what the order may become of it.
import type { AnswerHold, HoldRefusal, OrderLine, OrderPlaced } from '../../../../schemas/generated.ts';
import type { PlacedEvent } from '../../../../schemas/records.ts';
import { partitionOf } from '../../../domain/partitioner.ts';
import { alike, differences } from '../alike.ts';
import type { JudgeOptions, Known, Reserving } from '../judge.ts';

type Placed = Extract<PlacedEvent, { readonly type: 'OrderPlaced' }>;
type Deciding = Extract<PlacedEvent, { readonly type: 'OrderAccepted' | 'OrderRefused' }>;
type Note = JudgeOptions['note'];

/** Folds the first event of an order that asks other partitions. */
export function placeReserving(known: Known, { data, meta, offset }: Placed, note: Note): void {
  const { order_id, lines, version, priority, payment } = data;
  if (known.orders.has(order_id)) note('order', offset, `order ${order_id} was placed twice`);
  checkPlaces(known, data, offset, note);
  const own = lines.flatMap(({ product_id, quantity, elsewhere }) =>
    elsewhere === null ? [{ product_id, quantity }] : [],
  );
  const reserving: Reserving = {
    placed: data,
    placedAt: meta.command_offset,
    commandId: meta.command_id,
    replyTo: new Set(meta.reply_to),
    remember: meta.remember,
    answers: [],
  };
  known.orders.set(order_id, {
    ...{ status: 'RESERVING', customer: data.customer_id, version, own, lines: [], total: null, priority, payment },
    ...{ attempt: null, expiresAt: null, reserving, elsewhere: askedOf(data), offset, closed: -1 },
    changedBy: 'OrderPlaced',
  });
}

/** Takes down what another partition said. */
export function answered(known: Known, answer: AnswerHold): void {
  known.orders.get(answer.order_id)?.reserving?.answers.push(answer);
}

/** The partitions that an order asks, in order of appearance. */
export function askedOf({ lines }: OrderPlaced): readonly number[] {
  return [...new Set(lines.flatMap(({ elsewhere }) => (elsewhere === null ? [] : [elsewhere])))];
}

/** Compares the end of a reservation with what was asked and answered; `last` is the answer that led to it. */
export function checkReserved(reserving: Reserving, event: Deciding, last: AnswerHold, note: Note): void {
  const { placed } = reserving;
  const { data, offset, meta } = event;
  const name = `order ${data.order_id}`;
  const answers = [...reserving.answers, last];
  const open = askedOf(placed).filter((asked) => !answers.some(({ source }) => source.partition === asked));
  if (open.length > 0) note('hold', offset, `${name} was decided before partition ${open.join(', ')} answered`);
  const refusals = answers.flatMap(({ refusal }) => (refusal === null ? [] : [refusal]));
  if (event.type === 'OrderAccepted' && refusals.length > 0) note('hold', offset, `${name} was accepted and is short`);
  const { lines, total } = pricedBy(placed, answers);
  const { order_id, customer_id, priority, payment, reference, metadata, currency } = placed;
  const rests_on = answers.map((answer) => ({ partition: answer.source.partition, offset: answer.offset }));
  const said = { order_id, customer_id, priority, payment, reference, metadata, rests_on, lines };
  for (const field of differences({ ...said, total: { amount: total, currency } }, data)) {
    note(
      field === 'lines' || field === 'total' ? 'price' : 'command',
      offset,
      `${name} has another ${field} than it was placed with`,
    );
  }
  if (event.type === 'OrderAccepted') {
    if (data.lines.length < placed.lines.length) note('hold', offset, `${name} was accepted without all its lines`);
    if (data.version !== placed.version + 1) note('order', offset, `${name} goes from version 1 to ${data.version}`);
    const expiresAt = meta.at + placed.expires_after_s * 1_000;
    if (event.data.expires_at !== expiresAt)
      note('command', offset, `${name} expires at ${event.data.expires_at}, not ${expiresAt}`);
    return;
  }
  const granted = answers.flatMap(({ refusal, source }) => (refusal === null ? [source.partition] : []));
  if (!alike(event.data.settles, granted)) {
    note(
      'hold',
      offset,
      `${name} tells ${JSON.stringify(event.data.settles)}, lines are held in ${JSON.stringify(granted)}`,
    );
  }
  checkReason(placed, refusals, event.data, (text) => note('shortage', offset, `${name} ${text}`));
}

function checkReason(
  placed: OrderPlaced,
  refusals: readonly HoldRefusal[],
  { reason, shortages }: { readonly reason: string; readonly shortages: readonly unknown[] },
  wrong: (text: string) => void,
): void {
  const reasons = refusals.map((refusal) => refusal.reason);
  const isTooMuch = reason === 'amount_too_large' && refusals.length === 0;
  if (!reasons.includes(reason) && !isTooMuch) wrong(`was refused as ${reason}, and no partition said so`);
  if (reason === 'out_of_stock' && reasons.some((other) => other !== reason))
    wrong('was refused for stock, and there is worse');
  const short = refusals.flatMap((refusal) => refusal.shortages);
  const due = placed.lines.flatMap((line) => short.filter(({ product_id }) => product_id === line.product_id));
  const expected = reason === 'out_of_stock' ? due : [];
  if (!alike(shortages, expected))
    wrong(`names the shortages ${JSON.stringify(shortages)}, they were ${JSON.stringify(expected)}`);
}

/** Lines whose price is known, in the order in which they were placed. */
function pricedBy(
  placed: OrderPlaced,
  answers: readonly AnswerHold[],
): { readonly lines: readonly OrderLine[]; readonly total: number } {
  const prices = answers.flatMap((answer) => answer.prices);
  const lines = placed.lines.flatMap(({ product_id, quantity, priority, unit_price: own }): OrderLine[] => {
    const unit_price = own ?? prices.find((price) => price.product_id === product_id)?.unit_price;
    if (unit_price === undefined) return [];
    const total = { amount: unit_price.amount * quantity, currency: unit_price.currency };
    return [{ product_id, quantity, unit_price, total, priority }];
  });
  return { lines, total: lines.reduce((sum, { total: { amount } }) => sum + amount, 0) };
}

/** Every line is asked of the partition in which its product lives. */
function checkPlaces(known: Known, { order_id, lines }: OrderPlaced, offset: number, note: Note): void {
  const [first] = lines.map(({ product_id }) => product_id).sort();
  const home = partitionOf(first ?? '', known.partitions);
  for (const { product_id, elsewhere } of lines) {
    const lives = partitionOf(product_id, known.partitions);
    if ((elsewhere ?? home) === lives) continue;
    note(
      'home',
      offset,
      `order ${order_id} asks partition ${elsewhere ?? home} for ${product_id}, which lives in ${lives}`,
    );
  }
}
