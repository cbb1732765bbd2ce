// Buyers who do not wait for each other: so many orders a second, whatever the service makes of them.
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Buying, Told } from '../support/load.ts';

export interface Heard extends Told {
  /** When the buyer came and how long the answer took, ms of the monotonic clock. */
  readonly at: number;
  readonly ms: number;
  /** How late it was sent, ms: the client's own share. */
  readonly lateMs: number;
  /** Whether a refusal for now said for how long. */
  readonly says: boolean;
}

const tickMs = 10;

/** Sends `perSecond` orders a second for `forMs`, or until the signal aborts; resolves when all are answered. */
export async function openLoad(
  client: Buying,
  products: readonly string[],
  { name, perSecond, forMs }: { readonly name: string; readonly perSecond: number; readonly forMs: number },
  signal?: AbortSignal,
): Promise<readonly Heard[]> {
  const heard: Promise<Heard>[] = [];
  const started = performance.now();
  for (;;) {
    const passed = Math.min(performance.now() - started, forMs);
    const due = Math.floor((passed * perSecond) / 1_000);
    while (heard.length < due) {
      const number = heard.length;
      // Where this process itself is late, the buyer has waited since then.
      const at = started + (number * 1_000) / perSecond;
      heard.push(order(client, `${name}-${number}`, products[number % products.length] ?? '', at));
    }
    if (passed >= forMs || signal?.aborted === true) break;
    await pause(tickMs);
  }
  return Promise.all(heard);
}

/** Orders from `buyers` who each wait for their answer, for `forMs`: what the service can do. */
export async function closedLoad(
  client: Buying,
  products: readonly string[],
  { name, buyers, forMs }: { readonly name: string; readonly buyers: number; readonly forMs: number },
): Promise<readonly Heard[]> {
  const until = performance.now() + forMs;
  const buyer = async (_: unknown, number: number): Promise<readonly Heard[]> => {
    const heard: Heard[] = [];
    for (let i = 0; performance.now() < until; i++) {
      const product = products[(number + i) % products.length] ?? '';
      heard.push(await order(client, `${name}-${number}-${i}`, product, performance.now()));
    }
    return heard;
  };
  return (await Promise.all(Array.from({ length: buyers }, buyer))).flat();
}

async function order(client: Buying, key: string, product: string, at: number): Promise<Heard> {
  const lateMs = performance.now() - at;
  const { status, headers, body } = await client.order(key, [[product, 1]]);
  const says = Number(headers.get('retry-after')) > 0;
  return { key, status, orderId: String(body['order_id']), at, ms: performance.now() - at, lateMs, says };
}

/** The time within which 99 of 100 were answered, ms. */
export function p99(heard: readonly Heard[]): number {
  const sorted = heard.map(({ ms }) => ms).sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN);
}

/** How many got each status. */
export function countStatuses(heard: readonly Heard[]): { readonly [status: string]: number } {
  const counts: { [status: string]: number } = {};
  for (const { status } of heard) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
