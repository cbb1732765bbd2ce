// Buyers for tests under faults: each wants one order, asks with one key until the answer is final, and writes down
// what it was told. The log is compared with that afterwards.
import { setTimeout as pause } from 'node:timers/promises';
import type { EventRecord } from '../../schemas/records.ts';
import type { Api, Reply } from './ledger.ts';

/** As much of an Api as buyers need. */
export type Buying = Pick<Api, 'order'>;

/** What a buyer was told in the end. */
export interface Told {
  readonly key: string;
  readonly status: number;
  readonly orderId: string;
}

export interface Load {
  readonly told: readonly Told[];
  /** Longest time that buyers of any one product went without a final answer, ms, until now or the stop. */
  longestGapMs(): number;
  /** Every status that any request got, how often. */
  readonly statuses: { readonly [status: string]: number };
  /** Whether buyers of each product got a final answer since `at`, in ms of the monotonic clock. */
  answeredSince(at: number): boolean;
  /** Lets the buyers finish their orders, then ends. @throws Error when a buyer got no final answer */
  stop(): Promise<void>;
  /** Ends without the answers that are open: for a load that failed, where nothing may come any more. */
  abandon(): Promise<void>;
}

const retryMs = 50;
const buyerMsMax = 60_000;

/**
 * Starts `buyers` that order one after the other; each request goes to one of the services, by turns. Their keys begin
 * with `name`: loads on one ledger need different ones. Between two orders a buyer thinks for `thinkMs`.
 */
export function startLoad(
  services: readonly Buying[],
  products: readonly string[],
  buyers: number,
  name = 'b',
  thinkMs = 0,
): Load {
  const told: Told[] = [];
  const statuses: { [status: string]: number } = {};
  const gaps = createGaps(products);
  const abandoned = new AbortController();
  let stopping = false;
  let asked = 0;

  async function oneOrder(key: string, product: string): Promise<void> {
    const next = (): Buying | undefined => services[asked++ % services.length];
    const seen = ({ status }: Reply): void => {
      abandoned.signal.throwIfAborted();
      statuses[status] = (statuses[status] ?? 0) + 1;
    };
    const reply = await orderUntilFinal(next, key, product, seen);
    gaps.answered(product);
    told.push({ key, status: reply.status, orderId: String(reply.body['order_id']) });
  }

  async function buyer(number: number): Promise<void> {
    for (let i = 0; !stopping; i++) {
      await oneOrder(`${name}${number}-${i}`, products[(number + i) % products.length] ?? '');
      if (thinkMs > 0) await pause(thinkMs);
    }
  }

  const all = Promise.allSettled(Array.from({ length: buyers }, (_, i) => buyer(i)));
  return {
    told,
    statuses,
    longestGapMs: gaps.longest,
    answeredSince: gaps.answeredSince,
    stop: async () => {
      stopping = true;
      gaps.freeze();
      const failed = (await all).find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    abandon: async () => {
      stopping = true;
      abandoned.abort();
      await all;
    },
  };
}

/**
 * Orders one unit as a patient client does: the same key again after a broken connection, a 202 or a 503, until the
 * answer is final. `seen` hears of every answer.
 * @throws Error when there is no final answer within 60 s
 */
export async function orderUntilFinal(
  service: () => Buying | undefined,
  key: string,
  product: string,
  seen: (reply: Reply) => void = () => undefined,
): Promise<Reply> {
  const deadline = performance.now() + buyerMsMax;
  for (;;) {
    const api = service();
    if (api === undefined) throw new Error('there is no service');
    const reply = await api.order(key, [[product, 1]]);
    seen(reply);
    if (isFinal(reply)) return reply;
    if (performance.now() > deadline) {
      throw new Error(`${key} got no final answer; last was ${reply.status} ${JSON.stringify(reply.body)}`);
    }
    await pause(retryMs);
  }
}

/** When buyers of each product were answered: one partition that is silent must not hide behind the others. */
function createGaps(products: readonly string[]) {
  const started = performance.now();
  const last = new Map(products.map((product) => [product, started]));
  let longest = 0;
  let frozen = false;
  const open = (now: number): number => Math.max(longest, ...[...last.values()].map((at) => now - at));
  return {
    answered(product: string): void {
      const now = performance.now();
      // From the stop on fewer and fewer buyers are left, so that silence says nothing about the service.
      if (!frozen) longest = Math.max(longest, now - (last.get(product) ?? started));
      last.set(product, now);
    },
    answeredSince: (at: number): boolean => [...last.values()].every((answered) => answered > at),
    longest: (): number => (frozen ? longest : open(performance.now())),
    freeze(): void {
      longest = open(performance.now());
      frozen = true;
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
