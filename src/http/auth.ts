// HTTP room: who asks. A credential is verified in Postgres and then trusted for a while, so that orders go on while
// Postgres is away; where neither the cache nor Postgres knows, nobody gets in.
import { timingSafeEqual } from 'node:crypto';
import type { ApiKey, Permission } from './api-keys.ts';
import { hashOf, permissions } from './api-keys.ts';
import { Problem } from './problems.ts';

export interface Caller {
  /** Who it is for the ledger: part of every command's identity, and its actor. */
  readonly principal: string;
  /** Whom orders belong to that name no customer. */
  readonly customerId: string;
  readonly may: ReadonlySet<Permission>;
  /** For whom it may act: a customer's own credential only for that customer. */
  readonly actsFor: 'itself' | 'anybody';
}

export interface Credentials {
  /**
   * @returns the caller; null where the credential is not valid now
   * @throws Problem `dependency_down` where that cannot be told
   */
  verify(token: string): Caller | null | Promise<Caller | null>;
}

export interface CredentialsOptions {
  /** Looks a key up by its hash; null where there is no valid one. */
  readonly find: (hash: Uint8Array) => Promise<(ApiKey & { readonly hash: Uint8Array }) | null>;
  readonly credentialCacheMs: number;
  readonly credentialCacheMax: number;
  /** ms since the epoch */
  readonly now: () => number;
}

/** How long a key stays unknown without asking again, ms: a new key works at once, a flood of wrong ones costs little. */
const unknownMs = 1_000;

const rolePermissions: { readonly [role: string]: readonly Permission[] } = {
  admin: permissions,
  operator: ['read', 'orders', 'products', 'customers', 'dead-letters', 'replays'],
  service: ['read', 'orders', 'customers'],
};

interface Cached {
  readonly caller: Caller;
  readonly until: number;
}

/** Verifies API keys, with a bounded cache; concurrent requests with one key share one look-up. */
export function createCredentials(options: CredentialsOptions): Credentials {
  const { find, credentialCacheMs, credentialCacheMax, now } = options;
  const known = new Map<string, Cached>();
  const unknown = new Map<string, number>();
  const asking = new Map<string, Promise<Caller | null>>();

  async function ask(id: string, hash: Buffer): Promise<Caller | null> {
    let row;
    try {
      row = await find(hash);
    } catch (cause) {
      throw new Problem('dependency_down', { detail: 'The credential cannot be verified at the moment.', cause });
    } finally {
      asking.delete(id);
    }
    if (row === null || !timingSafeEqual(row.hash, hash)) {
      keep(unknown, id, now() + unknownMs, credentialCacheMax);
      return null;
    }
    const caller = callerOf(row);
    const until = Math.min(now() + credentialCacheMs, row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY);
    keep(known, id, { caller, until }, credentialCacheMax);
    return caller;
  }

  return {
    verify: (token) => {
      if (!/^ol_[A-Za-z0-9_-]{43}$/.test(token)) return null;
      const hash = hashOf(token);
      const id = hash.toString('latin1');
      const cached = known.get(id);
      if (cached !== undefined && cached.until > now()) return cached.caller;
      if ((unknown.get(id) ?? 0) > now()) return null;
      const under = asking.get(id) ?? ask(id, hash);
      asking.set(id, under);
      return under;
    },
  };
}

/** The token of an `Authorization: Bearer` header. @throws Problem `unauthenticated` */
export function bearerToken(header: string | undefined): string {
  const token = /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/i.exec(header ?? '')?.[1];
  if (token === undefined) throw unauthenticated();
  return token;
}

/** What is answered to whoever has no valid credential. */
export function unauthenticated(): Problem {
  return new Problem('unauthenticated', { headers: { 'www-authenticate': 'Bearer' } });
}

function callerOf(row: ApiKey): Caller {
  const allowed = Object.hasOwn(rolePermissions, row.role) ? (rolePermissions[row.role] ?? []) : [];
  const may = allowed.filter((one) => row.scopes.length === 0 || row.scopes.includes(one));
  return { principal: `key:${row.key_id}`, customerId: row.customer_id, may: new Set(may), actsFor: 'anybody' };
}

/** Puts an entry last; the oldest go where there are too many. */
function keep<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= max) break;
    map.delete(oldest);
  }
}
