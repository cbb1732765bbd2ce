// The writer of one partition: decides commands in order and appends their events where they are meant to land. One
// append in flight; after any doubt it forgets what was not acknowledged and reads the journal.
import type { EventRecord } from '../../schemas/records.ts';
import { LedgerAlarm } from './alarm.ts';
import type { Batch, BatchContext, BatchLimits, QueuedCommand } from './batch.ts';
import { decideBatch, refusal } from './batch.ts';
import type { Decider } from './decider-port.ts';
import type { PartitionJournal } from './partition-journal.ts';
import type { Appender, Log, LogRecord, Pace } from './port.ts';
import { LogError } from './port.ts';
import type { CommandReading, Reading } from './reading.ts';

/** A batch that stands: acknowledged at the offset it was meant for. */
export interface AppendedBatch {
  readonly partition: number;
  /** Offset of the first event. */
  readonly base: number;
  readonly commands: number;
  readonly events: readonly EventRecord[];
  /** Time from the append to its answer, ms. */
  readonly ms: number;
}

/** What a writer tells about its work, for metrics and logs. */
export interface WriterEvents {
  appended(batch: AppendedBatch): void;
  /** The fate of an append is unknown, or it was void; the journal was read again. */
  doubt(error: Error): void;
  /** The decider threw: a bug. The command is refused and kept in the dead letters. */
  failed(offset: number, error: unknown): void;
}

export interface WriterOptions<S> {
  readonly log: Log;
  readonly eventsTopic: string;
  readonly deadLettersTopic: string;
  readonly journal: PartitionJournal<S>;
  readonly reading: Reading;
  readonly decider: Decider<S>;
  readonly encode: (event: EventRecord) => Uint8Array;
  readonly writerId: string;
  readonly limits: BatchLimits & { readonly commandsMax: number };
  readonly pace: Pace;
  /** Whether the partition is still assigned to us; asked before an append is tried again. */
  readonly isMember: () => boolean;
  readonly events: WriterEvents;
}

export interface Writer {
  /** Commands in offset order; those already decided are passed over. */
  enqueue(records: readonly LogRecord[]): void;
  queued(): number;
  /** Works until stopped or until the partition is lost. @throws LedgerAlarm when the partition must stop */
  run(signal: AbortSignal): Promise<void>;
}

const backoffMsMax = 500;

