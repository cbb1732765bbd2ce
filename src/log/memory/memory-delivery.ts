// What one follower of the in-memory log gets: each partition from where `start` said, in offset order, one page a step.
import type { FollowOptions } from '../port.ts';
import type { MemoryPartition } from './memory-topics.ts';

type Schedule = (step: () => void) => void;

export interface MemberDelivery {
  assign(partitions: readonly number[]): void;
  owned(): readonly number[];
  pause(partition: number): void;
  resume(partition: number): void;
  restart(partition: number): void;
  stop(): void;
}

/** One partition while it is ours. */
interface Ownership {
  readonly paused: boolean;
  setPaused(paused: boolean): void;
  end(): void;
}

/** Records handed over in one delivery. */
const pageRecords = 500;

export function createDelivery(
  partitions: readonly MemoryPartition[],
  follow: FollowOptions,
  schedule: Schedule,
): MemberDelivery {
  const owned = new Map<number, Ownership>();

  function begin(partition: number, paused: boolean): void {
    const source = partitions[partition];
    if (source === undefined) return;
    const restart = (): void => restartOne(partition);
    owned.set(partition, own({ source, partition, follow, schedule, paused, restart }));
  }

  function restartOne(partition: number): void {
    const ownership = owned.get(partition);
    if (ownership === undefined) return;
    ownership.end();
    begin(partition, ownership.paused);
  }

  function lose(partition: number): void {
    owned.get(partition)?.end();
    owned.delete(partition);
    follow.lost(partition);
  }

  return {
    assign(assigned) {
      for (const partition of [...owned.keys()]) if (!assigned.includes(partition)) lose(partition);
      for (const partition of assigned) if (!owned.has(partition)) begin(partition, false);
    },
    owned: () => [...owned.keys()].sort((a, b) => a - b),
    pause: (partition) => owned.get(partition)?.setPaused(true),
    resume: (partition) => owned.get(partition)?.setPaused(false),
    restart: restartOne,
    stop() {
      for (const partition of [...owned.keys()]) lose(partition);
    },
  };
}

interface OwnershipOptions {
  readonly source: MemoryPartition;
  readonly partition: number;
  readonly follow: FollowOptions;
  readonly schedule: Schedule;
  readonly paused: boolean;
  /** Begins a new ownership in place of this one. */
  readonly restart: () => void;
}

function own({ source, partition, follow, schedule, restart, ...given }: OwnershipOptions): Ownership {
  const lost = new AbortController();
  const stopListening = source.onGrown(pump);
  let paused = given.paused;
  /** Offset to hand over next; undefined until `start` has answered. */
  let next: number | undefined;
  let pumping = false;

  async function start(): Promise<void> {
    try {
      const answer = await follow.start(partition, lost.signal);
      if (lost.signal.aborted) return;
      next = answer;
      pump();
    } catch (error) {
      if (lost.signal.aborted) return;
      follow.trouble(toError(error));
      schedule(() => {
        if (!lost.signal.aborted) void start();
      });
    }
  }

  function pump(): void {
    if (pumping || paused || next === undefined || source.ends().high <= next) return;
    pumping = true;
    schedule(() => {
      pumping = false;
      if (lost.signal.aborted || paused || next === undefined) return;
      try {
        deliver(next);
      } catch (error) {
        follow.trouble(toError(error));
        return restart();
      }
      pump();
    });
  }

  function deliver(from: number): void {
    const { low } = source.ends();
    if (low > from) throw new Error(`offset ${from} is gone, the log starts at ${low}`);
    const records = source.slice(from, from + pageRecords);
    next = from + records.length;
    if (records.length > 0) follow.deliver(partition, records);
  }

  void start();
  return {
    get paused() {
      return paused;
    },
    setPaused(value) {
      paused = value;
      pump();
    },
    end() {
      lost.abort();
      stopListening();
    },
  };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
