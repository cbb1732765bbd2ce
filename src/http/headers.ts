// HTTP room: the request headers that mean something to the ledger. What is malformed is a value, never a throw.

/** What `Prefer` asks for (RFC 7240). */
export interface Preferences {
  readonly respondAsync: boolean;
  /** Whole seconds; null where none are given. */
  readonly waitS: number | null;
}

/** Reads `Prefer`; unknown and malformed preferences are ignored, the first of equal ones counts. */
export function parsePrefer(header: string | readonly string[] | undefined): Preferences {
  const given = typeof header === 'string' ? header : (header ?? []).join(',');
  let respondAsync = false;
  let waitS: number | null = null;
  for (const part of given.split(',')) {
    const text = (part.split(';')[0] ?? '').trim().toLowerCase();
    if (text === 'respond-async') respondAsync = true;
    const wait = /^wait\s*=\s*"?(\d{1,9})"?$/.exec(text)?.[1];
    if (wait !== undefined && waitS === null) waitS = Number(wait);
  }
  return { respondAsync, waitS };
}

/** The value of `Preference-Applied`; null when nothing was asked for. */
export function preferenceApplied(preferences: Preferences): string | null {
  const parts = [
    ...(preferences.respondAsync ? ['respond-async'] : []),
    ...(preferences.waitS === null ? [] : [`wait=${preferences.waitS}`]),
  ];
  return parts.length === 0 ? null : parts.join(', ');
}

/** The entity tag of a row: what people change counts the version, any event moves the journal offset. */
export function etagOf(row: { readonly version: number; readonly journal_offset: number }): string {
  return `"${row.version}.${row.journal_offset}"`;
}

/**
 * Reads `If-Match`.
 * @returns the version that must be the present one; null where any will do; `malformed` for what is no tag of ours
 */
export function parseIfMatch(header: string | undefined): number | null | 'malformed' {
  if (header === undefined || header.trim() === '*') return null;
  const version = /^"(\d{1,15})\.\d{1,16}"$/.exec(header.trim())?.[1];
  return version === undefined ? 'malformed' : Number(version);
}

/** Whether `If-None-Match` names the tag; weak tags match too, as RFC 9110 asks for reads. */
export function noneMatches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** The trace that a request belongs to: its own X-Trace-Id or traceparent where acceptable. @returns null where neither is */
export function incomingTraceId(headers: { readonly [name: string]: string | string[] | undefined }): string | null {
  const own = headers['x-trace-id'];
  if (typeof own === 'string' && /^[A-Za-z0-9-]{8,64}$/.test(own)) return own;
  return traceparentOf(headers)?.slice(3, 35) ?? null;
}

/** The request's `traceparent` where it is one (W3C Trace Context, version 00 and later), without what may follow it. */
export function traceparentOf(headers: { readonly [name: string]: string | string[] | undefined }): string | null {
  const parent = headers['traceparent'];
  if (typeof parent !== 'string') return null;
  const form = /^((?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(?:-.*)?$/;
  return form.exec(parent)?.[1] ?? null;
}
