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

/** The value of `Preference-Applied`; null when nothing was asked for. `waitMsMax`: how long the request waits at most. */
export function preferenceApplied({ respondAsync, waitS }: Preferences, waitMsMax: number): string | null {
  const parts = [
    ...(respondAsync ? ['respond-async'] : []),
    ...(waitS === null ? [] : [`wait=${Math.min(waitS, Math.floor(waitMsMax / 1_000))}`]),
  ];
  return parts.length === 0 ? null : parts.join(', ');
}

/** The entity tag of a row: what people change counts the version, any event moves the journal offset. */
export function etagOf(row: { readonly version: number; readonly journal_offset: number }): string {
  return `"${row.version}.${row.journal_offset}"`;
}

/** `*` or a list of entity tags (RFC 9110, 13.1.1). */
export const ifMatchPattern = '^(?:\\*|(?:W/)?"[!#-~]*"(?:[ \\t]*,[ \\t]*(?:W/)?"[!#-~]*")*)$';

/**
 * Reads `If-Match`, whose form was checked: tags of this service, or versions alone in quotes.
 * @returns the versions of which one must be the present one; null where any will do. Weak tags and tags that are none
 * of ours match nothing.
 */
export function parseIfMatch(header: string | undefined): readonly number[] | null {
  if (header === undefined || header.trim() === '*') return null;
  const tags = header.matchAll(/(W\/)?"([!#-~]*)"/g);
  const versions = [...tags].flatMap(([, weak, tag]) => {
    const version = /^(\d{1,15})(?:\.\d{1,16})?$/.exec(tag ?? '')?.[1];
    return weak !== undefined || version === undefined ? [] : [Number(version)];
  });
  return [...new Set(versions)];
}

/** Whether `If-None-Match` names the tag; weak tags match too, as RFC 9110 asks for reads. */
export function noneMatches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** Seconds of age that a request's `Cache-Control` allows an answer to have; 0 where it does not say, or says no. */
export function maxAgeOf(header: string | undefined): number {
  const parts = (header ?? '').toLowerCase().split(',');
  const directives = parts.map((part) => part.trim());
  if (directives.includes('no-cache') || directives.includes('no-store')) return 0;
  const age = directives
    .map((part) => /^max-age\s*=\s*"?(\d{1,9})"?$/.exec(part)?.[1])
    .find((one) => one !== undefined);
  return Number(age ?? 0);
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
