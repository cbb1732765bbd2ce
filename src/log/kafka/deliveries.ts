// What is ours of a followed topic. It survives rebalances, because a partition that stays ours keeps its place.
import type { FollowOptions } from '../port.ts';
import type { Cursor, Fetched, Ownership } from './ownership.ts';
import { own } from './ownership.ts';

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

export function createDeliveries(follow: FollowOptions): Deliveries {
  const owned = new Map<number, Ownership>();
  let cursor: Cursor | undefined;

  function begin(partition: number, paused: boolean): void {
    const restart = (): void => restartOne(partition);
    owned.set(partition, own({ follow, partition, paused, cursor: () => cursor, restart }));
  }

  function restartOne(partition: number): void {
    const ownership = owned.get(partition);
    if (ownership === undefined) return;
    ownership.end();
    begin(partition, ownership.paused());
  }

  function lose(partition: number): void {
    owned.get(partition)?.end();
    owned.delete(partition);
    follow.lost(partition);
  }

  return {
    assign(partitions, now) {
      cursor = now;
      for (const partition of [...owned.keys()]) if (!partitions.includes(partition)) lose(partition);
      for (const partition of partitions) {
        const ownership = owned.get(partition);
        if (ownership === undefined) begin(partition, false);
        else ownership.place();
      }
    },
    take: (fetched) => owned.get(fetched.partition)?.take(fetched),
    loseAll() {
      cursor = undefined;
      for (const partition of [...owned.keys()]) lose(partition);
    },
    owned: () => [...owned.keys()].sort((a, b) => a - b),
    pause: (partition) => owned.get(partition)?.setPaused(true),
    resume(partition) {
      const ownership = owned.get(partition);
      if (ownership?.paused() === true) ownership.setPaused(false);
    },
    restart: restartOne,
  };
}
