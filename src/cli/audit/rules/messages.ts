// Messages of other partitions: each is taken once, in order, by whom it was sent to, and has an outcome that follows
// from what this partition has.
import type { HoldPrice, HoldStock, Shortage, Source } from '../../../../schemas/generated.ts';
import type { CommandRecord, PlacedEvent } from '../../../../schemas/records.ts';
import { alike, differences } from '../alike.ts';
import type { Group, JudgeOptions, Known, Product } from '../judge.ts';
import { checkReserved } from './reserving.ts';

/** Where a command says that it comes from; null for what is no message. */
export function sourceIn(command: CommandRecord): Source | null {
  return 'source' in command.data ? command.data.source : null;
}

/** Takes down which message was taken, after the command was judged. */
export function noteTaken(known: Known, { events }: Group): void {
  const source = events[0]?.meta.source ?? null;
  if (source === null) return;
  known.taken.set(source.partition, Math.max(source.command_offset, known.taken.get(source.partition) ?? -1));
}

/** Compares the outcome of a message with the message and with the state before. */
export function checkMessage(
  known: Known,
  { offset, events }: Group,
  asked: CommandRecord,
  options: JudgeOptions,
): void {
  const source = sourceIn(asked);
  const [first] = events;
  if (first === undefined) return;
  const wrong = (text: string): void => options.note('message', first.offset, `command ${offset}: ${text}`);
  if (events.some(({ meta }) => !alike(meta.source, source))) wrong('its outcome names another source than it has');
  if (source === null) return;
  const isAgain = source.command_offset <= (known.taken.get(source.partition) ?? -1);
  if (first.type === 'CommandRefused') return wrong(`a message was refused: ${first.data.reason}`);
  if (first.type === 'CommandRepeated') {
    if (!isAgain) wrong('it is new, and was taken for a repeat');
    return;
  }
  if (isAgain) wrong(`it was taken before, and decided again: ${first.type}`);
  if (asked.type === 'HoldStock') checkHold(known, asked.data, events, wrong);
  if (asked.type === 'AnswerHold') checkAnswer(known, asked, events, { options, wrong });
}

type Wrong = (text: string) => void;

function checkHold(known: Known, asked: HoldStock, events: readonly PlacedEvent[], wrong: Wrong): void {
  const answer = events.at(-1);
  if (answer?.type !== 'StockHoldGranted' && answer?.type !== 'StockHoldRefused') return;
  const products = asked.lines.map(({ product_id }) => known.products.get(product_id));
  const offered = products.filter((product) => product?.archived === null && product.price.currency === asked.currency);
  const prices = offered.flatMap((product): HoldPrice[] => {
    return product === undefined ? [] : [{ product_id: product.id, unit_price: product.price }];
  });
  if (!alike(answer.data.prices, prices)) wrong(`it names the prices ${JSON.stringify(answer.data.prices)}`);
  const isUnfit = offered.length < products.length;
  const short = isUnfit ? [] : shortagesOf(asked, products);
  const mayHold = !isUnfit && short.length === 0;
  if (answer.type === 'StockHoldGranted') {
    if (!mayHold) wrong('it was granted, and not everything was there');
    return;
  }
  const { reason, shortages } = answer.data.refusal;
  if (mayHold && reason !== 'amount_too_large') wrong(`it was refused as ${reason}, and everything was there`);
  if (!alike(shortages, short)) {
    wrong(`it names the shortages ${JSON.stringify(shortages)}, they were ${JSON.stringify(short)}`);
  }
}

function shortagesOf({ lines }: HoldStock, products: readonly (Product | undefined)[]): readonly Shortage[] {
  return lines.flatMap(({ product_id, quantity }, i): Shortage[] => {
    const { onHand = null, held = 0 } = products[i] ?? {};
    if (onHand === null || quantity <= onHand - held) return [];
    return [{ product_id, requested: quantity, available: onHand - held }];
  });
}

function checkAnswer(
  known: Known,
  { data }: Extract<CommandRecord, { readonly type: 'AnswerHold' }>,
  [event]: readonly PlacedEvent[],
  { options, wrong }: { readonly options: JudgeOptions; readonly wrong: Wrong },
): void {
  const reserving = known.orders.get(data.order_id)?.reserving ?? null;
  if (reserving === null) return wrong(`it answers for order ${data.order_id}, which asks nobody`);
  if (event?.type === 'HoldAnswered') {
    const { order_id, offset, prices, refusal, source } = data;
    const said = { order_id, partition: source.partition, offset, prices, refusal };
    if (differences(said, event.data).length > 0) wrong('its outcome is not what was answered');
  }
  if (event?.type === 'OrderAccepted' || event?.type === 'OrderRefused') {
    checkReserved(reserving, event, data, options.note);
  }
}
