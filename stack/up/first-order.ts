// What a person sees first: a few products, and one order with the command that anyone can type and its real answer.
import { waitFor } from '../wait.ts';

const ANSWER_MS_MAX = 15_000;
const PRODUCTS_MS_MAX = 60_000;

const productsOf = (currency: string) =>
  [
    { product_id: 'espresso-cup', name: 'Espresso cup', price: { amount: 1_250, currency }, stock: 500 },
    { product_id: 'moka-pot', name: 'Moka pot, 6 cups', price: { amount: 3_490, currency }, stock: 120 },
    { product_id: 'coffee-beans-1kg', name: 'Coffee beans, 1 kg', price: { amount: 2_199, currency }, stock: 1_000 },
    { product_id: 'last-grinder', name: 'Hand grinder, the last one', price: { amount: 7_900, currency }, stock: 1 },
  ] as const;

/** Makes the products that are not there yet. @throws Error with the answer that was neither */
export async function loadProducts(url: string, key: string, currency: string): Promise<number> {
  const products = productsOf(currency);
  for (const product of products) {
    const load = async (): Promise<void> => {
      const { status, text } = await post(`${url}/v1/products`, key, {}, product);
      if (status !== 201 && !(status === 409 && text.includes('already_exists'))) {
        throw new Error(`POST /v1/products answered ${status}: ${text}`);
      }
    };
    // A partition whose writer is still reading its journal answers 503.
    await waitFor(`product ${product.product_id}`, load, { deadlineMs: PRODUCTS_MS_MAX, everyMs: 250 });
  }
  return products.length;
}

/** The same key each time: the first `make up` orders, later ones show the repeat of that order. */
export async function firstOrder(url: string, key: string): Promise<string> {
  const order = { customer_id: 'ada@example.com', lines: [{ product_id: 'espresso-cup', quantity: 2 }] };
  const idempotency = { 'Idempotency-Key': 'first-order' };
  const answer = await post(`${url}/v1/orders`, key, idempotency, order);
  const command = [
    `curl -i -X POST ${url}/v1/orders \\`,
    `  -H 'Authorization: Bearer ${key}' \\`,
    `  -H 'Idempotency-Key: ${idempotency['Idempotency-Key']}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(order)}'`,
  ];
  const shown = ['location', 'idempotent-replayed', 'retry-after', 'ledger-position'].flatMap((name) => {
    const value = answer.headers.get(name);
    return value === null ? [] : [`${name}: ${value}`];
  });
  const head = [`HTTP/1.1 ${answer.status} ${answer.statusText}`, ...shown];
  return [...command, '', ...head, '', pretty(answer.text)].join('\n');
}

interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly text: string;
}

async function post(url: string, key: string, headers: Record<string, string>, body: object): Promise<Answer> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  const { status, statusText } = answer;
  return { status, statusText, headers: answer.headers, text: await answer.text() };
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Whatever it answered is what a person should see.
    return text;
  }
}
