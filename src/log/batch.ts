// A batch of commands decided on an overlay: all their events as the one record batch that a writer appends. Pure but
// for the clock that bounds its length; the bounds decide how much is decided, never what.
import type { CommandMeta, LedgerEvent, Meta } from '../../schemas/generated.ts';
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';
import { nilUuid } from '../../schemas/records.ts';
import { sourceOf } from '../domain/messages.ts';
import { isUuid } from '../domain/uuid.ts';
import { LedgerAlarm } from './alarm.ts';
import { requestBytes } from './connection.ts';
import type { Decider, Decision } from './decider-port.ts';
import { positionHeader, positionOf } from './journal.ts';
import type { PartitionJournal } from './partition-journal.ts';
import type { OutgoingRecord } from './port.ts';

/** What lies at one offset of the commands topic; `at` is broker time, ms. */
export type QueuedCommand =
  | {
      readonly kind: 'command';
      readonly offset: number;
      readonly at: number;
      readonly key: Uint8Array | null;
      readonly record: CommandRecord;
      readonly bytes: Uint8Array | null;
    }
  | {
      readonly kind: 'poison';
      readonly offset: number;
      readonly at: number;
      readonly why: string;
      readonly bytes: Uint8Array | null;
    }
  | { readonly kind: 'hole'; readonly offset: number };

export interface Batch<S> {
  readonly overlay: S;
  readonly events: readonly EventRecord[];
  readonly records: readonly OutgoingRecord[];
  /** How many of the commands it decides, from the first. */
  readonly commands: number;
  /** Commands on which the decider threw, with what it threw. */
  readonly failures: readonly { readonly offset: number; readonly traceId: string; readonly error: unknown }[];
  /** Time that it took, ms. */
  readonly ms: number;
}

export interface BatchLimits {
  readonly recordsMax: number;
  readonly bytesMax: number;
  readonly msMax: number;
}

export interface BatchContext<S> {
  readonly journal: PartitionJournal<S>;
  readonly decider: Decider<S>;
  readonly encode: (event: EventRecord) => Uint8Array;
  /** This writer incarnation. */
  readonly writer: string;
  readonly limits: BatchLimits;
  /** The command up to which all messages are acknowledged, where `progress` is the last one decided. */
  readonly sent: (progress: number) => number;
  readonly now: () => number;
}

/** Decides commands, which must begin right behind the journal's progress, until a limit cuts the batch. */
export function decideBatch<S>(context: BatchContext<S>, commands: readonly QueuedCommand[]): Batch<S> {
  const { journal, decider, limits } = context;
  const overlay = decider.fork(journal.state());
  const events: EventRecord[] = [];
  const records: OutgoingRecord[] = [];
  const failures: Batch<S>['failures'][number][] = [];
  const started = context.now();
  let time = journal.time();
  let bytes = 0;
  let decided = 0;
  for (const command of commands) {
    if (decided > 0 && context.now() - started > limits.msMax) break;
    const at = command.kind === 'hole' ? time : Math.max(time, command.at);
    let outcome = decideOrCut(() => decideOne(context, overlay, command, at), decided);
    if (outcome === null) break;
    const isTooLarge = outcome.values.length > limits.recordsMax || outcome.bytes > limits.bytesMax;
    // A message is never refused: its sender was promised that it is taken.
    if (isTooLarge && !isMessage(command)) {
      outcome = encodeAll(context, command, at, tooLarge);
    }
    const isFull =
      records.length + outcome.values.length > limits.recordsMax || bytes + outcome.bytes > limits.bytesMax;
    if (decided > 0 && isFull) break;
    if (outcome.failure !== undefined) failures.push(outcome.failure);
    outcome.events.forEach((event, i) => {
      const offset = journal.end() + records.length;
      decider.evolve(overlay, { ...event, offset });
      events.push(event);
      const headers = { [positionHeader]: positionOf(offset, event.meta.reply_to) };
      records.push({ key: keyOf(event, outcome.events, command), value: outcome.values[i] ?? null, headers });
    });
    bytes += outcome.bytes;
    time = at;
    decided += 1;
  }
  return { overlay, events, records, commands: decided, failures, ms: context.now() - started };
}

/** The outcome of a command whose events alone do not fit into one batch. */
export const tooLarge = refusal('too_large', 'The command has more events than fit into one batch.');

/** A refusal that says something about the attempt, and is not remembered under the key. */
function refusal(reason: string, detail: string): Decision {
  const event: LedgerEvent = { type: 'CommandRefused', data: { reason, detail, product_id: null, order_id: null } };
  return { events: [event], answer: 0, remember: false };
}

