// The payment gateway over HTTP. What it answers counts only if it is signed, about this attempt, and about this amount;
// everything else is a failure, whatever it says.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Money } from '../../schemas/generated.ts';
import { startDeadline } from '../../src/platform/deadline.ts';
import type { Job } from './job.ts';

/** What is known of an attempt. */
export type AttemptResult =
  | { readonly kind: 'captured'; readonly amount: Money; readonly reference: string }
  | { readonly kind: 'declined'; readonly reason: string }
  /** The gateway never heard of it. */
  | { readonly kind: 'unknown' };

/** Why there is no result. `refused`: the gateway answered, and will answer the same again. */
export type GatewayFault = 'timeout' | 'broken' | 'status' | 'unsigned' | 'malformed' | 'wrong_amount' | 'refused';

export class GatewayError extends Error {
  readonly fault: GatewayFault;
  constructor(fault: GatewayFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GatewayError';
    this.fault = fault;
  }
}

type Charged = Pick<Job, 'attempt_id' | 'order_id' | 'customer_id' | 'total'>;

/** Every method rejects with GatewayError, or with the signal's reason. */
export interface Gateway {
  charge(job: Charged, signal: AbortSignal): Promise<AttemptResult>;
  lookUp(job: Charged, signal: AbortSignal): Promise<AttemptResult>;
  /** Takes back what was captured, or bars the attempt; `declined` afterwards. */
  void(job: Charged, signal: AbortSignal): Promise<AttemptResult>;
}

export interface GatewayOptions {
  readonly gatewayUrl: string;
  readonly gatewaySecret: string;
  readonly gatewayTimeoutMs: number;
  /** Of one answer. */
  readonly gatewayAnswerBytesMax: number;
  /** Hears how long each answer took, ms. */
  readonly answered?: (operation: 'charge' | 'look_up' | 'void', outcome: string, ms: number) => void;
}

const signatureHeader = 'gateway-signature';
const attemptShape = z.object({
  attempt_id: z.string(),
  payment_id: z.string().min(1).max(255),
  status: z.enum(['captured', 'declined', 'voided']),
  amount: z.object({ amount: z.int(), currency: z.string() }).nullable(),
  reason: z.string().max(255).nullable(),
});

export function createGatewayClient(options: GatewayOptions): Gateway {
  const ask = async (operation: 'charge' | 'look_up' | 'void', job: Charged, signal: AbortSignal) => {
    const started = performance.now();
    const tell = (outcome: string): void => options.answered?.(operation, outcome, performance.now() - started);
    try {
      const result = resultOf(options, job, await send(options, requestOf(operation, job), signal));
      tell(result.kind);
      return result;
    } catch (error) {
      tell(error instanceof GatewayError ? error.fault : 'stopped');
      throw error;
    }
  };
  return {
    charge: (job, signal) => ask('charge', job, signal),
    lookUp: (job, signal) => ask('look_up', job, signal),
    void: (job, signal) => ask('void', job, signal),
  };
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: object | null;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly signature: string | null;
}

function requestOf(operation: 'charge' | 'look_up' | 'void', job: Charged): Request {
  const { attempt_id, order_id, customer_id, total: amount } = job;
  const path = `/v1/charges/${encodeURIComponent(attempt_id)}`;
  switch (operation) {
    case 'charge':
      return { method: 'POST', path: '/v1/charges', body: { attempt_id, order_id, customer_id, amount } };
    case 'look_up':
      return { method: 'GET', path, body: null };
    case 'void':
      return { method: 'POST', path: `${path}/void`, body: null };
  }
}

async function send(options: GatewayOptions, { method, path, body }: Request, signal: AbortSignal): Promise<Answer> {
  const limit = startDeadline(options.gatewayTimeoutMs);
  const payload = body === null ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  try {
    const answer = await fetch(new URL(path, options.gatewayUrl), {
      method,
      ...payload,
      redirect: 'error',
      signal: AbortSignal.any([signal, limit.signal]),
    });
    const text = await textOf(answer, options.gatewayAnswerBytesMax);
    return { status: answer.status, text, signature: answer.headers.get(signatureHeader) };
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof GatewayError) throw cause;
    if (limit.signal.aborted) {
      throw new GatewayError('timeout', `no answer within ${options.gatewayTimeoutMs} ms`, { cause });
    }
    throw new GatewayError('broken', 'the connection broke before the answer', { cause });
  } finally {
    limit.clear();
  }
}

/** Reads no more than that: nobody knows what stands at the other end. @throws GatewayError `malformed` */
async function textOf(answer: Response, bytesMax: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = answer.body;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > bytesMax) throw new GatewayError('malformed', `the gateway's answer is longer than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function resultOf(options: GatewayOptions, job: Charged, { status, text, signature }: Answer): AttemptResult {
  if (status >= 500) throw new GatewayError('status', `the gateway answered ${status}`);
  if (!isSigned(options.gatewaySecret, text, signature)) {
    throw new GatewayError('unsigned', `the gateway's answer ${status} is not signed by it`);
  }
  if (status === 404) return { kind: 'unknown' };
  if (status !== 200)
    throw new GatewayError('refused', `the gateway refused the attempt with ${status}: ${text.slice(0, 200)}`);
  const { attempt_id, payment_id, status: what, amount, reason } = attemptIn(text);
  if (attempt_id !== job.attempt_id) throw new GatewayError('malformed', 'the answer is about another attempt');
  if (what !== 'captured') return { kind: 'declined', reason: reason ?? what };
  if (amount?.amount !== job.total.amount || amount.currency !== job.total.currency) {
    const said = amount === null ? 'nothing' : `${amount.amount} ${amount.currency}`;
    const wanted = `${job.total.amount} ${job.total.currency}`;
    throw new GatewayError('wrong_amount', `the gateway says that it captured ${said} instead of ${wanted}`);
  }
  return { kind: 'captured', amount, reference: payment_id };
}

function attemptIn(text: string): z.infer<typeof attemptShape> {
  try {
    return attemptShape.parse(JSON.parse(text));
  } catch (cause) {
    throw new GatewayError('malformed', "the gateway's answer has another shape than agreed", { cause });
  }
}

function isSigned(secret: string, text: string, signature: string | null): boolean {
  const wanted = Buffer.from(`sha256=${createHmac('sha256', secret).update(text).digest('hex')}`);
  const given = Buffer.from(signature ?? '');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
