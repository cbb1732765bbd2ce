// Orders whose products live in several partitions, on real servers: answered like any other, all lines or none, read
// at once in every partition they touch, and whole again after a writer died in the middle.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Api, LedgerProcess, Reply, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';

let ledger: TestLedger;
let service: LedgerProcess;
let api: Api;
/** They live in four of the eight partitions. */
const plenty = ['ant', 'bee', 'cat', 'dog', 'eel'];
const scarce = ['gnu', 'hen'];
const ordersInAll = 300;

beforeAll(async () => {
  ledger = await prepareLedger('spanning', 8);
  service = await ledger.start();
  api = apiOf(service.url, ledger.key);
}, 120_000);

afterAll(() => ledger.close(), 60_000);

test('an order over several partitions is 201 with all its prices, and every product shows it at once', async () => {
  const lines = ['one-a', 'one-b', 'one-c', 'one-d'].map((product) => [product, 2] as const);
  for (const [product] of lines) expect((await api.product(product, 5)).status).toBe(201);
  const placed = await api.order('span-1', lines);
  expect(placed.status).toBe(201);
  expect(placed.body).toMatchObject({ status: 'PENDING', version: 2, total: { amount: 3_600, currency: 'USD' } });
  expect(String(placed.headers.get('ledger-position')).split(',').length).toBeGreaterThan(1);
  for (const [product] of lines) {
    expect((await api.get(`/v1/products/${product}`)).body).toMatchObject({ held: 2, available: 3 });
  }
  const path = `/v1/orders/${String(placed.body['order_id'])}`;
  expect((await api.get(path)).body).toEqual(placed.body);
  const again = await api.order('span-1', lines);
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);

  expect((await api.request('POST', `${path}/pay`)).body).toMatchObject({ status_reason: 'payment_requested' });
  const cancels = await Promise.all(Array.from({ length: 5 }, () => api.request('POST', `${path}/cancel`)));
  expect(cancels.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect((await api.request('POST', `${path}/pay`)).body).toMatchObject({ code: 'not_payable' });
  for (const [product] of lines) await becomesFree(api, product, 5);
}, 60_000);

test('every shortage is named, what does not exist is 422, and 20 at once with one key are one order', async () => {
  for (const product of ['two-a', 'two-b', 'two-c']) expect((await api.product(product, 1)).status).toBe(201);
  const short = await api.order('span-2', [
    ['two-a', 1],
    ['two-b', 2],
    ['two-c', 3],
  ]);
  expect([short.status, short.body['code']]).toEqual([409, 'out_of_stock']);
  expect((short.body['shortages'] as readonly { product_id: string }[]).map((each) => each.product_id)).toEqual([
    'two-b',
    'two-c',
  ]);
  const unknown = await api.order('span-3', [
    ['two-a', 1],
    ['zz-nowhere', 1],
    ['zz-nothing', 1],
  ]);
  expect([unknown.status, unknown.body['code']]).toEqual([422, 'unknown_product']);
  for (const product of ['two-a', 'two-b', 'two-c']) {
    await becomesFree(api, product, 1);
  }
  const lines = [
    ['two-a', 1],
    ['two-b', 1],
    ['two-c', 1],
  ] as const;
  const replies = await Promise.all(Array.from({ length: 20 }, () => api.order('span-4', lines)));
  const count = (status: number): number => replies.filter((reply) => reply.status === status).length;
  expect([count(201), count(200)]).toEqual([1, 19]);
}, 60_000);

test('writers die between holds and answers, one right after it sent messages: every order ends, and nothing is held twice or left behind', async () => {
  for (const product of plenty) expect((await api.product(product, 1_000_000)).status).toBe(201);
  for (const product of scarce) expect((await api.product(product, 60)).status).toBe(201);
  const other = await ledger.start();
  const doomed = await ledger.start('writer', { CRASH_AT: 'relay:10' });
  const survivor = apiOf(other.url, ledger.key);
  const kinds = [...plenty, ...scarce];
  const replies: Reply[] = [];
  let next = 0;
  const buyer = async (): Promise<void> => {
    for (let i = next++; i < ordersInAll; i = next++) {
      const lines = [0, 2, 4].map((n) => [kinds[(i + n) % kinds.length] ?? '', 1] as const);
      const reply = async (): Promise<Reply | null> => {
        const answer = await survivor.order(`crash-${i}`, lines);
        return [200, 201, 409].includes(answer.status) ? answer : null;
      };
      replies.push(await eventually(reply, { withinMs: 90_000, what: `the end of order ${i}` }));
    }
  };
  const buyers = Promise.all(Array.from({ length: 20 }, buyer));
  await eventually(() => replies.length > ordersInAll / 4, { withinMs: 60_000, what: 'the first orders' });
  await eventually(() => doomed.killedBy() === 'SIGKILL', { withinMs: 60_000, what: 'the crash after a message' });
  await service.end('SIGKILL');
  await buyers;
  expect(replies).toHaveLength(ordersInAll);

  const accepted = replies.filter(({ status }) => status !== 409).map(({ body }) => String(body['order_id']));
  expect(accepted.length).toBeGreaterThan(60);
  for (const id of accepted) {
    const cancel = async (): Promise<boolean> =>
      (await survivor.request('POST', `/v1/orders/${id}/cancel`)).status === 200;
    await eventually(cancel, { withinMs: 30_000, what: `the cancellation of order ${id}` });
  }
  for (const product of kinds) await becomesFree(survivor, product, plenty.includes(product) ? 1_000_000 : 60);
  const audit = await ledger.run(['audit', '--log-only', '--at-rest', '--json']);
  expect(JSON.parse(audit.output)).toMatchObject({ ok: true, findings: [] });
}, 300_000);

/** Other partitions release what they hold when the message reaches them, not before the order is answered. */
async function becomesFree(asked: Api, product: string, stock: number): Promise<void> {
  const isFree = async (): Promise<boolean> => {
    const { body } = await asked.get(`/v1/products/${product}`);
    return body['on_hand'] === stock && body['held'] === 0;
  };
  await eventually(isFree, { withinMs: 30_000, what: `nothing held of ${product}` });
}
