// Looks now and then which generations there are to follow: a replay that has caught up joins, one that was replaced
// leaves after a while. Where that changed, the partitions of this projector start again with the new ones. Views of
// schema `live` follow too, where whoever activated a generation could not replace them.
import type { Pace } from '../../src/log/port.ts';
import type { Targets } from './targets.ts';

export interface WatchOptions {
  readonly targets: () => Promise<Targets>;
  /** Lets the views of schema `live` follow, as far as nobody reads them just now. */
  readonly views: () => Promise<unknown>;
  readonly everyMs: number;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  readonly trouble: (error: unknown) => void;
  /** Starts all partitions again. */
  readonly restart: () => void;
}

/** Watches until the signal aborts. Never rejects. */
export async function watchGenerations(options: WatchOptions): Promise<void> {
  const { targets, views, everyMs, pace, signal, trouble, restart } = options;
  let known: string | null = null;
  while (!signal.aborted) {
    try {
      const { signature } = await targets();
      if (known !== null && known !== signature) restart();
      known = signature;
      await views();
    } catch (error) {
      if (!signal.aborted) trouble(error);
    }
    await pace.sleep(everyMs, signal);
  }
}
