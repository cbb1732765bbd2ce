// Platform room: how long turns of the event loop have taken lately.
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How long a window is, ms: what is told covers one to two of them, so that a bad minute does not stay for ever. */
const windowMs = 15_000;
const resolutionMs = 20;
const nanosecondsPerMs = 1e6;
const percent = 99;

/**
 * Watches the event loop for as long as the process lives, and keeps nothing alive.
 * @returns a function that tells the time within which 99 of 100 of the latest turns were over, ms
 */
export function watchEventLoop(forMs = windowMs): () => number {
  const turns = monitorEventLoopDelay({ resolution: resolutionMs });
  turns.enable();
  let before = 0;
  setInterval(() => {
    before = turns.percentile(percent);
    turns.reset();
  }, forMs).unref();
  return () => Math.round(Math.max(before, turns.percentile(percent)) / nanosecondsPerMs);
}