/** Makes a writer over a journal that was caught up. */
export function createWriter<S>(options: WriterOptions<S>): Writer {
  const { journal, pace, decider, encode, limits, writerId } = options;
  const context: BatchContext<S> = { journal, decider, encode, limits, writer: writerId, now: () => pace.now() };
  const queue: LogRecord[] = [];
  let appender: Appender | null = null;
  let wake = (): void => undefined;

  async function run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => wake(), { once: true });
    try {
      while (!signal.aborted) {
        if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        else await work(await take(signal), signal);
      }
    } catch (error) {
      if (error !== signal.reason) throw error;
    } finally {
      await dropAppender();
    }
  }

  /** Reads the next commands off the queue; they stay in it until they are decided. */
  async function take(signal: AbortSignal): Promise<QueuedCommand[]> {
    const done = queue.findIndex((record) => record.offset > journal.progress());
    queue.splice(0, done < 0 ? queue.length : done);
    const commands: QueuedCommand[] = [];
    for (const record of queue.slice(0, options.limits.commandsMax)) {
      try {
        const read = readCommand(options.reading, journal.partition, record, signal);
        commands.push(read instanceof Promise ? await read : read);
      } catch (error) {
        // What lies before the command that stops us is decided first.
        if (commands.length === 0) throw error;
        break;
      }
    }
    return commands;
  }

  async function work(commands: readonly QueuedCommand[], signal: AbortSignal): Promise<void> {
    const first = commands[0];
    if (first === undefined) return;
    if (first.offset !== journal.progress() + 1) {
      const text = `command ${first.offset} was delivered where ${journal.progress() + 1} is next`;
      throw new LedgerAlarm('commands_lost', journal.partition, text);
    }
    const batch = decideBatch(context, commands);
    await keepPoison(commands.slice(0, batch.commands), batch, signal);
    if (signal.aborted) return;
    await append(commands, batch, signal);
  }

  /** Appends a batch until its commands are decided: by it, by a smaller one, or by whoever was faster. */
  async function append(commands: readonly QueuedCommand[], batch: Batch<S>, signal: AbortSignal): Promise<void> {
    const started = pace.now();
    const end = journal.end();
    let doubt: Error;
    try {
      appender ??= await options.log.openAppender();
      const landed = await appender.append(options.eventsTopic, new Map([[journal.partition, batch.records]]));
      const base = landed.get(journal.partition)?.baseOffset;
      if (base === end) {
        journal.accept(batch.overlay, batch.events);
        queue.splice(0, batch.commands);
        const { commands: count, events } = batch;
        options.events.appended({
          partition: journal.partition,
          base,
          commands: count,
          events,
          ms: pace.now() - started,
        });
        return;
      }
      if (base !== undefined && base < end) {
        throw new LedgerAlarm('journal_shrank', journal.partition, `an append meant for ${end} landed at ${base}`);
      }
      doubt = new Error(`an append meant for ${end} landed at ${base}: another writer was here`);
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      await dropAppender();
      if (error.code === 'too_large' || error.code === 'rejected') return shrink(commands, batch, error, signal);
      doubt = error;
    }
    options.events.doubt(doubt);
    await settleDoubt(signal);
  }

  /** The broker says that the batch cannot land: try half of it; a single command is refused, if it is its size. */
  async function shrink(
    commands: readonly QueuedCommand[],
    batch: Batch<S>,
    error: LogError,
    signal: AbortSignal,
  ): Promise<void> {
    if (batch.commands > 1) return work(commands.slice(0, Math.ceil(batch.commands / 2)), signal);
    if (error.code === 'rejected' || batch.events.length === 1) {
      throw new LedgerAlarm('append_rejected', journal.partition, `the broker refuses an append: ${error.message}`, {
        cause: error,
      });
    }
    const tooLarge = {
      ...decider,
      decide: () => refusal('too_large', 'The command has more events than fit into one batch.'),
    };
    const refused = decideBatch({ ...context, decider: tooLarge }, commands.slice(0, 1));
    await append(commands.slice(0, 1), refused, signal);
  }

  /** Reads the journal until it is known how far it goes; whoever lost the partition meanwhile leaves it alone. */
  async function settleDoubt(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      await pace.sleep(pace.random() * Math.min(backoffMsMax, 10 * 2 ** attempt), signal);
      if (signal.aborted || !options.isMember()) return;
      try {
        await journal.catchUp(signal);
        return;
      } catch (error) {
        if (!(error instanceof LogError)) throw error;
        options.events.doubt(error);
      }
    }
  }

  /** Copies poison to the dead letters before its refusal is appended: keyed by its place, so twice is harmless. */
  async function keepPoison(commands: readonly QueuedCommand[], batch: Batch<S>, signal: AbortSignal): Promise<void> {
    const failed = new Set(batch.failures.map(({ offset }) => offset));
    for (const failure of batch.failures) options.events.failed(failure.offset, failure.error);
    const kept = commands.filter((command) => command.kind === 'poison' || failed.has(command.offset));
    const records = kept.map((command) => deadLetter(journal.partition, command, queue));
    for (let attempt = 0; records.length > 0 && !signal.aborted; attempt++) {
      try {
        appender ??= await options.log.openAppender();
        await appender.append(options.deadLettersTopic, new Map([[0, records]]));
        return;
      } catch (error) {
        if (!(error instanceof LogError)) throw error;
        options.events.doubt(error);
        await dropAppender();
        await pace.sleep(pace.random() * Math.min(backoffMsMax, 10 * 2 ** attempt), signal);
      }
    }
  }

  async function dropAppender(): Promise<void> {
    const closing = appender;
    appender = null;
    await closing?.close();
  }

  return {
    enqueue: (records) => {
      queue.push(...records);
      wake();
    },
    queued: () => queue.length,
    run,
  };
}

function readCommand(
  reading: Reading,
  partition: number,
  record: LogRecord,
  signal: AbortSignal,
): QueuedCommand | Promise<QueuedCommand> {
  const { offset, at, key } = record;
  if (record.hole) return { kind: 'hole', offset };
  const place = (read: CommandReading): QueuedCommand =>
    read.kind === 'command' ? { ...read, offset, at, key } : { ...read, offset, at };
  const read = reading.command(partition, record, signal);
  return read instanceof Promise ? read.then(place) : place(read);
}

function deadLetter(partition: number, command: QueuedCommand, queue: readonly LogRecord[]) {
  const original = queue.find((record) => record.offset === command.offset);
  const place = `${partition}:${command.offset}`;
  const why = command.kind === 'poison' ? command.why : 'the decider failed';
  const headers = { position: Buffer.from(place), reason: Buffer.from(why) };
  return { key: place, value: original?.value ?? null, headers };
}
