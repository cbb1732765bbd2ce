// The writer of one partition: decides commands in order and appends their events where they are meant to land. One
// append in flight; after any doubt it forgets what was not acknowledged and reads the journal.
import type { CommandRecord, EventRecord } from '../../schemas/records.ts';
import type { PassCrashPoint } from '../platform/crash-points.ts';
import { LedgerAlarm } from './alarm.ts';
import type { Batch, BatchContext, BatchLimits, QueuedCommand } from './batch.ts';
import { decideBatch, isMessage, tooLarge } from './batch.ts';
import type { Connection } from './connection.ts';
import { createConnection } from './connection.ts';
import { deadLetter, withoutBytes } from './dead-letters.ts';
import type { Decider } from './decider-port.ts';
import type { Outbox } from './outbox.ts';
import type { PartitionJournal } from './partition-journal.ts';
import type { Log, LogRecord, Pace } from './port.ts';
import { LogError } from './port.ts';
import { backOff } from './requests.ts';
import type { Reading } from './reading.ts';
import { readCommands } from './read-commands.ts';

/** A batch that stands: acknowledged at the offset it was meant for. */
export interface AppendedBatch {
  readonly partition: number;
  /** Offset of the first event. */
  readonly base: number;
  readonly commands: number;
  readonly events: readonly EventRecord[];
  /** Time to decide its commands, ms. */
  readonly decideMs: number;
  /** Time from the append to its answer, ms. */
  readonly ms: number;
}

/** What a writer tells about its work, for metrics and logs. */
export interface WriterEvents {
  appended(batch: AppendedBatch): void;
  /** The fate of an append is unknown, or it was void; the journal was read again. */
  doubt(error: Error): void;
  /** The decider threw: a bug. The command is refused and kept in the dead letters. */
  failed(offset: number, error: unknown, traceId: string): void;
}

export interface WriterOptions<S> {
  readonly log: Log;
  readonly eventsTopic: string;
  readonly deadLettersTopic: string;
  readonly journal: PartitionJournal<S>;
  readonly reading: Reading;
  readonly decider: Decider<S>;
  readonly encode: (record: CommandRecord | EventRecord) => Uint8Array;
  /** Sends the messages of what stands. */
  readonly outbox: Outbox;
  readonly writerId: string;
  readonly limits: BatchLimits & { readonly commandsMax: number };
  readonly pace: Pace;
  /** Whether the partition is still assigned to us; asked before an append is tried again. */
  readonly isMember: () => boolean;
  readonly events: WriterEvents;
  readonly passing?: PassCrashPoint;
}

export interface Writer {
  /** Commands in offset order; answers how many of them it did not have. */
  enqueue(records: readonly LogRecord[]): number;
  /**
   * Commands that a sender of this process saw acknowledged, in offset order. They are taken where they are the next
   * ones, which saves the way through the broker; otherwise the broker brings them in their turn. Answers how many the
   * broker had brought before.
   */
  offer(records: readonly LogRecord[]): number;
  queued(): number;
  /** Whether it waits for commands: no batch is being decided or appended. */
  isAtRest(): boolean;
  /** Works until stopped or until the partition is lost. @throws LedgerAlarm when the partition must stop */
  run(signal: AbortSignal): Promise<void>;
}

const backoffMsMax = 500;

/** What one writer works with from its start to its end. */
interface Work<S> {
  readonly options: WriterOptions<S>;
  readonly context: BatchContext<S>;
  readonly connection: Connection;
  readonly signal: AbortSignal;
}

/** Makes a writer over a journal that was caught up. */
export function createWriter<S>(options: WriterOptions<S>): Writer {
  const { journal, pace, decider, encode, limits, writerId, outbox } = options;
  const { sent } = outbox;
  const context = { journal, decider, encode, limits, writer: writerId, sent, now: () => pace.now() };
  const queue: LogRecord[] = [];
  /** Offset of the next command that is not in the queue or behind it. */
  let next = journal.progress() + 1;
  let wake = (): void => undefined;
  let resting = false;

  async function rest(): Promise<void> {
    resting = true;
    await new Promise<void>((resolve) => (wake = resolve));
    resting = false;
  }

  /** Forgets what is decided, by us or by another writer, and reads the next commands. */
  async function take(signal: AbortSignal): Promise<QueuedCommand[]> {
    const open = queue.findIndex((record) => record.offset > journal.progress());
    queue.splice(0, open < 0 ? queue.length : open);
    return readCommands(options.reading, journal.partition, queue.slice(0, limits.commandsMax), signal);
  }

  async function run(signal: AbortSignal): Promise<void> {
    const connection = createConnection(options.log);
    signal.addEventListener('abort', () => wake(), { once: true });
    try {
      while (!signal.aborted) {
        // What is decided may make more messages, which nothing but the broker can take.
        await outbox.room(signal);
        const commands = await take(signal);
        if (commands.length > 0) await decide({ options, context, connection, signal }, commands);
        // Asked again, as an abort that came while `take` was awaited has woken nobody.
        else if (queue.length === 0 && !signal.aborted) await rest();
      }
    } catch (error) {
      if (error !== signal.reason) throw error;
    } finally {
      await connection.close();
    }
  }

  function enqueue(records: readonly LogRecord[]): number {
    const fresh = records.filter(({ offset }) => offset >= next);
    const last = fresh.at(-1);
    if (last === undefined) return 0;
    next = last.offset + 1;
    queue.push(...fresh);
    wake();
    return fresh.length;
  }

  return {
    enqueue,
    offer: (records) => {
      const known = records.filter(({ offset }) => offset < next).length;
      if (records[known]?.offset === next) enqueue(records);
      return known;
    },
    queued: () => queue.length,
    isAtRest: () => resting,
    run,
  };
}

