// What a follower hands over: for each partition that is ours everything from where `start` said, in offset order, holes
// included, none twice. It survives rebalances, because a partition that stays ours keeps its place.
import type { FollowOptions, LogRecord } from '../port.ts';
import { limits } from './client.ts';
import { longer, sleep } from './deadline.ts';
import { toError } from './errors.ts';
import { holeAt } from './records.ts';

/** Moves the consumer; works on the one that is running now. */
export interface Cursor {
  seek(partition: number, offset: number): void;
  pause(partition: number): void;
  resume(partition: number): void;
}

/** What a fetch gave: the records that are there of `[fetchedOffset, last]`. */
export interface Fetched {
  readonly partition: number;
  readonly fetchedOffset: number;
  readonly last: number;
  readonly records: readonly LogRecord[];
}

export interface Deliveries {
  /** A new assignment. Must run before the first fetch that follows it. */
  assign(partitions: readonly number[], cursor: Cursor): void;
  take(fetched: Fetched): void;
  /** The consumer is gone: nothing is ours. */
  loseAll(): void;
  owned(): readonly number[];
  pause(partition: number): void;
  resume(partition: number): void;
  restart(partition: number): void;
}

interface Ownership {
  readonly lost: AbortController;
  /** Offset to hand over next; undefined until `start` has answered. */
  next: number | undefined;
  /** The owner asked for a pause. */
  paused: boolean;
  /** Offset for which the consumer was sent back after it had skipped it. */
  askedAgain: number | undefined;
}

export function createDeliveries(options: FollowOptions): Deliveries {
  const owned = new Map<number, Ownership>();
  let cursor: Cursor | undefined;

  function begin(partition: number, paused: boolean): void {
    const ownership: Ownership = { lost: new AbortController(), next: undefined, paused, askedAgain: undefined };
    owned.set(partition, ownership);
    cursor?.pause(partition);
    void start(partition, ownership);
  }

  /** Asks the owner until it answers or the partition is lost. Never rejects. */
  async function start(partition: number, ownership: Ownership): Promise<void> {
    const { signal } = ownership.lost;
    for (let waitMs: number = limits.backOffMs; !signal.aborted; waitMs = longer(waitMs, limits.backOffMsMax)) {
      try {
        const next = await options.start(partition, signal);
        if (signal.aborted) return;
        ownership.next = next;
        place(partition, ownership);
        return;
      } catch (error) {
        if (signal.aborted) return;
        options.trouble(toError(error));
      }
      await sleep(waitMs, signal);
    }
  }

  /**
   * Puts the consumer where delivery goes on. It seeks each time, because kafkajs forgets its place at a rebalance and
   * counts what was fetched while paused as read; and a seek left over from an earlier ownership is overwritten.
   */
  function place(partition: number, { next, paused }: Ownership): void {
    if (next === undefined || paused) return cursor?.pause(partition);
    cursor?.seek(partition, next);
    cursor?.resume(partition);
  }

  function lose(partition: number): void {
    owned.get(partition)?.lost.abort();
    owned.delete(partition);
    options.lost(partition);
  }

  function restart(partition: number): void {
    const ownership = owned.get(partition);
    if (ownership === undefined) return;
    ownership.lost.abort();
    begin(partition, ownership.paused);
  }

  /** The fetch began beyond the offset that is due: once that may be a stale position, twice the offset is gone. */
  function sendBack(partition: number, ownership: Ownership, due: number, fetchedOffset: number): void {
    if (ownership.askedAgain === due) {
      const place = `${options.topic}[${partition}]`;
      options.trouble(new Error(`offset ${due} of ${place} is not there, the log goes on at ${fetchedOffset}`));
      return restart(partition);
    }
    ownership.askedAgain = due;
    cursor?.seek(partition, due);
  }

  return {
    assign(partitions, now) {
      cursor = now;
      for (const partition of [...owned.keys()]) if (!partitions.includes(partition)) lose(partition);
      for (const partition of partitions) {
        const ownership = owned.get(partition);
        if (ownership === undefined) begin(partition, false);
        else place(partition, ownership);
      }
    },
    take({ partition, fetchedOffset, last, records }) {
      const ownership = owned.get(partition);
      if (ownership?.next === undefined || ownership.paused || last < ownership.next) return;
      const due = ownership.next;
      if (fetchedOffset > due) return sendBack(partition, ownership, due, fetchedOffset);
      ownership.next = last + 1;
      ownership.askedAgain = undefined;
      try {
        options.deliver(partition, withHoles(records, due, last));
      } catch (error) {
        // Handed over or not, nobody knows: the owner says anew where it stands.
        options.trouble(toError(error));
        restart(partition);
      }
    },
    loseAll() {
      cursor = undefined;
      for (const partition of [...owned.keys()]) lose(partition);
    },
    owned: () => [...owned.keys()].sort((a, b) => a - b),
    pause(partition) {
      const ownership = owned.get(partition);
      if (ownership === undefined) return;
      ownership.paused = true;
      place(partition, ownership);
    },
    resume(partition) {
      const ownership = owned.get(partition);
      if (ownership === undefined || !ownership.paused) return;
      ownership.paused = false;
      place(partition, ownership);
    },
    restart,
  };
}

/** The records of `[from, last]`, with a hole wherever there is none. */
function withHoles(records: readonly LogRecord[], from: number, last: number): LogRecord[] {
  const whole: LogRecord[] = [];
  let next = from;
  for (const record of records) {
    if (record.offset < next) continue;
    while (next < record.offset) whole.push(holeAt(next++));
    whole.push(record);
    next += 1;
  }
  while (next <= last) whole.push(holeAt(next++));
  return whole;
}
