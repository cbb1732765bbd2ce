// The sweeper: proposes to expire what was not paid in time. It only proposes: the writer decides, by log time and by
// the order's own state, so that a view which lags does no harm.
import type { SweeperOptions } from './sweeper/sweep.ts';
import { secondMs, sweepOnce } from './sweeper/sweep.ts';

/** Begins at once, and sweeps every `sweepEveryS` seconds until stopped. */
export function startSweeper(options: SweeperOptions): { stop(): Promise<void> } {
  const { pace, config, trouble } = options;
  const stopping = new AbortController();
  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await sweepOnce(options, stopping.signal);
      } catch (error) {
        if (!stopping.signal.aborted) trouble(error);
      }
      // At the start it has no partitions yet.
      const waitS = options.partitions().length === 0 ? 1 : config.sweepEveryS;
      await pace.sleep(waitS * secondMs, stopping.signal);
    }
  }
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
