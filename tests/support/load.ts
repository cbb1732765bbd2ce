// Buyers for tests under faults: each wants one order, asks with one key until the answer is final, and writes down
// what it was told. The log is compared with that afterwards.
import { setTimeout as pause } from 'node:timers/promises';
import type { EventRecord } from '../../schemas/records.ts';
import type { Api, Reply } from './ledger.ts';

/** What a buyer was told in the end. */
export interface Told {
  readonly key: string;
  readonly status: number;
  readonly orderId: string;
}

export interface Load {
  readonly told: readonly Told[];
  /** Longest time between two accepted orders so far, ms, the time since the last one included. */
  longestGapMs(): number;
  /** Every status that any request got, how often. */
  readonly statuses: { readonly [status: string]: number };
  /** Lets the buyers finish their orders, then ends. */
  stop(): Promise<void>;
}

const retryMs = 50;
const buyerMsMax = 60_000;

/**
 * Starts `buyers` that order one after the other; each request goes to one of the services, by turns. Their keys begin
 * with `name`: loads on one ledger need different ones.
 */
export function startLoad(services: readonly Api[], products: readonly string[], buyers: number, name = 'b'): Load {
  const told: Told[] = [];
  const statuses: { [status: string]: number } = {};
  let gap = 0;
  let lastAt = performance.now();
  let stopping = false;
  let asked = 0;

  async function askUntilFinal(key: string, product: string): Promise<void> {
    const deadline = performance.now() + buyerMsMax;
    for (;;) {
      const api = services[asked++ % services.length];
      if (api === undefined) throw new Error('there is no service');
      const reply = await api.order(key, [[product, 1]]);
      statuses[reply.status] = (statuses[reply.status] ?? 0) + 1;
      if (isFinal(reply)) {
        gap = Math.max(gap, performance.now() - lastAt);
        lastAt = performance.now();
        told.push({ key, status: reply.status, orderId: String(reply.body['order_id']) });
        return;
      }
      if (performance.now() > deadline) throw new Error(`${key} got no final answer; last was ${reply.status}`);
      await pause(retryMs);
    }
  }

  async function buyer(number: number): Promise<void> {
    for (let i = 0; !stopping; i++)
      await askUntilFinal(`${name}${number}-${i}`, products[(number + i) % products.length] ?? '');
  }

  const all = Promise.all(Array.from({ length: buyers }, (_, i) => buyer(i)));
  return {
    told,
    statuses,
    longestGapMs: () => Math.max(gap, performance.now() - lastAt),
    stop: async () => {
      stopping = true;
      await all;
    },
  };
}

/** What buyers were told against what the log says: every accepted order is there, under its key's one id. */
export function disagreements(told: readonly Told[], events: readonly EventRecord[]): string[] {
  const accepted = new Set(events.flatMap((event) => (event.type === 'OrderAccepted' ? [event.data.order_id] : [])));
  const refused = new Set(events.flatMap((event) => (event.type === 'OrderRefused' ? [event.data.order_id] : [])));
  const wrong = told.flatMap(({ key, status, orderId }) => {
    const there = status === 409 ? refused.has(orderId) : accepted.has(orderId);
    return there ? [] : [`${key} was told ${status} for ${orderId}, which the log does not say`];
  });
  const buyers = new Set(told.filter(({ status }) => status !== 409).map(({ orderId }) => orderId));
  const unasked = [...accepted].filter((id) => !buyers.has(id)).map((id) => `nobody was told of accepted order ${id}`);
  return [...wrong, ...unasked];
}

function isFinal({ status }: Reply): boolean {
  return status === 200 || status === 201 || status === 409;
}
