// One partition while it is ours: asks its owner where to start, then hands over everything from there, in offset order,
// holes included, none twice. Where the consumer stands is corrected, never believed.
import type { FollowOptions, LogRecord } from '../port.ts';
import { limits } from './client.ts';
import { longer, sleep } from './deadline.ts';
import { toError } from './errors.ts';
import { holeAt } from './records.ts';

/** Moves the consumer that is running now. */
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

export interface Ownership {
  /** Whether the owner asked for a pause. */
  paused(): boolean;
  setPaused(paused: boolean): void;
  /** Puts the consumer where delivery goes on, or pauses it. Must run before the first fetch after a join. */
  place(): void;
  take(fetched: Fetched): void;
  end(): void;
}

export interface OwnershipOptions {
  readonly follow: FollowOptions;
  readonly partition: number;
  readonly paused: boolean;
  /** The consumer of this moment, if there is one. */
  readonly cursor: () => Cursor | undefined;
  /** Begins a new ownership in place of this one. */
  readonly restart: () => void;
}

export function own({ follow, partition, cursor, restart, ...given }: OwnershipOptions): Ownership {
  const lost = new AbortController();
  let paused = given.paused;
  /** Offset to hand over next; undefined until `start` has answered. */
  let next: number | undefined;
  /** Offset for which the consumer was sent back after it had skipped it. */
  let askedAgain: number | undefined;

  // It seeks each time, because kafkajs forgets its place at a rebalance and counts what was fetched while paused as
  // read; and a seek left over from an earlier ownership is overwritten.
  function place(): void {
    if (next === undefined || paused) return cursor()?.pause(partition);
    cursor()?.seek(partition, next);
    cursor()?.resume(partition);
  }

  function fail(error: Error): void {
    follow.trouble(error);
    restart();
  }

  /** The fetch began beyond the offset that is due: once that may be a stale position, twice the offset is gone. */
  function sendBack(due: number, fetchedOffset: number): void {
    if (askedAgain === due) return fail(gone(follow.topic, partition, due, fetchedOffset));
    askedAgain = due;
    cursor()?.seek(partition, due);
  }

  place();
  void startOf(follow, partition, lost.signal).then((answer) => {
    if (lost.signal.aborted) return;
    next = answer;
    place();
  });

  return {
    paused: () => paused,
    setPaused(value) {
      paused = value;
      place();
    },
    place,
    take({ fetchedOffset, last, records }) {
      if (next === undefined || paused || last < next) return;
      const due = next;
      if (fetchedOffset > due) return sendBack(due, fetchedOffset);
      next = last + 1;
      askedAgain = undefined;
      try {
        follow.deliver(partition, withHoles(records, due, last));
      } catch (error) {
        // Handed over or not, nobody knows: the owner says anew where it stands.
        fail(toError(error));
      }
    },
    end: () => lost.abort(),
  };
}

/** Asks the owner until it answers; undefined when the partition was lost before. Never rejects. */
async function startOf(follow: FollowOptions, partition: number, signal: AbortSignal): Promise<number | undefined> {
  for (let waitMs: number = limits.backOffMs; !signal.aborted; waitMs = longer(waitMs, limits.backOffMsMax)) {
    try {
      return await follow.start(partition, signal);
    } catch (error) {
      if (!signal.aborted) follow.trouble(toError(error));
    }
    await sleep(waitMs, signal);
  }
  return undefined;
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

function gone(topic: string, partition: number, due: number, fetchedOffset: number): Error {
  return new Error(`offset ${due} of ${topic}[${partition}] is not there, the log goes on at ${fetchedOffset}`);
}
