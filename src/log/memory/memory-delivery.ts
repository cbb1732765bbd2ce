// What one follower of the in-memory log gets: each partition from where `start` said, in offset order, one page a step.
import type { FollowOptions } from '../port.ts';
import type { MemoryPartition } from './memory-topics.ts';

/** One ownership of a partition: from `start` until it is lost or started again. */
interface Ownership {
  readonly lost: AbortController;
  /** Offset to deliver next; undefined until `start` has answered. */
  next: number | undefined;
  /** Whether a delivery is under way. */
  pumping: boolean;
}

export interface MemberDelivery {
  assign(partitions: readonly number[]): void;
  owned(): readonly number[];
  pause(partition: number): void;
  resume(partition: number): void;
  restart(partition: number): void;
  stop(): void;
}

/** Records handed over in one delivery. */
const pageRecords = 500;

export function createDelivery(
  partitions: readonly MemoryPartition[],
  options: FollowOptions,
  schedule: (step: () => void) => void,
): MemberDelivery {
  const owned = new Map<number, Ownership>();
  const paused = new Set<number>();
  const stopListening = partitions.map((source, partition) => source.onGrown(() => pump(partition)));

  function begin(partition: number): void {
    const ownership: Ownership = { lost: new AbortController(), next: undefined, pumping: false };
    owned.set(partition, ownership);
    attempt(partition, ownership);
  }

  function attempt(partition: number, ownership: Ownership): void {
    if (ownership.lost.signal.aborted) return;
    Promise.resolve()
      .then(() => options.start(partition, ownership.lost.signal))
      .then(
        (next) => {
          if (ownership.lost.signal.aborted) return;
          ownership.next = next;
          pump(partition);
        },
        (error: unknown) => {
          if (ownership.lost.signal.aborted) return;
          options.trouble(toError(error));
          schedule(() => attempt(partition, ownership));
        },
      );
  }

  function end(partition: number): void {
    owned.get(partition)?.lost.abort();
    owned.delete(partition);
    paused.delete(partition);
    options.lost(partition);
  }

  function pump(partition: number): void {
    const ownership = owned.get(partition);
    const source = partitions[partition];
    if (ownership === undefined || source === undefined || ownership.pumping || ownership.next === undefined) return;
    if (paused.has(partition) || source.ends().high <= ownership.next) return;
    ownership.pumping = true;
    schedule(() => {
      ownership.pumping = false;
      if (ownership.lost.signal.aborted || ownership.next === undefined || paused.has(partition)) return;
      const { low } = source.ends();
      if (low > ownership.next) return restart(partition, gone(ownership.next, low));
      const records = source.slice(ownership.next, ownership.next + pageRecords);
      ownership.next += records.length;
      try {
        if (records.length > 0) options.deliver(partition, records);
      } catch (error) {
        return restart(partition, toError(error));
      }
      pump(partition);
    });
  }

  function restart(partition: number, why?: Error): void {
    const ownership = owned.get(partition);
    if (ownership === undefined) return;
    if (why !== undefined) options.trouble(why);
    ownership.lost.abort();
    begin(partition);
  }

  return {
    assign(assigned) {
      for (const partition of [...owned.keys()]) if (!assigned.includes(partition)) end(partition);
      for (const partition of assigned) if (!owned.has(partition)) begin(partition);
    },
    owned: () => [...owned.keys()].sort((a, b) => a - b),
    pause(partition) {
      if (owned.has(partition)) paused.add(partition);
    },
    resume(partition) {
      paused.delete(partition);
      pump(partition);
    },
    restart: (partition) => restart(partition),
    stop() {
      for (const stopOne of stopListening) stopOne();
      for (const partition of [...owned.keys()]) end(partition);
    },
  };
}

function gone(offset: number, low: number): Error {
  return new Error(`offset ${offset} is gone, the log starts at ${low}`);
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