interface Outcome {
  readonly events: readonly EventRecord[];
  readonly values: readonly Uint8Array[];
  /** Of all of them in a request. */
  readonly bytes: number;
  /** Set where the decider threw. */
  readonly failure?: Batch<unknown>['failures'][number];
}

/** A message that cannot be decided ends the batch before it: whether those before it stand is not known yet. */
function decideOrCut(decide: () => Outcome, decided: number): Outcome | null {
  try {
    return decide();
  } catch (error) {
    if (error instanceof LedgerAlarm && decided > 0) return null;
    throw error;
  }
}

function decideOne<S>(context: BatchContext<S>, overlay: S, command: QueuedCommand, at: number): Outcome {
  if (command.kind === 'hole')
    return encodeAll(context, command, at, refusal('no_record', 'There is no record at this offset.'));
  if (command.kind === 'poison')
    return encodeAll(context, command, at, refusal('poison', `Not a command: ${command.why}.`));
  try {
    const decision = context.decider.decide(overlay, { ...command.record, offset: command.offset, at });
    return encodeAll(context, command, at, decision);
  } catch (error) {
    if (isMessage(command)) {
      const text = `message ${command.offset}, a ${command.record.type}, cannot be decided: ${String(error)}`;
      throw new LedgerAlarm('message_undecidable', context.journal.partition, text, { cause: error });
    }
    // A bug, not a business "no": the partition goes on, the command is kept in the dead letters.
    const refused = refusal('internal_error', 'The command could not be decided.');
    const { offset, record } = command;
    const failure = { offset, traceId: record.meta.correlation_id, error };
    return { ...encodeAll(context, command, at, refused), failure };
  }
}

/** Whether a command is a message of another partition, which is never refused. */
export function isMessage(command: QueuedCommand | undefined): boolean {
  return command?.kind === 'command' && sourceOf(command.record) !== null;
}

function encodeAll<S>(context: BatchContext<S>, command: QueuedCommand, at: number, decision: Decision): Outcome {
  const sent = context.sent(context.journal.progress());
  const record = command.kind === 'command' ? command.record : null;
  const about = record?.meta ?? null;
  const source = record === null ? null : sourceOf(record);
  const events = decision.events.map((event, index): EventRecord => {
    const callers =
      index === decision.answer ? callersOf(decision, command.offset, source === null ? about : null) : nobody;
    const meta = {
      command_offset: command.offset,
      index,
      count: decision.events.length,
      sent,
      at,
      command_id: about?.command_id ?? nilUuid,
      ...callers,
      source,
      actor: about?.actor ?? '',
      correlation_id: about?.correlation_id ?? '',
      writer: context.writer,
    };
    return { ...event, meta };
  });
  const values = events.map(context.encode);
  return { events, values, bytes: values.reduce((sum, value) => sum + requestBytes(value), 0) };
}

type Callers = Pick<Meta, 'answers' | 'reply_to' | 'placed_at' | 'remember'>;

const nobody: Callers = { answers: null, reply_to: [], placed_at: null, remember: null };

/** Who is answered by the outcome of a command, or goes on waiting; `about` is null where it has no callers. */
function callersOf({ remember, waits, awaited }: Decision, offset: number, about: CommandMeta | null): Callers {
  if (awaited !== undefined) {
    const { command_id: answers, reply_to, placed_at } = awaited;
    return { answers, reply_to, placed_at, remember: awaited.remember };
  }
  if (about === null) return nobody;
  const { command_id, fingerprint, remember_for_s: for_s } = about;
  const reply_to = about.reply_to !== null && isUuid(about.reply_to) ? [about.reply_to] : [];
  const remembered = remember ? { fingerprint, for_s } : null;
  if (waits) return { ...nobody, reply_to, remember: remembered };
  return { answers: command_id, reply_to, placed_at: offset, remember: remembered };
}

/** Product id of an event; an order's is the smallest among the events of its command, else what the command has. */
function keyOf(
  { data }: EventRecord,
  siblings: readonly EventRecord[],
  command: QueuedCommand,
): string | Uint8Array | null {
  if ('product_id' in data && data.product_id !== null) return data.product_id;
  const products = siblings.flatMap((event) => ('product_id' in event.data ? [event.data.product_id] : []));
  const [smallest] = products.filter((id) => id !== null).sort();
  return smallest ?? (command.kind === 'command' ? command.key : null);
}
