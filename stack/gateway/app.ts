// The simulated payment gateway: charges over HTTP, one result for each attempt id whatever is asked how often, every
// answer signed. PUT /control lets it misbehave; GET /v1/charges and /v1/record show its own books.
import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Behaviour, Occasion } from './behaviour.ts';
import { faultOf, isCaptured, latencyOf, usualBehaviour } from './behaviour.ts';
import type { Attempt, Money, PaymentRecord } from './record.ts';
import { attemptParams, chargeBody, controlBody } from './schemas.ts';
import type { Charge } from './schemas.ts';

export const signatureHeader = 'gateway-signature';
const attemptsListedMax = 100_000;

export interface GatewayOptions {
  /** Shared with the ledger; signs the answers. */
  readonly secret: string;
  readonly record: PaymentRecord;
  readonly behaviour?: Partial<Behaviour>;
}

/** Makes the gateway, ready to listen. */
export function createGateway({ secret, record, behaviour: given = {} }: GatewayOptions): FastifyInstance {
  const start: Behaviour = { ...usualBehaviour, ...given };
  let behaviour = start;
  const asked = new Map<string, number>();
  const closing = new AbortController();
  const app = fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 256 } });
  app.addHook('preClose', (done) => {
    closing.abort();
    done();
  });
  app.decorateReply('unsigned', false);
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (typeof payload === 'string' && !reply.unsigned) reply.header(signatureHeader, sign(secret, payload));
    done(null, payload);
  });

  /** Answers as the behaviour of the moment wants it; `act` does what was asked. */
  async function behave(reply: FastifyReply, about: Omit<Occasion, 'nth'>, act: () => Answer): Promise<FastifyReply> {
    const nth = (asked.get(about.attemptId) ?? 0) + 1;
    asked.set(about.attemptId, nth);
    const occasion = { ...about, nth };
    if (behaviour.down) return hangUp(reply);
    const fault = faultOf(behaviour, occasion);
    await wait(latencyOf(behaviour, occasion), closing.signal);
    if (fault === 'error') return reply.code(500).send({ code: 'internal_error' });
    if (fault === 'hang') {
      await clientLeft(reply, closing.signal);
      return hangUp(reply);
    }
    const answer = act();
    if (fault === 'lost') return hangUp(reply);
    if (fault === 'late') await wait(behaviour.late_ms, closing.signal);
    reply.unsigned = fault === 'unsigned';
    return reply.code(answer.status).send(fault === 'wrong_amount' ? withAnotherAmount(answer.body) : answer.body);
  }

  app.get('/health', (_request, reply) => reply.send({ status: 'ok' }));
  app.get('/control', (_request, reply) => reply.send(behaviour));
  app.put<{ Body: Partial<Behaviour> }>('/control', { schema: { body: controlBody } }, ({ body }, reply) => {
    behaviour = { ...start, ...body, faults: { ...start.faults, ...body.faults } };
    return reply.send(behaviour);
  });
  app.post<{ Body: Charge }>('/v1/charges', { schema: { body: chargeBody } }, ({ body }, reply) => {
    const about = { kind: 'charge', attemptId: body.attempt_id, orderId: body.order_id } as const;
    return behave(reply, about, () => charge(record, behaviour, body));
  });
  app.get<AttemptRoute>('/v1/charges/:attempt_id', { schema: { params: attemptParams } }, ({ params }, reply) => {
    const found = record.find(params.attempt_id);
    const about = { kind: 'look_up', attemptId: params.attempt_id, orderId: found?.order_id ?? null } as const;
    return behave(reply, about, () => answerOf(record.find(params.attempt_id)));
  });
  app.post<AttemptRoute>('/v1/charges/:attempt_id/void', { schema: { params: attemptParams } }, ({ params }, reply) => {
    const found = record.find(params.attempt_id);
    const about = { kind: 'void', attemptId: params.attempt_id, orderId: found?.order_id ?? null } as const;
    return behave(reply, about, () => answerOf(voided(record, params.attempt_id)));
  });
  app.get('/v1/charges', (_request, reply) => reply.send({ data: record.all().slice(-attemptsListedMax) }));
  app.get('/v1/record', (_request, reply) => reply.send(record.summary()));
  return app;
}

declare module 'fastify' {
  interface FastifyReply {
    /** Whether the answer goes out without a signature. */
    unsigned: boolean;
  }
}

interface AttemptRoute {
  readonly Params: { readonly attempt_id: string };
}

interface Answer {
  readonly status: number;
  readonly body: Attempt | { readonly code: string; readonly attempt_id?: string };
}

/** HMAC-SHA256 of a body as it is sent. */
export function sign(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** From the look to the keeping nothing else runs, so that two charges of one attempt at once are one. */
function charge(record: PaymentRecord, behaviour: Behaviour, wanted: Charge): Answer {
  const { attempt_id, order_id, amount } = wanted;
  const known = record.find(attempt_id);
  if (known !== undefined) {
    const same = known.order_id === null || (known.order_id === order_id && sameMoney(known.amount, amount));
    return same ? answerOf(known) : { status: 409, body: { code: 'attempt_reused', attempt_id } };
  }
  const captured = isCaptured(behaviour, attempt_id, order_id);
  const attempt: Attempt = {
    attempt_id,
    order_id,
    payment_id: randomUUID(),
    status: captured ? 'captured' : 'declined',
    amount,
    reason: captured ? null : 'card_declined',
    at: new Date().toISOString(),
  };
  record.keep(attempt);
  return answerOf(attempt);
}

/** Takes a capture back; an attempt that never came is barred, so that a charge still under way captures nothing. */
function voided(record: PaymentRecord, attemptId: string): Attempt {
  const known = record.find(attemptId);
  if (known !== undefined && known.status !== 'captured') return known;
  const attempt: Attempt = {
    attempt_id: attemptId,
    order_id: known?.order_id ?? null,
    payment_id: known?.payment_id ?? randomUUID(),
    status: 'voided',
    amount: known?.amount ?? null,
    reason: 'voided',
    at: new Date().toISOString(),
  };
  record.keep(attempt);
  return attempt;
}

function answerOf(attempt: Attempt | undefined): Answer {
  return attempt === undefined ? { status: 404, body: { code: 'unknown_attempt' } } : { status: 200, body: attempt };
}

function sameMoney(one: Money | null, other: Money): boolean {
  return one !== null && one.amount === other.amount && one.currency === other.currency;
}

function withAnotherAmount(body: Answer['body']): Answer['body'] {
  if (!('amount' in body) || body.amount === null) return body;
  return { ...body, amount: { ...body.amount, amount: body.amount.amount + 1 } };
}

function hangUp(reply: FastifyReply): FastifyReply {
  reply.hijack();
  reply.raw.destroy();
  return reply;
}

/** Resolves when the client hangs up, or the gateway closes. */
async function clientLeft(reply: FastifyReply, closing: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (reply.raw.destroyed || closing.aborted) return;
  reply.raw.once('close', resolve);
  closing.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}

async function wait(ms: number, closing: AbortSignal): Promise<void> {
  // Closing is no failure of the wait: the answer goes out earlier.
  await pause(ms, undefined, { signal: closing }).catch(() => undefined);
}
