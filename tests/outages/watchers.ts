// Readers who remember: each asks at its own steady rate for orders, figures, rankings and products, one after the
// other, and writes down every answer that failed and every number that went back behind what it was told before.
import { setTimeout as pause } from 'node:timers/promises';
import type { Api, Reply } from '../support/ledger.ts';

export interface Watched {
  readonly reads: number;
  /** Reads that were not answered 200. */
  readonly failed: readonly string[];
  /** What was lower, or gone, though the same reader had been told more. */
  readonly backward: readonly string[];
  /** Answers that said themselves that they may be old. */
  readonly stale: number;
  /** The longest that one answer took, ms, and the longest time in which no reader at all was answered. */
  readonly slowestMs: number;
  readonly longestPauseMs: number;
}

export interface Watchers {
  stop(): Promise<Watched>;
}

export interface WatchOptions {
  readonly readers: number;
  /** Of all readers together. */
  readonly readsPerS: number;
  /** The day whose figures are asked for. */
  readonly date: string;
  readonly products: readonly string[];
  /** Orders that were accepted so far, by id. */
  readonly orders: readonly string[];
}

const secondMs = 1_000;
/** Orders of the last moments, of which readers choose. */
const recentOrders = 200;
const progress = ['PENDING', 'PROCESSING', 'PAID'];

interface Notes {
  reads: number;
  stale: number;
  slowestMs: number;
  longestPauseMs: number;
  answeredAt: number;
  readonly failed: string[];
  readonly backward: string[];
}

type Grows = (what: string, value: unknown) => void;

export function startWatchers(api: Api, options: WatchOptions): Watchers {
  const { readers, readsPerS } = options;
  const stopping = new AbortController();
  const start = performance.now();
  const notes: Notes = {
    reads: 0,
    stale: 0,
    slowestMs: 0,
    longestPauseMs: 0,
    answeredAt: start,
    failed: [],
    backward: [],
  };
  const everyMs = (readers * secondMs) / readsPerS;

  async function reader(number: number): Promise<void> {
    const questions = createQuestions(api, options, number, createMemory(notes.backward));
    const from = start + (number * everyMs) / readers;
    for (let n = 0; !stopping.signal.aborted; n++) {
      // One that is late asks at once, and nothing is left out.
      await pause(Math.max(0, from + n * everyMs - performance.now()));
      const question = questions[n % questions.length];
      if (question !== undefined) await timed(question, notes);
    }
  }

  const all = Promise.all(Array.from({ length: readers }, (_, number) => reader(number)));
  return {
    stop: async () => {
      stopping.abort();
      await all;
      const [slowestMs, longestPauseMs] = [Math.round(notes.slowestMs), Math.round(notes.longestPauseMs)];
      return { ...notes, slowestMs, longestPauseMs };
    },
  };
}

async function timed(question: () => Promise<Reply>, notes: Notes): Promise<void> {
  const asked = performance.now();
  const { status, headers, body } = await question();
  const now = performance.now();
  notes.reads += 1;
  notes.slowestMs = Math.max(notes.slowestMs, now - asked);
  notes.longestPauseMs = Math.max(notes.longestPauseMs, now - notes.answeredAt);
  notes.answeredAt = now;
  if (headers.get('ledger-stale') === 'true') notes.stale += 1;
  if (status !== 200) notes.failed.push(`${status} ${JSON.stringify(body)}`);
}

/** What one reader was told last. */
function createMemory(backward: string[]): Grows {
  const told = new Map<string, number>();
  return (what, value) => {
    const before = told.get(what);
    const now = Number(value);
    if (before !== undefined && !(now >= before)) backward.push(`${what}: ${String(value)} after ${before}`);
    else told.set(what, now);
  };
}

function createQuestions(
  api: Api,
  { date, products, orders }: WatchOptions,
  number: number,
  grows: Grows,
): readonly (() => Promise<Reply>)[] {
  let turn = number;
  const asking = (path: () => string, look: (body: Reply['body']) => void) => async (): Promise<Reply> => {
    const reply = await api.get(path());
    if (reply.status === 200) look(reply.body);
    return reply;
  };
  const recent = (): string => orders.at(-1 - ((turn += 7) % Math.min(recentOrders, orders.length))) ?? '';
  const first = orders[number % orders.length] ?? '';
  const order = (id: () => string) =>
    asking(
      () => `/v1/orders/${id()}`,
      (body) => grows(`order ${String(body['order_id'])}`, progress.indexOf(String(body['status']))),
    );
  return [
    order(recent),
    asking(
      () => '/v1/orders/statistics',
      (body) => grows('orders in all', body['total']),
    ),
    asking(() => '/v1/leaderboards/customers?limit=50', customersGrow(grows)),
    asking(
      () => `/v1/kpis/daily?date=${date}`,
      (body) => ['orders', 'accepted', 'paid'].forEach((what) => grows(`${what} of the day`, body[what])),
    ),
    order(() => first),
    asking(
      () => `/v1/products/${products[(turn += 1) % products.length] ?? ''}`,
      // Nobody brings goods: what was sold stays sold.
      (body) => grows(`${String(body['product_id'])} sold`, -Number(body['on_hand'])),
    ),
    asking(() => '/v1/leaderboards/products?limit=50', productsGrow(grows)),
    asking(
      () => '/v1/orders?limit=1',
      (body) =>
        (body['data'] as readonly { created_at: string }[]).forEach((one) =>
          grows('newest', Date.parse(one.created_at)),
        ),
    ),
  ];
}

const customersGrow = (grows: Grows) => (body: Reply['body']) => {
  for (const { customer_id, order_count, total } of body['data'] as readonly RankedCustomer[]) {
    grows(`orders of ${customer_id}`, order_count);
    grows(`total of ${customer_id}`, total.amount);
  }
};

const productsGrow = (grows: Grows) => (body: Reply['body']) => {
  for (const { product_id, units } of body['data'] as readonly RankedProduct[]) grows(`units of ${product_id}`, units);
};

interface RankedCustomer {
  readonly customer_id: string;
  readonly order_count: number;
  readonly total: { readonly amount: number };
}

interface RankedProduct {
  readonly product_id: string;
  readonly units: number;
}
