// Waiting for a condition with a deadline and a way to stop. Nothing in stack/ sleeps for a fixed time.
import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly deadlineMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

const EVERY_MS = 50;

/** Asks until `probe` stops throwing; the error after the deadline carries the last answer. */
export async function waitFor(what: string, probe: () => Promise<void>, options: WaitOptions): Promise<void> {
  let last: unknown;
  const answers = async (): Promise<boolean> => {
    try {
      await probe();
      return true;
    } catch (error) {
      last = error;
      return false;
    }
  };
  await poll(what, answers, () => last, options);
}

/** Asks until the condition holds; what it throws is thrown at once. */
export async function waitUntil(what: string, condition: () => boolean, options: WaitOptions): Promise<void> {
  await poll(
    what,
    async () => condition(),
    () => new Error('it is not so yet'),
    options,
  );
}

async function poll(
  what: string,
  holds: () => Promise<boolean>,
  last: () => unknown,
  { deadlineMs, everyMs = EVERY_MS, signal }: WaitOptions,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await holds())) {
    signal?.throwIfAborted();
    if (performance.now() >= end) {
      const cause = last();
      throw new Error(`${what} did not happen within ${deadlineMs / 1000} s: ${messageOf(cause)}`, { cause });
    }
    await delay(everyMs, undefined, { signal });
  }
}

/** The text of any thrown value; an AggregateError (two addresses refused) has an empty message of its own. */
export function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.map(messageOf).join('; ');
  return 'message' in error && typeof error.message === 'string' ? error.message : 'an error without a message';
}
