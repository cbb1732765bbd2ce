// The retry loop of docs/clients.md, run as it stands there against a ledger that is killed in the middle of it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { judge } from '../support/ledger-log.ts';
import { textOf } from '../support/repository.ts';
import { eventually, freePort } from '../support/servers.ts';

type Order = (key: string, body: object, giveUpAt: number) => Promise<Response>;

const stock = 200;
const attempts = 300;
const buyers = 10;
const patienceMs = 90_000;

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await prepareLedger('clients-doc');
}, 90_000);
afterAll(() => ledger.close(), 60_000);

test('the loop orders everything once, although the ledger is killed and started again', async () => {
  const port = { PORT: String(await freePort()) };
  const first = await ledger.start(undefined, port);
  expect((await apiOf(first.url, ledger.key).product('poster', stock)).status).toBe(201);
  const order = await loopOfTheDocument(first.url, ledger.key);
  const statuses: number[] = [];
  const orders: string[] = [];
  let next = 0;
  const buyer = async (): Promise<void> => {
    while (next < attempts) {
      const key = `cart-${next++}`;
      const answer = await order(key, { lines: [{ product_id: 'poster', quantity: 1 }] }, Date.now() + patienceMs);
      const { order_id } = (await answer.json()) as { order_id: string };
      statuses.push(answer.status);
      if (answer.ok) orders.push(order_id);
    }
  };
  const all = Promise.all(Array.from({ length: buyers }, buyer));
  await eventually(() => orders.length > stock / 4, { withinMs: 30_000, what: 'a quarter of the orders' });
  await first.end('SIGKILL');
  expect(orders.length).toBeLessThan(stock);
  const second = await ledger.start(undefined, port);
  await all;

  expect(statuses.filter((status) => status === 409)).toHaveLength(attempts - stock);
  expect(orders).toHaveLength(stock);
  expect(new Set(orders).size).toBe(stock);
  const poster = await apiOf(second.url, ledger.key).get('/v1/products/poster');
  expect(poster.body).toMatchObject({ on_hand: stock, held: stock, available: 0 });
  expect((await judge(ledger)).findings).toEqual([]);
  expect(await second.end('SIGTERM')).toBe(0);
}, 240_000);

async function loopOfTheDocument(url: string, key: string): Promise<Order> {
  const [, code = ''] = /```js\n(.*?)```/s.exec(textOf('docs/clients.md')) ?? [];
  process.env['LEDGER_URL'] = url;
  process.env['LEDGER_API_KEY'] = key;
  const loaded = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { order: Order };
  return loaded.order;
}
