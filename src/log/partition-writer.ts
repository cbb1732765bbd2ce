// A partition from its assignment to its loss: recover, decide, and after an alarm stop, say why, and try again once
// the cause may be gone. One of these a partition and process.
import type { Backlog } from './outbox.ts';
import { createOutbox } from './outbox.ts';
import type { PartitionJournal, Tally } from './partition-journal.ts';
import { createPartitionJournal } from './partition-journal.ts';
import type { LogRecord } from './port.ts';
import { LogError } from './port.ts';
import { recover } from './recovery.ts';
import type { Snapshots } from './snapshots.ts';
import type { AppendedBatch, Writer, WriterOptions } from './writer.ts';
import { createWriter } from './writer.ts';

export interface PartitionWriterOptions<S> extends Omit<WriterOptions<S>, 'journal' | 'outbox'> {
  readonly partition: number;
  readonly partitions: number;
  readonly commandsTopic: string;
  readonly group: string;
  readonly alarmRereadMs: number;
  /** See OutboxOptions. */
  readonly outboxMax: number;
  readonly snapshots: Snapshots<S>;
  /** Hears of messages to other partitions that the broker acknowledged, as a reader will find them. */
  readonly landed: (target: number, records: readonly LogRecord[]) => void;
  /** Asks for `start` again, from the journal. */
  readonly restart: () => void;
  readonly alarm: (alarm: unknown) => void;
  readonly rebuilt: (figures: Rebuilt) => void;
}

/** A rebuild in figures: records read, where the snapshot ended that it began with (0: none), and its time, ms. */
export interface Rebuilt extends Tally {
  readonly from: number;
  readonly ms: number;
}

export type PartitionStatus = 'rebuilding' | 'writing' | 'stopped';

export interface PartitionWriter<S> {
  /** Rebuilds and begins to write; answers the offset of the next command. @throws LedgerAlarm, LogError */
  start(signal: AbortSignal): Promise<number>;
  /** Commands as the broker brings them; answers how many of them were news. */
  deliver(records: readonly LogRecord[]): number;
  /** As `Writer.offer`. */
  offer(records: readonly LogRecord[]): number;
  /** As it was last rebuilt and written; null before the first rebuild. */
  journal(): PartitionJournal<S> | null;
  status(): {
    readonly status: PartitionStatus;
    readonly progress: number;
    readonly queued: number;
    /** Messages to other partitions that wait for the broker. */
    readonly outbox: Backlog;
    readonly error: string | null;
  };
  /** Finishes the batch in hand and stops. */
  stop(): Promise<void>;
}

export function createPartitionWriter<S>(options: PartitionWriterOptions<S>): PartitionWriter<S> {
  const { pace, snapshots, events, decider } = options;
  const outbox = createOutbox({ ...options, doubt: events.doubt });
  let journal: PartitionJournal<S> | null = null;
  let writer: Writer | null = null;
  let running = Promise.resolve();
  let stopping = new AbortController();
  let error: string | null = null;

  async function start(signal: AbortSignal): Promise<number> {
    await stop();
    try {
      const started = pace.now();
      const { journal: fresh, next, from } = await rebuild(options, signal);
      // Lost in the meantime: nobody would stop a writer that begins now.
      signal.throwIfAborted();
      options.rebuilt({ ...fresh.tally(), from, ms: pace.now() - started });
      journal = fresh;
      begin(fresh);
      return next;
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown);
      // A broker that is away is waited for; anything else is a reason to stop and say so.
      if (!(thrown instanceof LogError) && thrown !== signal.reason) options.alarm(thrown);
      throw thrown;
    }
  }

  function begin(fresh: PartitionJournal<S>): void {
    const lifetime = new AbortController();
    stopping = lifetime;
    error = null;
    const appended = (batch: AppendedBatch): void => {
      events.appended(batch);
      snapshots.offer(fresh, started.isAtRest);
    };
    const started = createWriter({ ...options, journal: fresh, outbox, events: { ...events, appended } });
    outbox.reset(decider.unsent(fresh.state()));
    snapshots.offer(fresh, started.isAtRest);
    writer = started;
    running = together([started, outbox], lifetime.signal).catch(async (thrown: unknown) => {
      writer = null;
      error = thrown instanceof Error ? thrown.message : String(thrown);
      options.alarm(thrown);
      await pace.sleep(options.alarmRereadMs, lifetime.signal);
      if (!lifetime.signal.aborted) options.restart();
    });
  }

  async function stop(): Promise<void> {
    stopping.abort();
    writer = null;
    await running;
  }

  return {
    start,
    deliver: (records) => writer?.enqueue(records) ?? 0,
    offer: (records) => writer?.offer(records) ?? 0,
    journal: () => journal,
    status: () => ({
      status: writer !== null ? 'writing' : error === null ? 'rebuilding' : 'stopped',
      progress: journal?.progress() ?? -2,
      queued: writer?.queued() ?? 0,
      outbox: outbox.backlog(),
      error,
    }),
    stop,
  };
}

/** Runs both until stopped; where one fails the other is stopped, and then it is told. */
async function together(
  parts: readonly { run(signal: AbortSignal): Promise<void> }[],
  signal: AbortSignal,
): Promise<void> {
  // One controller for both reasons: Node keeps whatever listens to a signal of AbortSignal.any until that aborts.
  const ending = new AbortController();
  const stop = (): void => ending.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const ends = await Promise.allSettled(
    parts.map((part) =>
      part.run(ending.signal).catch((error: unknown) => {
        ending.abort(error);
        throw error;
      }),
    ),
  );
  signal.removeEventListener('abort', stop);
  const end = ends.find((each) => each.status === 'rejected');
  if (end !== undefined) throw end.reason;
}

interface RebuiltJournal<S> {
  readonly journal: PartitionJournal<S>;
  /** Offset of the next command. */
  readonly next: number;
  /** Where the snapshot ended that it began with; 0 where it began at zero. */
  readonly from: number;
}

/** Rebuilds from a snapshot, where there is one; whatever then goes wrong is judged by a rebuild from zero. */
async function rebuild<S>(options: PartitionWriterOptions<S>, signal: AbortSignal): Promise<RebuiltJournal<S>> {
  const { partition, snapshots } = options;
  const source = { ...options, topic: options.eventsTopic };
  const found = await snapshots.find(partition, signal);
  if (found !== null) {
    const journal = createPartitionJournal(source, found.fold);
    try {
      return { journal, next: await recover({ ...options, journal }, signal), from: found.manifest.end };
    } catch (error) {
      if (error instanceof LogError || error === signal.reason) throw error;
      snapshots.discard(found.manifest, error);
    }
  }
  const journal = createPartitionJournal(source);
  return { journal, next: await recover({ ...options, journal }, signal), from: 0 };
}
