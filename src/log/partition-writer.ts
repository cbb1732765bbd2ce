// A partition from its assignment to its loss: recover, decide, and after an alarm stop, say why, and try again once
// the cause may be gone. One of these a partition and process.
import type { PartitionJournal } from './partition-journal.ts';
import { createPartitionJournal } from './partition-journal.ts';
import type { LogRecord } from './port.ts';
import { LogError } from './port.ts';
import { recover } from './recovery.ts';
import type { Writer, WriterOptions } from './writer.ts';
import { createWriter } from './writer.ts';

export interface PartitionWriterOptions<S> extends Omit<WriterOptions<S>, 'journal'> {
  readonly partition: number;
  readonly partitions: number;
  readonly commandsTopic: string;
  readonly group: string;
  readonly alarmRereadMs: number;
  /** Asks for `start` again, from the journal. */
  readonly restart: () => void;
  readonly alarm: (alarm: unknown) => void;
  readonly rebuilt: (figures: { readonly counted: number; readonly void: number; readonly ms: number }) => void;
}

export type PartitionStatus = 'rebuilding' | 'writing' | 'stopped';

export interface PartitionWriter {
  /** Rebuilds and begins to write; answers the offset of the next command. @throws LedgerAlarm, LogError */
  start(signal: AbortSignal): Promise<number>;
  /** Commands as the broker brings them; answers how many of them were news. */
  deliver(records: readonly LogRecord[]): number;
  /** As `Writer.offer`. */
  offer(records: readonly LogRecord[]): number;
  status(): {
    readonly status: PartitionStatus;
    readonly progress: number;
    readonly queued: number;
    readonly error: string | null;
  };
  /** Finishes the batch in hand and stops. */
  stop(): Promise<void>;
}

export function createPartitionWriter<S>(options: PartitionWriterOptions<S>): PartitionWriter {
  const { log, partition, partitions, reading, decider, pace } = options;
  let journal: PartitionJournal<S> | null = null;
  let writer: Writer | null = null;
  let running = Promise.resolve();
  let stopping = new AbortController();
  let error: string | null = null;

  async function start(signal: AbortSignal): Promise<number> {
    await stop();
    try {
      const started = pace.now();
      const fresh = createPartitionJournal({
        log,
        topic: options.eventsTopic,
        partition,
        partitions,
        reading,
        decider,
      });
      const next = await recover({ ...options, journal: fresh }, signal);
      // Lost in the meantime: nobody would stop a writer that begins now.
      signal.throwIfAborted();
      options.rebuilt({ ...fresh.tally(), ms: pace.now() - started });
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
    const started = createWriter({ ...options, journal: fresh });
    writer = started;
    running = started.run(lifetime.signal).catch(async (thrown: unknown) => {
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
    status: () => ({
      status: writer !== null ? 'writing' : error === null ? 'rebuilding' : 'stopped',
      progress: journal?.progress() ?? -2,
      queued: writer?.queued() ?? 0,
      error,
    }),
    stop,
  };
}
