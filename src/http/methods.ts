// HTTP room: which methods each address has, for 405 and its Allow header.

export interface MethodTable {
  /** `pattern` as the router knows it: `/v1/orders/:order_id`, `/docs/*`. */
  add(pattern: string, methods: string | readonly string[]): void;
  /** The methods of a requested URL, sorted; empty where there is no such address. */
  allowed(url: string): readonly string[];
  /** Whether a URL has an address of its own without this method, so that no address with a place for ids means it. */
  isMistaken(url: string, method: string): boolean;
}

export function createMethodTable(): MethodTable {
  const addresses = new Map<string, { readonly matches: RegExp; readonly methods: Set<string> }>();
  return {
    add: (pattern, methods) => {
      const known = addresses.get(pattern) ?? { matches: matcherOf(pattern), methods: new Set<string>() };
      addresses.set(pattern, known);
      for (const method of typeof methods === 'string' ? [methods] : methods) known.methods.add(method);
    },
    isMistaken: (url, method) => {
      const own = addresses.get(pathOf(url));
      return own !== undefined && !own.methods.has(method);
    },
    allowed: (url) => {
      const path = pathOf(url);
      // An address of its own comes before one with a place for ids that would match it too.
      const own = addresses.get(path);
      const found = own !== undefined ? [own] : [...addresses.values()].filter(({ matches }) => matches.test(path));
      return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
    },
  };
}

function pathOf(url: string): string {
  return (url.split('?', 1)[0] ?? '').replace(/(?<=.)\/$/, '');
}

function matcherOf(pattern: string): RegExp {
  const parts = pattern.replace(/(?<=.)\/$/, '').split('/');
  const source = parts.map((part) =>
    part === '*' ? '.*' : part.startsWith(':') ? '[^/]{1,256}' : part.replace(/[^A-Za-z0-9_-]/g, '\\$&'),
  );
  return new RegExp(`^${source.join('/')}$`);
}
