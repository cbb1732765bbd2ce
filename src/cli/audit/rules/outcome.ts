// What an outcome has to do with its command: whose it is, when it was decided, and that it says what was asked for.
import type { CommandRecord, PlacedEvent } from '../../../../schemas/records.ts';
import { nilUuid } from '../../../../schemas/records.ts';
import { differences } from '../alike.ts';
import type { CommandAt, Group, JudgeOptions, Known } from '../judge.ts';
import { checkPlaced } from './placed.ts';

/** Events that only say how stock moved; the other one of a command is its answer. */
const moves: ReadonlySet<PlacedEvent['type']> = new Set(['StockHeld', 'StockReleased', 'StockSold']);
/** Outcomes that a command of each type can have besides a refusal or a repeat. */
const outcomes: { readonly [T in CommandRecord['type']]: readonly PlacedEvent['type'][] } = {
  CreateProduct: ['ProductCreated'],
  ChangeProduct: ['ProductChanged'],
  ArchiveProduct: ['ProductArchived'],
  AdjustStock: ['StockAdjusted'],
  PlaceOrder: ['OrderAccepted', 'OrderRefused', 'OrderPlaced'],
  CancelOrder: ['OrderCancelled'],
  RequestPayment: ['PaymentRequested'],
  BeginProcessing: ['OrderProcessing'],
  RecordPayment: ['OrderPaid', 'OrderFailed'],
  ExpireOrder: ['OrderExpired'],
  HoldStock: ['StockHoldGranted', 'StockHoldRefused'],
  AnswerHold: ['HoldAnswered', 'OrderAccepted', 'OrderRefused'],
  SettleHold: [],
};
/** How long after it was made a client's command may be decided, ms. */
const lateMsMax = 600_000;

type Answer = Exclude<PlacedEvent, { readonly type: 'StockHeld' | 'StockReleased' | 'StockSold' }>;

/** The event that answers the caller: the one that is no movement of stock. */
export function answerOf({ events }: Group): Answer | null {
  for (const event of events) {
    if (event.type !== 'StockHeld' && event.type !== 'StockReleased' && event.type !== 'StockSold') return event;
  }
  return null;
}

/** Compares a whole outcome with its command. */
export function checkOutcome(known: Known, group: Group, options: JudgeOptions): void {
  const { command, events, offset } = group;
  const [first] = events;
  const answer = answerOf(group);
  if (first === undefined) return;
  const wrong = (text: string): void => options.note('command', first.offset, `command ${offset}: ${text}`);
  if (answer === null || events.filter(({ type }) => !moves.has(type)).length !== 1) {
    wrong(`its events are ${events.map(({ type }) => type).join(', ')}: there is not exactly one answer`);
    return;
  }
  if (command === null) return wrong('it has an outcome, but it is not in the commands topic');
  if (command.kind === 'unknown') return wrong('this release does not know its type; ask a newer one');
  checkTime(known, group, command, wrong);
  if (command.kind === 'command') checkCommand(known, group, { answer, asked: command.record }, { options, wrong });
  else checkNoCommand(command.kind, group, answer, wrong);
}

/** An offset at which there is no command of ours has one outcome too, which says so. */
function checkNoCommand(kind: 'hole' | 'poison', { events }: Group, answer: Answer, wrong: Wrong): void {
  const [reason, what] =
    kind === 'hole' ? ['no_record', 'no record lies there'] : ['poison', 'it is no command of ours'];
  const right = answer.type === 'CommandRefused' && answer.data.reason === reason && events.length === 1;
  if (!right) wrong(`${what}, and its outcome is ${tell(answer)}`);
  if (answer.meta.command_id !== nilUuid) wrong(`its outcome names command_id ${answer.meta.command_id}`);
}

type Wrong = (text: string) => void;

function checkCommand(
  known: Known,
  group: Group,
  { answer, asked }: { readonly answer: Answer; readonly asked: CommandRecord },
  { options, wrong }: { readonly options: JudgeOptions; readonly wrong: Wrong },
): void {
  checkMeta(group, answer, asked, wrong);
  checkLate(asked, answer, wrong);
  if (answer.type === 'CommandRefused' || answer.type === 'CommandRepeated') {
    if (group.events.length > 1) wrong(`it is a ${tell(answer)} and moves stock`);
    if (answer.type === 'CommandRefused' && answer.data.reason === 'internal_error') {
      const text = `command ${group.offset} could not be decided (internal_error); it lies in the dead letters`;
      options.warn(answer.offset, text);
    }
  } else if (outcomes[asked.type].includes(answer.type)) checkData(known, answer, asked, options);
  else wrong(`a ${asked.type} became ${tell(answer)}`);
}

