// The sale itself: so many buyers, so many of them at any moment; who hears "not yet" asks again with the same key.
import { setTimeout as pause } from 'node:timers/promises';
import type { OrderAnswer, Shop } from './shop.ts';

export interface SaleOptions {
  readonly shop: Shop;
  readonly product: string;
  readonly units: number;
  readonly buyers: number;
  readonly atOnce: number;
  readonly signal: AbortSignal;
  /** Hears how it stands, as often as it changes. */
  readonly show: (standing: Standing) => void;
}

export interface Standing {
  readonly units: number;
  readonly buyers: number;
  readonly sold: number;
  readonly refused: number;
  readonly seconds: number;
}

export interface Sale {
  readonly sold: readonly { readonly key: string; readonly orderId: string | undefined }[];
  readonly refused: number;
  readonly askedAgain: number;
  /** Final answers that should not be, by status. */
  readonly strange: ReadonlyMap<string, number>;
  readonly seconds: number;
  /** How long each buyer waited for the final answer. */
  readonly ms: readonly number[];
}

const askAgainMs = 300;
const buyerMsMax = 60_000;

export async function holdSale(options: SaleOptions): Promise<Sale> {
  const { units, buyers, atOnce, product, show } = options;
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  const sold: Sale['sold'][number][] = [];
  const ms: number[] = [];
  const strange = new Map<string, number>();
  let refused = 0;
  let askedAgain = 0;
  let next = 0;

  async function serve(): Promise<void> {
    // A ledger that gives no decision for so long is not asked for the other buyers as well.
    while (next < buyers && strange.size === 0) {
      next += 1;
      const key = `${product}-buyer-${next}`;
      const begun = performance.now();
      const { answer, again } = await askUntilDecided(options, key);
      ms.push(performance.now() - begun);
      askedAgain += again;
      if (answer.status === 201 || answer.status === 200) sold.push({ key, orderId: answer.orderId });
      else if (answer.status === 409 && answer.code === 'out_of_stock') refused += 1;
      else count(strange, `${answer.status} ${answer.code ?? ''}`);
      show({ units, buyers, sold: sold.length, refused, seconds: seconds() });
    }
  }

  await Promise.all(Array.from({ length: Math.min(atOnce, buyers) }, serve));
  return { sold, refused, askedAgain, strange, seconds: seconds(), ms };
}

async function askUntilDecided(
  { shop, product, signal }: SaleOptions,
  key: string,
): Promise<{ readonly answer: OrderAnswer; readonly again: number }> {
  const deadline = performance.now() + buyerMsMax;
  for (let again = 0; ; again += 1) {
    const answer = await shop.order(product, key);
    const undecided = [0, 202, 503].includes(answer.status);
    if (!undecided || performance.now() > deadline) return { answer, again };
    await pause(askAgainMs, undefined, { signal });
  }
}

function count(map: Map<string, number>, name: string): void {
  map.set(name, (map.get(name) ?? 0) + 1);
}
