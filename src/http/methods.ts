// HTTP room: which methods each address has, for 405 and its Allow header.

export interface MethodTable {
  /** `pattern` as the router knows it: `/v1/orders/:order_id`, `/docs/*`. */
  add(pattern: string, methods: string | readonly string[]): void;
  /** The methods of a requested URL, sorted; empty where there is no such address. */
  allowed(url: string): readonly string[];
}

export function createMethodTable(): MethodTable {
  const addresses = new Map<string, { readonly matches: RegExp; readonly methods: Set<string> }>();
  return {
    add: (pattern, methods) => {
      const known = addresses.get(pattern) ?? { matches: matcherOf(pattern), methods: new Set<string>() };
      addresses.set(pattern, known);
      for (const method of typeof methods === 'string' ? [methods] : methods) known.methods.add(method);
    },
    allowed: (url) => {
      const path = (url.split('?', 1)[0] ?? '').replace(/(?<=.)\/$/, '');
      // An address of its own comes before one with a place for ids that would match it too.
      const own = addresses.get(path);
      const found = own !== undefined ? [own] : [...addresses.values()].filter(({ matches }) => matches.test(path));
      return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
    },
  };
}

function matcherOf(pattern: string): RegExp {
  const parts = pattern.replace(/(?<=.)\/$/, '').split('/');
  const source = parts.map((part) =>
    part === '*' ? '.*' : part.startsWith(':') ? '[^/]{1,256}' : part.replace(/[^A-Za-z0-9_-]/g, '\\$&'),
  );
  return new RegExp(`^${source.join('/')}$`);
}
