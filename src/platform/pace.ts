// Real waiting and real chance, for everything that a simulation replaces by its own.
import { setTimeout as delay } from 'node:timers/promises';

/** Waiting and chance of the real world; matches the `Pace` of the log's port. */
export const realPace = {
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (!(signal?.aborted ?? false)) throw error;
    }
  },
  random: (): number => Math.random(),
  now: (): number => performance.now(),
};

/** Resolves when what the process has received by now was taken in, as the requests of many clients at once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
