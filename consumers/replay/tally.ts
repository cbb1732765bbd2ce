// What a replay has read, for its manifest: counted events by type, the schemas they were written with, void records.

export interface Tally {
  voids: number;
  ledgerId: string | null;
  add(type: string, schemaId: number): void;
  readonly events: () => number;
  /** Counted events by type, in the order of the types' names. */
  readonly counts: () => { readonly [type: string]: number };
  /** Ids of the schemas that were met, by type. */
  readonly schemas: () => { readonly [type: string]: readonly number[] };
}

export function createTally(): Tally {
  /** By type, then by schema id: events. */
  const seen = new Map<string, Map<number, number>>();
  let events = 0;
  const byType = <T>(of: (ids: ReadonlyMap<number, number>) => T): { readonly [type: string]: T } =>
    Object.fromEntries([...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, ids]) => [type, of(ids)]));
  return {
    voids: 0,
    ledgerId: null,
    add(type, schemaId) {
      events += 1;
      const ids = seen.get(type) ?? new Map<number, number>();
      if (ids.size === 0) seen.set(type, ids);
      ids.set(schemaId, (ids.get(schemaId) ?? 0) + 1);
    },
    events: () => events,
    counts: () => byType((ids) => [...ids.values()].reduce((sum, n) => sum + n, 0)),
    schemas: () => byType((ids) => [...ids.keys()].sort((a, b) => a - b)),
  };
}
