// CLI room: ends of parts of a process that wait for nothing of each other.

export interface Stoppable {
  stop(): Promise<void>;
}

/** Begins all ends at once, in the order given, and waits for every one. @throws the first failure */
export async function stopTogether(parts: readonly Stoppable[]): Promise<void> {
  const ends = await Promise.allSettled(parts.map((part) => part.stop()));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
