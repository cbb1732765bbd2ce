// What an outcome has to do with its command: whose it is, when it was decided, and that it says what was asked for.
import type { CommandRecord, PlacedEvent } from '../../../../schemas/records.ts';
import { nilUuid } from '../../../../schemas/records.ts';
import { differences } from '../alike.ts';
import type { CommandAt, Group, JudgeOptions, Known } from '../judge.ts';
import { expectedData } from './expected.ts';
import { checkMessage, sourceIn } from './messages.ts';
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
  if (command?.kind === 'command') {
    checkMessage(known, group, command.record, options);
    // Whose hold is settled hears of it from nobody.
    if (command.record.type === 'SettleHold' && answer === null) return checkTime(known, group, command, wrong);
  }
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
  checkMeta(known, group, { answer, asked }, wrong);
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

function checkMeta(
  known: Known,
  { offset, events }: Group,
  { answer, asked: { meta: asked, ...command } }: { readonly answer: Answer; readonly asked: CommandRecord },
  wrong: Wrong,
): void {
  const other = events.find(({ meta }) => meta.command_id !== asked.command_id);
  if (other !== undefined) {
    return wrong(`its command_id is ${asked.command_id}, its outcome says ${other.meta.command_id}`);
  }
  if (events.some(({ meta }) => meta.actor !== asked.actor || meta.correlation_id !== asked.correlation_id)) {
    wrong('its outcome names another caller');
  }
  const isMessage = sourceIn({ ...command, meta: asked }) !== null;
  const callers = callersOf(known, answer, isMessage ? null : { command_id: asked.command_id, offset });
  for (const { type, meta } of events) {
    const due = type === answer.type ? callers : nobody;
    const right = meta.answers === due.answers && (due.answers === null || meta.placed_at === due.placedAt);
    if (!right) wrong(`its ${type} answers ${meta.answers ?? 'nobody'} at ${meta.placed_at ?? 'no offset'}`);
  }
}

interface Callers {
  readonly answers: string | null;
  readonly placedAt: number | null;
}

const nobody: Callers = { answers: null, placedAt: null };

/** Whose callers an outcome answers; those of an order that asks other partitions wait for its end. */
function callersOf(
  known: Known,
  answer: Answer,
  own: { readonly command_id: string; readonly offset: number } | null,
): Callers {
  const orderId = 'order_id' in answer.data ? answer.data.order_id : null;
  const reserving = orderId === null ? null : (known.orders.get(orderId)?.reserving ?? null);
  if (own === null) {
    const ends = answer.type === 'OrderAccepted' || answer.type === 'OrderRefused';
    return ends && reserving !== null ? { answers: reserving.commandId, placedAt: reserving.placedAt } : nobody;
  }
  const waits =
    answer.type === 'OrderPlaced' ||
    (answer.type === 'CommandRepeated' && answer.data.decided === 'OrderPlaced' && reserving !== null);
  return waits ? nobody : { answers: own.command_id, placedAt: own.offset };
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
