// A thousand orders of three lines over eight partitions, some of them for products that run short, while writers and
// the payment worker are killed: every order comes to its end, nothing is held, and nobody is charged twice.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestGateway } from '../payments/support.ts';
import { openGateway } from '../payments/support.ts';
import { expectSoundAudit } from '../support/audit.ts';
import type { Api, Reply, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';

const partitions = 8;
const orders = 1_000;
const buyers = 25;
const plenty = 1_000_000;
const scarce = 200;
const stocks = new Map([
  ['life-apple', plenty],
  ['life-bread', scarce],
  ['life-cheese', plenty],
  ['life-dates', scarce],
  ['life-eggs', plenty],
]);
const products = [...stocks.keys()];
const terminalMsMax = 30_000;
const answerMsMax = 60_000;
const testMsMax = 300_000;

let ledger: TestLedger;
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openGateway({ success_rate: 0.9 });
  ledger = await prepareLedger('life', partitions);
}, 120_000);

afterAll(async () => {
  await ledger.close();
  await gateway.close();
}, 60_000);

interface Told {
  readonly order: string;
  readonly accepted: boolean;
}

test(
  'whatever dies on the way, every order ends, holds nothing, and was captured at most once',
  async () => {
    const start = (roles: string) => ledger.start(roles, { ...gateway.env, LEDGER_PAYMENT_DELAY_MS: '200' });
    const [service, firstWriter, firstWorker] = [await start('api'), await start('writer'), await start('workers')];
    await Promise.all([start('writer'), start('projector')]);
    const api = apiOf(service.url, ledger.key);
    for (const [product, stock] of stocks) expect((await api.product(product, stock)).status).toBe(201);

    const told: Told[] = [];
    const buying = buyAll(api, told);
    await hasTold(told, orders * 0.25);
    await firstWriter.end('SIGKILL');
    const [secondWriter, secondWorker] = await Promise.all([start('writer'), start('workers')]);
    await hasTold(told, orders * 0.5);
    await firstWorker.end('SIGKILL');
    await hasTold(told, orders * 0.75);
    await secondWriter.end('SIGKILL');
    await start('workers');
    await buying;
    await secondWorker.end('SIGKILL');
    const lastFault = performance.now();

    const accepted = told.filter((one) => one.accepted).map(({ order }) => order);
    expect(told).toHaveLength(orders);
    expect(new Set(told.map(({ order }) => order)).size).toBe(orders);
    await eventually(async () => (await openOrders(api)) === 0, {
      withinMs: terminalMsMax,
      what: 'the end of all orders',
    });
    const tookMs = Math.round(performance.now() - lastFault);

    const paid = await count(api, 'PAID');
    const failed = await count(api, 'FAILED');
    expect(paid + failed).toBe(accepted.length);
    expect(await count(api, 'REFUSED')).toBe(orders - accepted.length);
    for (const [product, stock] of stocks) {
      const now = async () => (await api.get(`/v1/products/${product}`)).body;
      // Other partitions settle their holds by messages, after the order has ended.
      await eventually(async () => (await now())['held'] === 0, { withinMs: terminalMsMax, what: `${product} free` });
      const body = await now();
      expect(Number(body['on_hand'])).toBeGreaterThanOrEqual(0);
      expect(Number(body['on_hand'])).toBeLessThanOrEqual(stock);
    }
    const captures = accepted.map(
      (order) => gateway.attempts(order).filter(({ status }) => status === 'captured').length,
    );
    expect(Math.max(...captures)).toBe(1);
    expect(captures.filter((one) => one === 1)).toHaveLength(paid);
    await expectSoundAudit(ledger);
    console.log(
      `${orders} orders: ${paid} paid, ${failed} failed, the rest refused; the last ended ${tookMs} ms after the last fault`,
    );
  },
  testMsMax,
);

/** Each buyer orders one after the other, and repeats an order under its key until it is decided. */
async function buyAll(api: Api, told: Told[]): Promise<void> {
  let next = 0;
  const buyer = async (): Promise<void> => {
    for (let n = next++; n < orders; n = next++) {
      const lines = [0, 1, 2].map((line) => [products[(n + line * (1 + (n % 2))) % products.length] ?? '', 1] as const);
      const answer = await eventually(() => decided(api, `life-${n}`, lines), {
        withinMs: answerMsMax,
        what: `the decision of order ${n}`,
      });
      told.push({ order: String(answer.body['order_id']), accepted: answer.status !== 409 });
    }
  };
  await Promise.all(Array.from({ length: buyers }, buyer));
}

/** Null where the answer says nothing yet: 202, 503, or none at all. */
async function decided(api: Api, key: string, lines: readonly (readonly [string, number])[]): Promise<Reply | null> {
  const wanted = lines.map(([product_id, quantity]) => ({ product_id, quantity }));
  const reply = await api.request('POST', '/v1/orders', { lines: wanted }, { 'idempotency-key': key });
  if ([200, 201, 409].includes(reply.status)) return reply;
  expect([202, 503]).toContain(reply.status);
  return null;
}

async function hasTold(told: readonly Told[], many: number): Promise<void> {
  await eventually(() => told.length >= many, { withinMs: testMsMax / 2, what: `${many} decisions` });
}

async function openOrders(api: Api): Promise<number> {
  const open = await Promise.all(['RESERVING', 'PENDING', 'PROCESSING'].map((status) => count(api, status)));
  return open.reduce((sum, one) => sum + one, 0);
}

async function count(api: Api, status: string): Promise<number> {
  const { body } = await api.get('/v1/orders/statistics');
  const counts = body['by_status'] as { readonly [status: string]: number };
  return counts[status] ?? 0;
}
