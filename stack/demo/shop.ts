// What the demo asks of the ledger, over HTTP like any client.
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../wait.ts';

const answerMsMax = 30_000;
const auditMsMax = 120_000;
const readyMsMax = 60_000;
const askAgainMs = 250;

export interface OrderAnswer {
  readonly status: number;
  readonly orderId: string | undefined;
  readonly code: string | undefined;
}

export interface Levels {
  readonly on_hand: number;
  readonly held: number;
  readonly available: number;
}

export interface Audit {
  readonly ok: boolean;
  readonly findings: readonly unknown[];
  readonly warnings: readonly unknown[];
  /** What could not be looked at. */
  readonly unchecked: readonly string[];
  readonly partitions: readonly { readonly commands: number; readonly events: number }[];
}

/** A view that was built again, and whether it came out as the one that is read. */
export interface Rebuilt {
  readonly events: number;
  readonly seconds: number;
  readonly equal: boolean;
}

export interface Shop {
  createProduct(product: string, stock: number): Promise<void>;
  /** One unit, under an idempotency key. Status 0: no answer. */
  order(product: string, key: string): Promise<OrderAnswer>;
  levels(product: string): Promise<Levels>;
  /** @throws Error when the ledger does not audit */
  audit(): Promise<Audit>;
  /** Builds a view from the first event, compares it with the one that is read, and drops it. @throws Error */
  rebuild(projection: string): Promise<Rebuilt>;
}

export function createShop(
  { url, apiKey }: { readonly url: string; readonly apiKey: string },
  signal: AbortSignal,
): Shop {
  const ask: Ask = async (method, path, body, more = {}) => {
    const answer = await request(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(more.key === undefined ? {} : { 'idempotency-key': more.key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(more.ms ?? answerMsMax)]),
    });
    return { status: answer.status, text: await answer.text() };
  };
  /** Asks again while the ledger is not ready for it, which it says with 503. */
  const patiently: Patiently = async (status, asking) => {
    const deadline = performance.now() + readyMsMax;
    for (;;) {
      const answer = await asking();
      if (answer.status !== 503 || performance.now() > deadline) return wanted(status, answer);
      await pause(askAgainMs, undefined, { signal });
    }
  };

  return {
    createProduct: async (product_id, stock) => {
      const price = { amount: 1_999, currency: 'USD' };
      const body = { product_id, name: 'The thing that everybody wants', price, stock };
      await patiently(201, () => ask('POST', '/v1/products', body));
    },
    order: async (product_id, key) => {
      const body = { lines: [{ product_id, quantity: 1 }], customer_id: key, payment: 'manual' };
      try {
        const { status, text } = await ask('POST', '/v1/orders', body, { key });
        // The ledger's own answers are JSON objects.
        const said = JSON.parse(text) as { readonly order_id?: string; readonly code?: string };
        return { status, orderId: said.order_id, code: said.code };
      } catch (error) {
        signal.throwIfAborted();
        // A lost connection is an answer that the buyer did not get: the same key may be sent again.
        return { status: 0, orderId: undefined, code: String(error) };
      }
    },
    levels: async (product) => JSON.parse(wanted(200, await ask('GET', `/v1/products/${product}`))) as Levels,
    audit: async () =>
      JSON.parse(await patiently(200, () => ask('POST', '/v1/audits', undefined, { ms: auditMsMax }))) as Audit,
    rebuild: (projection) => rebuild(ask, patiently, projection, signal),
  };
}

type Ask = (
  method: string,
  path: string,
  body?: object,
  more?: { readonly key?: string; readonly ms?: number },
) => Promise<Answer>;

type Patiently = (status: number, asking: () => Promise<Answer>) => Promise<string>;

interface Answer {
  readonly status: number;
  readonly text: string;
}

function wanted(status: number, answer: Answer): string {
  if (answer.status !== status) throw new Error(`the ledger answered ${answer.status}: ${answer.text}`);
  return answer.text;
}

async function rebuild(ask: Ask, patiently: Patiently, projection: string, signal: AbortSignal): Promise<Rebuilt> {
  const started = performance.now();
  const { replay_id } = JSON.parse(await patiently(202, () => ask('POST', '/v1/replays', { projection }))) as Replay;
  const address = `/v1/replays/${replay_id}`;
  const look = async (): Promise<Replay> => JSON.parse(await patiently(200, () => ask('GET', address))) as Replay;
  let replay = await look();
  while (replay.status === 'running') {
    if (performance.now() - started > auditMsMax) throw new Error(`the replay ${replay_id} takes too long`);
    await pause(askAgainMs, undefined, { signal });
    replay = await look();
  }
  if (replay.status !== 'caught_up') throw new Error(`the replay is ${replay.status}: ${replay.error ?? ''}`);
  const seconds = (performance.now() - started) / 1_000;
  const answer = await patiently(200, () => ask('GET', `${address}/diff`, undefined, { ms: auditMsMax }));
  const { diff } = JSON.parse(answer) as { readonly diff?: { readonly equal: boolean } };
  await patiently(204, () => ask('DELETE', address));
  return { events: replay.events, seconds, equal: diff?.equal === true };
}

interface Replay {
  readonly replay_id: string;
  readonly status: string;
  readonly events: number;
  readonly error: string | null;
}

/** @throws Error that names the address where nobody answers, with the cause; when aborted, the signal's reason */
async function request(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (cause) {
    init.signal?.throwIfAborted();
    // fetch itself says only that it failed; why stands in the cause.
    const why = cause instanceof Error ? messageOf(cause.cause ?? cause) : messageOf(cause);
    throw new Error(`${address} does not answer (${why}); make up starts the ledger`, { cause });
  }
}
