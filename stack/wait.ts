// Waiting for a condition with a deadline and a way to stop. Nothing in stack/ sleeps for a fixed time.
import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly deadlineMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/** Asks until `probe` stops throwing; the error after the deadline carries the last answer. */
export async function waitFor(what: string, probe: () => Promise<void>, options: WaitOptions): Promise<void> {
  const end = performance.now() + options.deadlineMs;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      await probe();
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (performance.now() >= end) {
        throw new Error(`${what} did not happen within ${options.deadlineMs / 1000} s: ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
    await delay(options.everyMs ?? 50, undefined, { signal: options.signal });
  }
}

export async function waitUntil(what: string, condition: () => boolean, options: WaitOptions): Promise<void> {
  await waitFor(what, () => (condition() ? Promise.resolve() : Promise.reject(new Error('it is not so yet'))), options);
}

/** The text of any thrown value; an AggregateError (two addresses refused) has an empty message of its own. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
