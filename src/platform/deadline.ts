// Platform room: a time limit as a signal that can be called off. AbortSignal.timeout cannot, and keeps what hangs on it
// long after it is needed: some hundred bytes for every job, which never come back.

export interface Deadline {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** Nothing aborts any more. */
  clear(): void;
}

/** Begins a time limit of so many ms; whoever begins it clears it. */
export function startDeadline(ms: number): Deadline {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError')), ms);
  return { signal: over.signal, clear: () => clearTimeout(timer) };
}
