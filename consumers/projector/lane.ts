// One partition between delivery and projection, from one start to the next. Records wait here; what is taken is
// counted, dense, decoded and projected. An event that cannot be halts the lane, and nothing else.
import type { Change, JournalEvent } from '../../projections/projection.ts';
import { counts } from '../../src/log/journal.ts';
import type { LogRecord } from '../../src/log/port.ts';
import { asError } from './options.ts';
import type { ProjectorOptions } from './options.ts';
import { createReader } from './reader.ts';
import type { Target } from './targets.ts';

/** How far one target has come on this partition. */
export interface Mark {
  readonly target: Target;
  next: number;
}

/** What was taken of one partition: for each mark of the lane the changes, up to `next`. */
export interface Slice {
  readonly lane: Lane;
  readonly next: number;
  readonly changes: ReadonlyMap<Mark, readonly Change[]>;
  readonly records: number;
  /** How many of them were void. */
  readonly voids: number;
}

export interface Lane {
  readonly partition: number;
  readonly marks: readonly Mark[];
  /** False once the partition was lost or started again; what was taken before is then dropped. */
  live(): boolean;
  queued(): number;
  voids(): number;
  error(): Error | null;
  put(records: readonly LogRecord[]): void;
  /** At most `limit` records that are ready; null where there are none. */
  take(limit: number): Slice | null;
  halt(error: Error): void;
  end(): void;
}

export interface LaneOptions extends Pick<ProjectorOptions, 'decode' | 'logger' | 'events'> {
  readonly partition: number;
  readonly marks: readonly Mark[];
  /** A generation that is not read cannot be kept up; the lane goes on without it. */
  readonly spoil: (target: Target, error: Error) => void;
  /** There is something to take, after a wait. */
  readonly wake: () => void;
}

/** Makes the lane of a partition that begins at the lowest of the marks. */
export function createLane(options: LaneOptions): Lane {
  const { partition, marks, logger, wake, spoil } = options;
  const ended = new AbortController();
  let queue: LogRecord[] = [];
  let head = 0;
  let voids = 0;
  let halted: Error | null = null;

  function halt(error: Error): void {
    if (halted !== null || ended.signal.aborted) return;
    halted = error;
    logger.error({ err: error, partition }, 'the projector halts this partition');
    options.events?.halted(error);
  }

  const decode = (record: LogRecord) => options.decode(partition, record, ended.signal);
  const fromGenesis = marks.some(({ next }) => next === 0);
  const reader = createReader({ partition, decode, fromGenesis, wake });

  function take(limit: number): Slice | null {
    const changes = new Map<Mark, Change[]>(marks.map((mark) => [mark, []]));
    const from = head;
    const voidsBefore = voids;
    let next = 0;
    try {
      for (; head < queue.length && head - from < limit && halted === null; head++) {
        const record = queue[head];
        if (record === undefined) break;
        if (counts(record)) {
          const event = reader.read(record);
          if (event === null) break;
          project(event, changes, spoil);
        } else voids++;
        next = record.offset + 1;
      }
    } catch (error) {
      halt(asError(error));
    }
    const records = head - from;
    if (head * 2 >= queue.length) {
      // What was taken is let go, at a cost that is spread over as many records.
      queue = queue.slice(head);
      head = 0;
    }
    return records === 0 ? null : { lane, next, changes, records, voids: voids - voidsBefore };
  }

  const lane: Lane = {
    partition,
    marks,
    live: () => !ended.signal.aborted,
    queued: () => queue.length - head,
    voids: () => voids,
    error: () => halted,
    put: (records) => {
      for (const record of records) queue.push(record);
    },
    take,
    halt,
    end: () => ended.abort(),
  };
  return lane;
}

function project(event: JournalEvent, changes: ReadonlyMap<Mark, Change[]>, spoil: LaneOptions['spoil']): void {
  // First all of them: where one throws, no target gets half of the event.
  const made = [...changes].map(([mark, list]) => {
    if (event.offset < mark.next || mark.target.spoiled) return { list, own: [] };
    try {
      return { list, own: mark.target.projection.project(event) };
    } catch (error) {
      if (mark.target.active) throw error;
      spoil(mark.target, asError(error));
      return { list, own: [] };
    }
  });
  for (const { list, own } of made) list.push(...own);
}
