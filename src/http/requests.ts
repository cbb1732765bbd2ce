// HTTP room: what the routes read of a request besides its body, and how they send an answer.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Permission } from './api-keys.ts';
import type { Answer } from './answers.ts';
import type { Caller, Credentials } from './auth.ts';
import { bearerToken, unauthenticated } from './auth.ts';
import type { Preferences } from './headers.ts';
import { parseIfMatch, parsePrefer, preferenceApplied } from './headers.ts';
import type { IdempotencyKey, ProductId } from './ids.ts';
import { parseIdempotencyKey, parseProductId } from './ids.ts';
import { parsePositions } from './positions.ts';
import { Problem, successes } from './problems.ts';
import type { ReadOptions } from './reader.ts';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
    idempotencyKey: IdempotencyKey | null;
  }
  interface FastifyContextConfig {
    /** What the caller must be allowed to do. */
    permission?: Permission;
    idempotencyKey?: 'required' | 'accepted';
  }
}

/** Lets only those in who may use the route. @throws Problem `unauthenticated`, `forbidden`, `dependency_down` */
export async function authenticate(credentials: Credentials, request: FastifyRequest): Promise<void> {
  const caller = await credentials.verify(bearerToken(request.headers.authorization));
  if (caller === null) throw unauthenticated();
  const { permission } = request.routeOptions.config;
  if (permission === undefined || !caller.may.has(permission)) throw new Problem('forbidden');
  request.caller = caller;
}

/** Reads the Idempotency-Key where the route has one. @throws Problem `idempotency_key_missing`, `idempotency_key_invalid` */
export function readIdempotencyKey(request: FastifyRequest): void {
  const rule = request.routeOptions.config.idempotencyKey;
  if (rule === undefined) return;
  const header = request.headers['idempotency-key'];
  if (header === undefined) {
    if (rule === 'required') throw new Problem('idempotency_key_missing');
    return;
  }
  request.idempotencyKey = typeof header === 'string' ? parseIdempotencyKey(header) : null;
  if (request.idempotencyKey === null) throw new Problem('idempotency_key_invalid');
}

export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('the route has no authentication');
  return request.caller;
}

export function preferOf(request: FastifyRequest): Preferences {
  return parsePrefer(request.headers.prefer);
}

/** The product in the path. @throws Problem `not_found` */
export function productOf(params: { readonly product_id: string }): ProductId {
  const id = parseProductId(params.product_id);
  if (id === null) throw new Problem('not_found');
  return id;
}

/**
 * The version that must be the present one; null for any. The writer compares one version, so of several the one is
 * taken that `present` says.
 * @throws Problem `version_mismatch` where If-Match has no tag of ours, `not_found` where there is nothing that it could
 * name, and what `present` throws
 */
export async function expectedVersion(
  request: FastifyRequest,
  present: () => Promise<number | null>,
): Promise<number | null> {
  const versions = parseIfMatch(request.headers['if-match']);
  if (versions === null) return null;
  if (versions.length === 0) {
    if ((await present()) === null) throw new Problem('not_found');
    throw new Problem('version_mismatch', { detail: 'If-Match has no entity tag of this service.' });
  }
  const newest = Math.max(...versions);
  if (versions.length === 1) return newest;
  const now = await present();
  return now !== null && versions.includes(now) ? now : newest;
}

/** How a read of a row in this partition waits. @throws Problem `validation_failed` for a malformed Ledger-Position */
export function readOptions(
  request: FastifyRequest,
  partition: number,
  { partitions, viewWaitMsMax }: { readonly partitions: number; readonly viewWaitMsMax: number },
): ReadOptions {
  const header = request.headers['ledger-position'];
  const positions = header === undefined ? new Map<number, number>() : parsePositions(String(header), partitions);
  if (positions === null) {
    const detail = 'is not <partition>:<offset>[,…] of this ledger';
    throw new Problem('validation_failed', {
      detail: `Ledger-Position ${detail}.`,
      errors: [{ detail, pointer: '#/headers/ledger-position' }],
    });
  }
  const { waitS } = preferOf(request);
  const waitMs = waitS === null ? viewWaitMsMax : Math.min(waitS * 1_000, viewWaitMsMax);
  const elsewhere = new Map([...positions].filter(([one]) => one !== partition));
  return { atLeast: positions.get(partition) ?? 0, elsewhere, waitMs };
}

/** Resolves when the client hangs up before it has its answer. */
export function goneOf(reply: FastifyReply): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (reply.raw.destroyed) resolve();
  else reply.raw.once('close', resolve);
  return promise;
}

/**
 * Sends an answer. `waitMsMax`: how long the route waits at most where the client may say how long, ms; such a route
 * tells which preferences were followed.
 */
export function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
  waitMsMax?: number,
): FastifyReply {
  reply.code(successes[answer.status]).headers(answer.headers);
  if (waitMsMax !== undefined) {
    const { respondAsync, waitS } = preferOf(request);
    const followed = { respondAsync: respondAsync && answer.status === 'undecided', waitS };
    const applied = preferenceApplied(followed, waitMsMax);
    if (applied !== null) reply.header('preference-applied', applied);
  }
  return answer.body === null ? reply.send() : reply.type('application/json').send(JSON.stringify(answer.body));
}
