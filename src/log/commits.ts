// Which group offsets are still to be stated. They are a metric of lag that the broker may lose or drop without a word, so
// that an old one is stated again.
import type { Pace } from './port.ts';

export interface Commits {
  /** Whether to commit this next offset of a partition now; it counts as committed from then on. */
  due(partition: number, next: number): boolean;
  /** The partition starts anew: whatever comes next is due. */
  forget(partition: number): void;
}

/** Until an offset is stated again although nothing has changed, ms. */
const againMs = 60_000;

export function createCommits(pace: Pick<Pace, 'now'>): Commits {
  const stated = new Map<number, { readonly next: number; readonly at: number }>();
  return {
    due: (partition, next) => {
      const last = stated.get(partition);
      if (last?.next === next && pace.now() - last.at < againMs) return false;
      stated.set(partition, { next, at: pace.now() });
      return true;
    },
    forget: (partition) => void stated.delete(partition),
  };
}