/** Decides as many of the commands as fit into one batch and appends it. */
async function decide<S>(work: Work<S>, commands: readonly QueuedCommand[]): Promise<void> {
  const { journal } = work.options;
  const next = journal.progress() + 1;
  // All of them: a gap that got into the journal could never be filled.
  commands.forEach(({ offset }, i) => {
    if (offset === next + i) return;
    const text = `command ${offset} was delivered where ${next + i} is next`;
    throw new LedgerAlarm('commands_lost', journal.partition, text);
  });
  const batch = await decideOnWhatStands(work, commands);
  if (batch === null) return;
  await keepPoison(work, commands.slice(0, batch.commands), batch);
  if (!work.signal.aborted) await append(work, commands, batch);
}

/**
 * Decides a batch. Where a message does not follow from what is known here, another writer may be ahead: null after more
 * of the journal was read, so that it is tried again. @throws LedgerAlarm when the message follows from nothing
 */
async function decideOnWhatStands<S>(work: Work<S>, commands: readonly QueuedCommand[]): Promise<Batch<S> | null> {
  try {
    return decideBatch(work.context, commands);
  } catch (error) {
    const { journal } = work.options;
    const end = journal.end();
    if (!(error instanceof LedgerAlarm) || error.code !== 'message_undecidable') throw error;
    await settleDoubt(work);
    if (journal.end() > end || work.signal.aborted) return null;
    throw error;
  }
}

/** Appends a batch. Afterwards the journal knows whether it stands; commands that are still open are decided again. */
async function append<S>(work: Work<S>, commands: readonly QueuedCommand[], batch: Batch<S>): Promise<void> {
  const { journal, pace, events, eventsTopic, decider, outbox, passing } = work.options;
  const started = pace.now();
  const end = journal.end();
  passing?.('decide');
  try {
    const landed = await work.connection.append(eventsTopic, new Map([[journal.partition, batch.records]]));
    const base = landed.get(journal.partition)?.baseOffset;
    if (base === end) {
      passing?.('append');
      journal.accept(batch.overlay, batch.events);
      outbox.add(batch.events.flatMap((event, i) => decider.messagesOf({ ...event, offset: base + i })));
      const { commands: count, events: appended, ms: decideMs } = batch;
      const ms = pace.now() - started;
      return events.appended({ partition: journal.partition, base, commands: count, events: appended, decideMs, ms });
    }
    if (base !== undefined && base < end) {
      throw new LedgerAlarm('journal_shrank', journal.partition, `an append meant for ${end} landed at ${base}`);
    }
    events.doubt(new Error(`an append meant for ${end} landed at ${base}: another writer was here`));
    await work.connection.close();
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    if (error.code === 'too_large' || error.code === 'rejected') return shrink(work, commands, batch, error);
    events.doubt(error);
  }
  await settleDoubt(work);
}

/** The broker says that the batch cannot land: try half of it; a single command is refused, if it is its size. */
async function shrink<S>(
  work: Work<S>,
  commands: readonly QueuedCommand[],
  batch: Batch<S>,
  error: LogError,
): Promise<void> {
  const { journal, decider } = work.options;
  if (batch.commands > 1) return decide(work, commands.slice(0, Math.ceil(batch.commands / 2)));
  const [first] = batch.events;
  if (error.code === 'rejected' || first?.type === 'CommandRefused' || isMessage(commands[0])) {
    throw rejected(journal.partition, error);
  }
  const refusing = { ...decider, decide: () => tooLarge };
  const one = commands.slice(0, 1);
  await append(work, one, decideBatch({ ...work.context, decider: refusing }, one));
}

/** Reads the journal until it is known how far it goes; whoever lost the partition waits to hear of it. */
async function settleDoubt<S>({ options, signal }: Work<S>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    await backOff(options.pace, attempt, backoffMsMax, signal);
    if (signal.aborted) return;
    if (!options.isMember()) continue;
    try {
      await options.journal.catchUp(signal);
      return options.outbox.reset(options.decider.unsent(options.journal.state()));
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      options.events.doubt(error);
    }
  }
}

/** Copies poison to the dead letters, and only then lets its refusal be appended. */
async function keepPoison<S>(work: Work<S>, commands: readonly QueuedCommand[], batch: Batch<S>): Promise<void> {
  const { options, connection, signal } = work;
  const failed = new Set(batch.failures.map(({ offset }) => offset));
  for (const { offset, error, traceId } of batch.failures) options.events.failed(offset, error, traceId);
  const records = commands.flatMap((command) => {
    const why = command.kind === 'poison' ? command.why : failed.has(command.offset) ? 'the decider failed' : null;
    return why === null ? [] : [deadLetter(options.journal.partition, command, why)];
  });
  let left = records;
  let atOnce = records.length;
  for (let attempt = 0; left.length > 0 && !signal.aborted; attempt++) {
    const some = left.slice(0, atOnce);
    try {
      await connection.append(options.deadLettersTopic, new Map([[0, some]]));
      left = left.slice(some.length);
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      const isTooLarge = error.code === 'too_large';
      const isBare = some.length === 1 && some[0]?.value === null;
      if (error.code === 'rejected' || (isTooLarge && isBare)) throw rejected(options.journal.partition, error);
      if (!isTooLarge) options.events.doubt(error);
      else if (some.length > 1) atOnce = Math.ceil(some.length / 2);
      else left = left.map((letter, i) => (i === 0 ? withoutBytes(letter) : letter));
      await backOff(options.pace, attempt, backoffMsMax, signal);
    }
  }
}

function rejected(partition: number, error: LogError): LedgerAlarm {
  const text = `the broker refuses an append: ${error.message}`;
  return new LedgerAlarm('append_rejected', partition, text, { cause: error });
}
