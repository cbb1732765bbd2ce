// Beside the payment worker's jobs: leaves in the journal what is too much, and states checkpoints.
import { createCommits } from '../../src/log/commits.ts';
import type { Follower } from '../../src/log/port.ts';
import type { Lane } from './lane.ts';
import type { PaymentOptions } from './options.ts';

export interface Chores {
  /** Pauses partitions of which too much is known, resumes them when half of it is done. */
  holdBack(): void;
  /** The partition starts anew and is not paused. */
  started(partition: number): void;
  /** Runs until the signal aborts, and states the checkpoints a last time. */
  run(signal: AbortSignal): Promise<void>;
}

/** How often it looks how much waits, ms. */
const lookEveryMs = 250;

export function createChores(
  { config, pace }: Pick<PaymentOptions, 'config' | 'pace'>,
  lanes: ReadonlyMap<number, Lane>,
  follower: () => Follower | null,
): Chores {
  const paused = new Set<number>();
  const commits = createCommits(pace);

  function holdBack(): void {
    for (const [partition, lane] of lanes) {
      if (lane.load() >= config.paymentQueueMax && !paused.has(partition)) {
        paused.add(partition);
        follower()?.pause(partition);
      } else if (lane.load() <= config.paymentQueueMax / 2 && paused.delete(partition)) follower()?.resume(partition);
    }
  }

  async function commit(): Promise<void> {
    const due = [...lanes.values()].map(async (lane) => {
      const next = lane.checkpoint();
      if (commits.due(lane.partition, next)) await follower()?.commit(lane.partition, next);
    });
    await Promise.all(due);
  }

  return {
    holdBack,
    started: (partition) => {
      commits.forget(partition);
      if (paused.delete(partition)) follower()?.resume(partition);
    },
    run: async (signal) => {
      for (let at = pace.now(); !signal.aborted;) {
        await pace.sleep(lookEveryMs, signal);
        holdBack();
        if (pace.now() - at < config.commitEveryMs && !signal.aborted) continue;
        at = pace.now();
        await commit();
      }
    },
  };
}
