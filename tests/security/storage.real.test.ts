// Values that reach the real servers: text that was made for a database or a terminal comes back as it was sent, finds
// nothing but itself, and what belongs to one key is no use to another.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Api, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { judge } from '../support/ledger-log.ts';
import { eventually } from '../support/servers.ts';

const testMsMax = 30_000;

let ledger: TestLedger;
let url: string;
let api: Api;

beforeAll(async () => {
  ledger = await prepareLedger('storage', 2);
  ({ url } = await ledger.start());
  api = apiOf(url, ledger.key);
  await api.product('plain', 1_000);
  const placed = await api.request('POST', '/v1/orders', orderOf('plain', 'an-ordinary-one'), {
    'idempotency-key': 'plain',
  });
  expect(placed.status).toBe(201);
}, 120_000);

afterAll(async () => {
  const { findings } = await judge(ledger);
  await ledger.close();
  expect(findings).toEqual([]);
}, 60_000);

const orderOf = (productId: string, reference: string) => ({
  lines: [{ product_id: productId, quantity: 1 }],
  payment: 'manual',
  reference,
});

describe('text', () => {
  test.each([
    "' OR 1=1--",
    "'; DROP SCHEMA ledger CASCADE; --",
    '%',
    '_n-ordinary-one',
    '\\',
    '$1',
    '\u001b[2J\r\n{"level":60,"msg":"forged"}',
    '=HYPERLINK("http://x")',
    '<script>alert(1)</script>',
    '😀\u202e\ufeff',
  ])(
    '%j is stored as it is and finds only itself',
    async (text) => {
      const key = `text-${Buffer.from(text).toString('hex').slice(0, 60)}`;
      const placed = await api.request('POST', '/v1/orders', orderOf('plain', text), { 'idempotency-key': key });
      expect([placed.status, placed.body['reference']]).toEqual([201, text]);
      const position = placed.headers.get('ledger-position') ?? '';
      const id = String(placed.body['order_id']);
      const read = await api.request('GET', `/v1/orders/${id}`, undefined, { 'ledger-position': position });
      expect(read.body['reference']).toBe(text);
      const list = await api.get(`/v1/orders?reference=${encodeURIComponent(text)}`);
      expect([list.status, idsIn(list.body['data'])]).toEqual([200, [id]]);
    },
    testMsMax,
  );

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__', '..', '.'])(
    'a product called %s is one like any other',
    async (id) => {
      expect((await api.product(id, 1)).status).toBe(201);
      const orders = [];
      for (const key of ['a', 'b']) orders.push((await api.order(`${id}-${key}`, [[id, 1]])).status);
      expect(orders).toEqual([201, 409]);
      const listed = async () =>
        JSON.stringify((await api.get('/v1/products?limit=200')).body).includes(`"product_id":"${id}"`);
      await eventually(listed, { withinMs: testMsMax, what: `${id} in the list` });
    },
    testMsMax,
  );
});

describe('an Idempotency-Key', () => {
  test(
    'belongs to the key of the caller: to another caller it is new, and tells nothing',
    async () => {
      const [a, b] = await Promise.all(['a', 'b'].map(customer));
      const order = orderOf('plain', 'mine');
      const headers = { 'idempotency-key': 'the-same' };
      const first = await a?.request('POST', '/v1/orders', order, headers);
      const second = await b?.request('POST', '/v1/orders', order, headers);
      const again = await a?.request('POST', '/v1/orders', order, headers);
      expect([first?.status, second?.status, again?.status]).toEqual([201, 201, 200]);
      expect(second?.body['order_id']).not.toBe(first?.body['order_id']);
      expect(again?.body['order_id']).toBe(first?.body['order_id']);
      expect([first?.body['customer_id'], second?.body['customer_id']]).toEqual(['customer-a', 'customer-b']);
      expect(second?.headers.has('idempotent-replayed')).toBe(false);
    },
    testMsMax,
  );

  test(
    'is good for one operation: the same key on another address is another request',
    async () => {
      const headers = { 'idempotency-key': 'two-ways' };
      const ordered = await api.request('POST', '/v1/orders', orderOf('plain', 'x'), headers);
      const bought = await api.request('POST', '/v1/products/plain/purchase', { quantity: 1 }, headers);
      expect([ordered.status, bought.status]).toEqual([201, 201]);
      expect(bought.body['order_id']).not.toBe(ordered.body['order_id']);
    },
    testMsMax,
  );
});

/** An API with a service key of its own. */
async function customer(name: string): Promise<Api> {
  const args = ['keys', 'create', '--name', name, '--role', 'service', '--customer', `customer-${name}`, '--json'];
  const { key } = JSON.parse((await ledger.run(args)).output) as { key: string };
  return apiOf(url, key);
}

function idsIn(data: unknown): readonly unknown[] {
  return Array.isArray(data) ? data.map((row: { readonly order_id: unknown }) => row.order_id) : [];
}
