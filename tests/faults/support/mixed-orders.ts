// Buyers who do all that can be done: orders of one to three lines, paid at once, later, or never, and cancelled; and
// stock that is counted again meanwhile. What each of them does follows from its number, so that a run can be repeated.
import { setTimeout as pause } from 'node:timers/promises';
import type { Api, Reply } from '../../support/ledger.ts';

export interface MixedOrders {
  /** Orders that were decided so far. */
  decided(): number;
  /** Every status that any request got, how often. */
  readonly statuses: { readonly [status: string]: number };
  /** Lets the buyers finish what they began. @throws Error where one got no final answer */
  stop(): Promise<void>;
}

export interface MixedOptions {
  /** First part of all keys. */
  readonly name: string;
  readonly products: readonly string[];
  readonly buyers: number;
  /** Pause of a buyer between two orders, ms. */
  readonly thinkMs: number;
}

/** What a buyer makes of an order, by the number of the order: a third is paid for at once. */
const kinds = [
  'automatic',
  'cancelled',
  'automatic',
  'paid later',
  'expired',
  'automatic',
  'refused',
  'counted',
] as const;
const retryMs = 100;
const answerMsMax = 60_000;
const finalStatuses = [200, 201, 409];

export function startMixedOrders(api: Api, { name, products, buyers, thinkMs }: MixedOptions): MixedOrders {
  const statuses: { [status: string]: number } = {};
  const stopping = new AbortController();
  let decided = 0;

  async function ask(method: string, path: string, body: object, key: string): Promise<Reply> {
    const reply = await api.request(method, path, body, { 'idempotency-key': key });
    statuses[reply.status] = (statuses[reply.status] ?? 0) + 1;
    return reply;
  }

  /** As a patient client: the same key again until the answer is final. */
  async function untilFinal(method: string, path: string, body: object, key: string): Promise<Reply> {
    const deadline = performance.now() + answerMsMax;
    for (;;) {
      const reply = await ask(method, path, body, key);
      if (finalStatuses.includes(reply.status)) return reply;
      const isLater = [0, 202, 503].includes(reply.status);
      if (!isLater || performance.now() > deadline) {
        throw new Error(`${key} was answered ${reply.status}: ${JSON.stringify(reply.body)}`);
      }
      await pause(retryMs);
    }
  }

  async function one(buyer: number, n: number): Promise<void> {
    const kind = kinds[(buyer + n) % kinds.length] ?? 'automatic';
    const key = `${name}-${buyer}-${n}`;
    const product = (line: number): string => products[(buyer + n * 3 + line) % products.length] ?? '';
    if (kind === 'counted') {
      const count = { delta: 1 + (n % 3), reason: 'found', reference: key };
      await untilFinal('POST', `/v1/products/${product(0)}/stock-adjustments`, count, key);
      return;
    }
    const quantity = kind === 'refused' ? 1_000_000 : 1 + (n % 2);
    const lines = Array.from({ length: 1 + (n % 3) }, (_, line) => ({ product_id: product(line), quantity }));
    const payment = kind === 'automatic' ? 'automatic' : 'manual';
    const order = { lines, payment, customer_id: `customer-${(buyer + n) % 7}` };
    const reply = await untilFinal('POST', '/v1/orders', order, key);
    decided += 1;
    if (reply.status === 409) return;
    const path = `/v1/orders/${String(reply.body['order_id'])}`;
    // Where the answer says "later", the order is left as it is, and expires.
    if (kind === 'cancelled') await ask('POST', `${path}/cancel`, {}, `${key}-cancel`);
    if (kind === 'paid later') await ask('POST', `${path}/pay`, {}, `${key}-pay`);
  }

  async function buyer(number: number): Promise<void> {
    for (let n = 0; !stopping.signal.aborted; n++) {
      await one(number, n);
      await pause(thinkMs);
    }
  }

  const all = Promise.allSettled(Array.from({ length: buyers }, (_, number) => buyer(number)));
  return {
    decided: () => decided,
    statuses,
    stop: async () => {
      stopping.abort();
      const failed = (await all).find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