/** An outcome in one word: its type, or why it was refused. */
export function tell(event: PlacedEvent): string {
  return event.type === 'CommandRefused' ? `CommandRefused ${event.data.reason}` : event.type;
}

/** Log time is the largest broker time so far, of the commands up to this one. */
function checkTime(known: Known, { events }: Group, command: CommandAt, wrong: Wrong): void {
  const at = 'at' in command ? Math.max(known.time, command.at) : known.time;
  const other = events.find(({ meta }) => meta.at !== at);
  if (other !== undefined) wrong(`its log time is ${at}, its outcome at offset ${other.offset} says ${other.meta.at}`);
}

function checkMeta({ offset, events }: Group, answer: Answer, { meta: asked }: CommandRecord, wrong: Wrong): void {
  const other = events.find(({ meta }) => meta.command_id !== asked.command_id);
  if (other !== undefined) {
    return wrong(`its command_id is ${asked.command_id}, its outcome says ${other.meta.command_id}`);
  }
  if (events.some(({ meta }) => meta.actor !== asked.actor || meta.correlation_id !== asked.correlation_id)) {
    wrong('its outcome names another caller');
  }
  for (const { type, meta } of events) {
    const right =
      type === answer.type ? meta.answers === asked.command_id && meta.placed_at === offset : meta.answers === null;
    if (!right) wrong(`its ${type} answers ${meta.answers ?? 'nobody'} at ${meta.placed_at ?? 'no offset'}`);
  }
}

/** A late command may repeat one whose key is forgotten, so it is refused, and only such a one. */
function checkLate({ meta: { made_at } }: CommandRecord, answer: Answer, wrong: Wrong): void {
  const age = answer.meta.at - made_at;
  const isLate = made_at >= 0 && age > lateMsMax;
  const refused = answer.type === 'CommandRefused' && answer.data.reason === 'too_late';
  const broken =
    answer.type === 'CommandRefused' && (answer.data.reason === 'internal_error' || answer.data.reason === 'too_large');
  if (isLate && !refused && !broken) wrong(`it came ${age} ms after it was made and was decided: ${tell(answer)}`);
  if (!isLate && refused) wrong('it was refused as too late and was not');
}

/** What the event says against what was asked for. */
function checkData(known: Known, event: Answer, command: CommandRecord, options: JudgeOptions): void {
  if (command.type === 'PlaceOrder') return checkPlaced(known, event, command.data, options);
  for (const field of differences(expectedData(known, command) ?? {}, event.data)) {
    const text = `the ${field} of its ${event.type} is not what was asked for: ${JSON.stringify(Reflect.get(event.data, field))}`;
    options.note('command', event.offset, `command ${event.meta.command_offset}: ${text}`);
  }
}

/** The data of the event that grants a command; null where what it is about is not known, which other rules tell. */
function expectedData(known: Known, command: Exclude<CommandRecord, { type: 'PlaceOrder' }>): object | null {
  switch (command.type) {
    case 'CreateProduct':
      return { ...command.data, version: 1 };
    case 'CancelOrder': {
      const { order_id, reason } = command.data;
      const order = known.orders.get(order_id);
      return order === undefined ? null : { order_id, customer_id: order.customer, reason, version: order.version + 1 };
    }
    case 'RequestPayment':
    case 'BeginProcessing':
    case 'RecordPayment':
    case 'ExpireOrder':
    case 'HoldStock':
    case 'AnswerHold':
    case 'SettleHold':
      return null;
    case 'ChangeProduct':
    case 'ArchiveProduct':
    case 'AdjustStock':
      return expectedChange(known, command);
  }
}

function expectedChange(
  known: Known,
  { type, data }: Extract<CommandRecord, { type: 'ChangeProduct' | 'ArchiveProduct' | 'AdjustStock' }>,
): object | null {
  const { product_id } = data;
  const product = known.products.get(product_id);
  if (product === undefined) return null;
  const version = product.version + 1;
  if (type === 'ArchiveProduct') return { product_id, version };
  if (type === 'ChangeProduct') {
    const { name, price, low_stock_threshold: threshold } = data;
    const low_stock_threshold = threshold === null ? product.threshold : threshold.value;
    return { product_id, name: name ?? product.name, price: price ?? product.price, low_stock_threshold, version };
  }
  if (product.onHand === null) return null;
  const { reason, reference } = data;
  const on_hand = data.set_to ?? product.onHand + (data.delta ?? 0);
  return { product_id, delta: on_hand - product.onHand, on_hand, held: product.held, reason, reference, version };
}
