// One partition of the journal as the payment worker reads it. Its checkpoint never goes beyond the event of the oldest
// job that is not finished.
import type { EventRecord } from '../../schemas/records.ts';
import { counts } from '../../src/log/journal.ts';
import type { LogRecord } from '../../src/log/port.ts';
import type { LaneJobs } from './lane-jobs.ts';

export interface Lane {
  readonly partition: number;
  /** Aborts when the partition is lost or starts again. */
  readonly signal: AbortSignal;
  put(records: readonly LogRecord[]): void;
  /** Next offset for whoever reads this partition after us. */
  checkpoint(): number;
  /** Jobs that are not finished and records that are not read yet. */
  load(): number;
  finish(orderId: string): void;
  /** Why it reads no further; null while it does. */
  error(): Error | null;
  end(): void;
}

export interface LaneOptions {
  readonly partition: number;
  readonly jobs: LaneJobs;
  readonly from: number;
  /** End of the journal when the partition began. */
  readonly until: number;
  /** Jobs that may be known before they begin although the lane has not caught up. */
  readonly jobsMax: number;
  readonly decode: (partition: number, record: LogRecord, signal: AbortSignal) => EventRecord | Promise<EventRecord>;
  readonly halted: (error: unknown) => void;
}

export function createLane({ partition, jobs, until, jobsMax, decode, ...options }: LaneOptions): Lane {
  const ended = new AbortController();
  let queue: LogRecord[] = [];
  let next = options.from;
  let reading = false;
  let failure: Error | null = null;

  /** Never rejects. */
  async function readAll(): Promise<void> {
    reading = true;
    try {
      while (queue.length > 0) {
        const batch = queue;
        queue = [];
        await read(batch);
        // Where half of what may be known is, the partition may have been paused until some of it is done.
        if (next >= until || jobs.count() > jobsMax / 2) jobs.release();
      }
    } catch (error) {
      if (ended.signal.aborted) return;
      failure = error instanceof Error ? error : new Error(String(error));
      options.halted(error);
    } finally {
      reading = false;
    }
  }

  async function read(batch: readonly LogRecord[]): Promise<void> {
    for (const record of batch) {
      if (ended.signal.aborted) return;
      if (counts(record)) {
        const event = decode(partition, record, ended.signal);
        jobs.take(event instanceof Promise ? await event : event, record.offset);
      }
      next = record.offset + 1;
    }
  }

  return {
    partition,
    signal: ended.signal,
    put: (records) => {
      for (const record of records) queue.push(record);
      if (!reading && failure === null) void readAll();
    },
    checkpoint: () => jobs.oldest() ?? next,
    load: () => jobs.count() + queue.length,
    finish: jobs.finish,
    error: () => failure,
    end: () => ended.abort(),
  };
}
