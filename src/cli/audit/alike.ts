// Whether two values say the same, whatever made them: a decoder's classes, a literal, or JSON.

/** Compares plain data member by member; a member that is undefined counts as absent. */
export function alike(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [membersOf(a), membersOf(b)];
  return (
    left.size === right.size && [...left].every(([name, value]) => right.has(name) && alike(value, right.get(name)))
  );
}

/** Members of `expected` that another object has otherwise or not at all; `meta` is nobody's data. */
export function differences(expected: object, actual: object): readonly string[] {
  const others = membersOf(actual);
  return [...membersOf(expected)]
    .filter(([name, value]) => name !== 'meta' && !alike(value, others.get(name)))
    .map(([name]) => name);
}

function membersOf(value: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value).filter(([, member]) => member !== undefined));
}
