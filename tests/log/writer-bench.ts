// A running writer of one partition over the log in memory, whose appends a test can make go wrong one by one.
import type { CommandRecord } from '../../schemas/records.ts';
import type { State } from '../../src/domain/decider.ts';
import { decideBatch } from '../../src/log/batch.ts';
import type { Fault, MemoryLog } from '../../src/log/memory/memory-log.ts';
import type { PartitionJournal } from '../../src/log/partition-journal.ts';
import type { Log, LogRecord } from '../../src/log/port.ts';
import type { AppendedBatch, Writer, WriterOptions } from '../../src/log/writer.ts';
import { createOutbox } from '../../src/log/outbox.ts';
import { createWriter } from '../../src/log/writer.ts';
import {
  codec,
  contextOf,
  fakePace,
  history,
  inject,
  journalOf,
  noon,
  opened,
  plainReading,
  queued,
  tell,
  theDecider,
  topics,
  until,
  writerId,
} from './fixture.ts';

/** What becomes of one append to the journal: a fault of the log, or something that happens just before it is sent. */
export type Plan = Fault | (() => Fault);

export interface WriterBench {
  readonly log: MemoryLog;
  readonly journal: PartitionJournal<State>;
  readonly writer: Writer;
  /** Sizes of the batches that the writer sent to the journal, records each. */
  readonly sent: number[];
  readonly appended: AppendedBatch[];
  readonly doubts: string[];
  readonly failed: number[];
  /** How the run ended, once it has: `null` when it was stopped. */
  readonly ended: Promise<unknown>;
  /** Puts commands (text is poison, null a hole) on the log and hands them to the writer. */
  give(commands: readonly (CommandRecord | string | null)[]): void;
  /** Waits until the journal knows `count` commands; answers its history without genesis. */
  decided(count: number): Promise<string[]>;
  stop(): Promise<unknown>;
}

export interface BenchOptions {
  readonly plans?: Plan[];
  readonly batchBytesMax?: number;
  readonly writer?: Partial<WriterOptions<State>>;
  /** Stands between the writer and the log. */
  readonly wrap?: (log: Log) => Log;
}

export async function startBench({
  plans = [],
  wrap = (log) => log,
  ...more
}: BenchOptions = {}): Promise<WriterBench> {
  const { batchBytesMax = 1_000_000 } = more;
  const { log } = await opened({ batchBytesMax });
  const sent: number[] = [];
  const faults = ({ topic, batches }: { topic: string; batches: ReadonlyMap<number, readonly unknown[]> }): Fault => {
    if (topic !== topics.events) return 'none';
    sent.push(batches.get(0)?.length ?? 0);
    const plan = plans.shift() ?? 'none';
    return typeof plan === 'function' ? plan() : plan;
  };
  const client = wrap(log.client({ faults }));
  const journal = journalOf(client);
  await journal.catchUp();
  const told = { appended: [] as AppendedBatch[], doubts: [] as string[], failed: [] as number[] };
  const doubt = ({ message }: Error): void => void told.doubts.push(message);
  const limits = { recordsMax: 1_000, bytesMax: 900_000, msMax: 200, commandsMax: 500 };
  const sending = {
    log: client,
    commandsTopic: topics.commands,
    partition: 0,
    encode: codec.encode,
    limits,
    outboxMax: 1_000,
  };
  const outbox = createOutbox({ ...sending, pace: fakePace(), doubt, landed: () => undefined });
  const writer = createWriter<State>({
    log: client,
    outbox,
    eventsTopic: topics.events,
    deadLettersTopic: topics.deadLetters,
    journal,
    reading: plainReading(),
    decider: theDecider,
    encode: codec.encode,
    writerId,
    limits,
    pace: fakePace(),
    isMember: () => true,
    events: {
      appended: (batch) => void told.appended.push(batch),
      doubt,
      failed: (offset) => void told.failed.push(offset),
    },
    ...more.writer,
  });
  const stopping = new AbortController();
  const ended = writer.run(stopping.signal).then(
    () => null,
    (error: unknown) => error,
  );
  return {
    ...{ log, journal, writer, sent, ended, ...told },
    give: (commands) => void writer.enqueue(putCommands(log, commands)),
    decided: async (count) => {
      await until(`${count} commands decided`, () => journal.progress() >= count - 1);
      return tell(await history(log)).slice(1);
    },
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

/** Puts commands on the log and answers them as a follower would deliver them. */
export function putCommands(log: MemoryLog, commands: readonly (CommandRecord | string | null)[]): LogRecord[] {
  return commands.map((item) => {
    const value = item === null ? null : typeof item === 'string' ? Buffer.from(item) : codec.encode(item);
    const offset = log.inject(topics.commands, 0, [item === null ? 'hole' : { value }]);
    return { offset, at: item === null ? -1 : noon, key: null, value, headers: {}, hole: item === null };
  });
}

/** Decides commands as another writer would, that knows the journal up to its end, and appends where it belongs. */
export async function strangerOf(log: MemoryLog): Promise<(commands: readonly CommandRecord[]) => void> {
  const journal = journalOf(log);
  await journal.catchUp();
  return (commands) => {
    const { records } = decideBatch(contextOf(journal), queued(commands, journal.progress() + 1));
    inject(log, records);
  };
}

type Append = Awaited<ReturnType<Log['openAppender']>>['append'];

/** A log whose appends go through a test's hands. */
export function withAppends(
  log: Log,
  through: (send: () => ReturnType<Append>, topic: string) => ReturnType<Append>,
): Log {
  return {
    ...log,
    openAppender: async () => {
      const appender = await log.openAppender();
      return { ...appender, append: (topic, batches) => through(() => appender.append(topic, batches), topic) };
    },
  };
}
