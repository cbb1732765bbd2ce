// CLI room: moments of the journal as people give them: a time, or a position of each partition.

/** Positions given as partition:offset[,…]; null for text of another kind. */
export function offsetsIn(text: string): ReadonlyMap<number, number> | null {
  const offsets = new Map<number, number>();
  for (const pair of text.split(',')) {
    const [, partition, offset] = /^(\d{1,5}):(\d{1,15})$/.exec(pair.trim()) ?? [];
    if (partition === undefined) return null;
    offsets.set(Number(partition), Number(offset));
  }
  return offsets;
}

/** An ISO 8601 date (UTC), or a time with its zone, in ms since the epoch; null for text of another kind. */
export function timeIn(text: string): number | null {
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const ms = isTime ? Date.parse(text) : Number.NaN;
  return Number.isSafeInteger(ms) ? ms : null;
}
