// HTTP room: an end to every wait.

export interface Timer {
  readonly passed: Promise<'passed'>;
  /** Lets go of a timer that is no longer needed. */
  clear(): void;
}

export function timer(ms: number): Timer {
  const { promise, resolve } = Promise.withResolvers<'passed'>();
  const handle = setTimeout(resolve, ms, 'passed');
  return { passed: promise, clear: () => clearTimeout(handle) };
}

/** What the work answers, or `passed` where that takes longer than `ms`; the work itself goes on. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T | 'passed'> {
  const limit = timer(ms);
  try {
    return await Promise.race([work, limit.passed]);
  } finally {
    limit.clear();
  }
}
