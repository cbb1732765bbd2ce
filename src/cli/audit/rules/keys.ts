// One decision a key: while an outcome is remembered, the same request repeats it, and another one under the same key
// is refused. What is remembered, and for how long, comes from the commands, not from what the journal says of it.
import type { ChangeProduct, Remember } from '../../../../schemas/generated.ts';
import type { CommandRecord, PlacedEvent } from '../../../../schemas/records.ts';
import { alike } from '../alike.ts';
import type { Group, JudgeOptions, Key, Known, Product } from '../judge.ts';
import { answerOf, tell } from './outcome.ts';

/** Refusals that say something about the attempt, and leave the key free. */
const passing = new Set(['too_late', 'too_large', 'internal_error', 'poison', 'no_record']);

/** Compares an outcome with what is remembered under its command_id, and remembers it. */
export function checkKey(known: Known, group: Group, { note }: JudgeOptions): void {
  const { command, offset } = group;
  const answer = answerOf(group);
  if (answer === null || command?.kind !== 'command') return;
  if (command.record.type === 'AnswerHold' && isEnd(answer)) return rememberEnd(known, answer, note);
  if (isUnremembered(command.record)) {
    if (answer.meta.remember !== null) note('key', answer.offset, `command ${offset}: it is remembered under its key`);
    return;
  }
  const wrong = (text: string): void => note('key', answer.offset, `command ${offset}: ${text}`);
  checkRemembered(known, { answer, command }, wrong);
}

function checkRemembered(
  known: Known,
  {
    answer,
    command,
  }: { readonly answer: PlacedEvent; readonly command: { readonly at: number; readonly record: CommandRecord } },
  wrong: (text: string) => void,
): void {
  const { command_id, fingerprint: asked, remember_for_s: forS } = command.record.meta;
  const id = pack(command_id);
  const fingerprint = textOf(asked);
  const at = Math.max(known.time, command.at);
  const earlier = known.keys.get(id);
  const live = earlier !== undefined && at < earlier.at + earlier.forS * 1_000 ? earlier : null;
  const { remember } = answer.meta;
  if (answer.type === 'CommandRefused' && passing.has(answer.data.reason)) {
    if (remember !== null) wrong(`${tell(answer)} is remembered under its key`);
  } else if (live !== null) {
    if (remember !== null) wrong('a repeat is remembered anew');
    checkRepeat(live, fingerprint, answer, wrong);
  } else if (isReused(answer)) wrong('a fresh key was refused as reused');
  else {
    if (answer.type === 'CommandRepeated') checkReached(known, answer, command.record, wrong);
    if (!isSame(remember, fingerprint, forS)) wrong('its outcome is not remembered as its command asks');
    known.keys.set(id, { fingerprint, at, forS, ...decisionOf(answer) });
  }
}

/** Messages, and what workers ask: the order itself tells whether it was decided before. */
function isUnremembered({ type }: CommandRecord): boolean {
  return unremembered.has(type);
}

const unremembered: ReadonlySet<CommandRecord['type']> = new Set([
  ...(['HoldStock', 'AnswerHold', 'SettleHold'] as const),
  ...(['BeginProcessing', 'RecordPayment', 'ExpireOrder'] as const),
]);

function isEnd(event: PlacedEvent): boolean {
  return event.type === 'OrderAccepted' || event.type === 'OrderRefused';
}

/** The end of an order that asked other partitions takes the place of what its first command left. */
function rememberEnd(known: Known, event: PlacedEvent, note: JudgeOptions['note']): void {
  const orderId = 'order_id' in event.data ? event.data.order_id : null;
  const reserving = orderId === null ? null : (known.orders.get(orderId)?.reserving ?? null);
  if (reserving === null) return;
  const { remember, commandId, replyTo } = reserving;
  const { meta } = event;
  const same =
    remember === null ? meta.remember === null : isSame(meta.remember, textOf(remember.fingerprint), remember.for_s);
  if (!same) note('key', event.offset, `order ${orderId}: its end is not remembered as its beginning was`);
  if (meta.reply_to.some((instance) => !replyTo.has(instance))) {
    note('key', event.offset, `order ${orderId}: its end answers an instance at which nobody waits`);
  }
  if (remember === null) return;
  const key = { fingerprint: textOf(remember.fingerprint), at: meta.at, forS: remember.for_s, ...decisionOf(event) };
  known.keys.set(pack(commandId), key);
}

