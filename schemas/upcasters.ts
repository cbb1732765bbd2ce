// From an older version of a record to the latest, for what Avro's own resolution (defaults, added branches and
// symbols) cannot express: a value that has to be computed from others.

/** Takes a record that was resolved to the latest schema and fills in what the older version did not say. */
export type Upcaster = (record: object) => object;

/** By record name. Add one together with the new version's .avsc. */
export const upcasters: ReadonlyMap<string, Upcaster> = new Map();

/** Applies the upcaster of a record type, where there is one. */
export function upcast(name: string, record: object): object {
  const upcaster = upcasters.get(name);
  return upcaster === undefined ? record : upcaster(record);
}
