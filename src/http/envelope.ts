// HTTP room: what a request must be before anything of it is believed: one Host, one credential, not too much of it.
import type { FastifyRequest } from 'fastify';
import type { Config } from '../platform/config.ts';
import { unauthenticated } from './auth.ts';
import { Problem } from './problems.ts';

/**
 * Checks the request line and headers of a request. Node takes the first of two Hosts or credentials; somebody in front
 * of it may have taken the second.
 * @returns the problem `uri_too_long`, `headers_too_large`, `bad_request` or `unauthenticated`; null where all is well
 */
export function checkEnvelope(
  { raw, headers }: Pick<FastifyRequest, 'raw' | 'headers'>,
  { urlCharsMax, headersMax }: Pick<Config, 'urlCharsMax' | 'headersMax'>,
): Problem | null {
  const { rawHeaders, url = '' } = raw;
  if (url.length > urlCharsMax) return new Problem('uri_too_long');
  if (rawHeaders.length > 2 * headersMax) return new Problem('headers_too_large');
  if (headers.host === undefined || isRepeated(rawHeaders, 'host')) return new Problem('bad_request');
  return isRepeated(rawHeaders, 'authorization') ? unauthenticated() : null;
}

function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  let times = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const given = rawHeaders[i] ?? '';
    if (given.length === name.length && given.toLowerCase() === name) times += 1;
  }
  return times > 1;
}