function textOf(fingerprint: Uint8Array): string {
  return Buffer.from(fingerprint).toString('latin1');
}

function isReused(answer: PlacedEvent): boolean {
  return answer.type === 'CommandRefused' && answer.data.reason === 'idempotency_key_reused';
}

function isSame(remember: Remember | null, fingerprint: string, forS: number): boolean {
  return remember?.for_s === forS && textOf(remember.fingerprint) === fingerprint;
}

/** A command_id in few bytes: there is one for every command. */
export function pack(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('latin1');
}

function checkRepeat(first: Key, fingerprint: string, answer: PlacedEvent, wrong: (text: string) => void): void {
  if (first.fingerprint !== fingerprint) {
    if (!isReused(answer))
      wrong(`it reuses the key of the event at ${first.first_offset} for another request and became ${tell(answer)}`);
  } else if (answer.type !== 'CommandRepeated') {
    wrong(`it repeats what was decided at ${first.first_offset} and was decided again: ${tell(answer)}`);
  } else {
    const { first_offset, decided, order_id, product_id } = answer.data;
    const same =
      first_offset === first.first_offset &&
      decided === first.decided &&
      order_id === first.order_id &&
      product_id === first.product_id;
    if (!same)
      wrong(`it repeats ${decided} at ${first_offset}, but ${first.decided} was decided at ${first.first_offset}`);
  }
}

/** A repeat under a fresh key: what the command aims at must have been reached. */
function checkReached(
  known: Known,
  { data }: Extract<PlacedEvent, { type: 'CommandRepeated' }>,
  asked: CommandRecord,
  wrong: (text: string) => void,
): void {
  const order = data.order_id === null ? undefined : known.orders.get(data.order_id);
  const product = data.product_id === null ? undefined : known.products.get(data.product_id);
  const reached =
    reachable.has(data.decided) && order?.changedBy === data.decided && order.offset === data.first_offset;
  const archived = data.decided === 'ProductArchived' && product?.archived === data.first_offset;
  const unchanged = data.first_offset === -1 && changesNothing(product, asked, data);
  if (!reached && !archived && !unchanged)
    wrong(`it repeats ${data.decided} at ${data.first_offset}, which is not there`);
}

/** Whether a product has everything already that the command wants of it. */
function changesNothing(
  product: Product | undefined,
  asked: CommandRecord,
  { decided, product_id }: Extract<PlacedEvent, { type: 'CommandRepeated' }>['data'],
): boolean {
  if (product === undefined || product.archived !== null) return false;
  if (asked.type === 'AdjustStock' && decided === 'StockAdjusted') {
    const { delta, set_to } = asked.data;
    const isSame = set_to === null ? delta === 0 : set_to === product.onHand;
    return asked.data.product_id === product_id && product.onHand !== null && isSame;
  }
  if (asked.type !== 'ChangeProduct' || decided !== 'ProductChanged') return false;
  return asked.data.product_id === product_id && isAs(product, asked.data);
}

function isAs(product: Product, { name, price, low_stock_threshold: threshold }: ChangeProduct): boolean {
  if (name !== null && name !== product.name) return false;
  if (price !== null && !alike(price, product.price)) return false;
  return threshold === null || threshold.value === product.threshold;
}

/** What a cancellation or a request for payment may find done: what the order was changed by last. */
const reachable = new Set(['OrderCancelled', 'OrderAccepted', 'PaymentRequested', 'OrderProcessing', 'OrderPaid']);

function decisionOf(event: PlacedEvent): Pick<Key, 'first_offset' | 'decided' | 'order_id' | 'product_id'> {
  const { data, offset: first_offset, type: decided } = event;
  const order_id = 'order_id' in data ? data.order_id : null;
  const product_id = 'product_id' in data && order_id === null ? data.product_id : null;
  if (type(event, 'CommandRepeated')) return { ...event.data, order_id, product_id };
  if (type(event, 'CommandRefused')) return { first_offset, decided: event.data.reason, order_id, product_id };
  return { first_offset, decided: type(event, 'OrderRefused') ? event.data.reason : decided, order_id, product_id };
}

function type<T extends PlacedEvent['type']>(
  event: PlacedEvent,
  name: T,
): event is Extract<PlacedEvent, { readonly type: T }> {
  return event.type === name;
}
