// The main job over HTTP on the real stack: order, repeat, refusal, cancel, and what a reader sees of it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Api, LedgerProcess, Reply, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { judge } from '../support/ledger-log.ts';
import { orderUntilFinal } from '../support/load.ts';

let ledger: TestLedger;
let service: LedgerProcess;
let api: Api;

beforeAll(async () => {
  ledger = await prepareLedger('orders');
  service = await ledger.start();
  api = apiOf(service.url, ledger.key);
}, 90_000);

afterAll(async () => {
  const { findings } = await judge(ledger);
  await ledger.close();
  expect(findings).toEqual([]);
}, 60_000);

describe('an order', () => {
  test('is accepted, holds its stock, and is there for the next read', async () => {
    await api.product('tea', 5);
    const placed = await api.order('tea-1', [['tea', 2]]);
    expect(placed.status).toBe(201);
    expect(placed.body).toMatchObject({ status: 'PENDING', total: { amount: 900, currency: 'USD' }, version: 1 });
    expect(placed.headers.get('location')).toBe(`/v1/orders/${String(placed.body['order_id'])}`);
    const read = await api.get(`/v1/orders/${String(placed.body['order_id'])}`);
    expect(read.status).toBe(200);
    expect(read.body).toEqual(placed.body);
    expect(read.headers.get('etag')).toBe(placed.headers.get('etag'));
    expect((await api.get('/v1/products/tea')).body).toMatchObject({ on_hand: 5, held: 2, available: 3 });
  });

  test('that is short is refused with every shortage, and stays refused after a restock', async () => {
    await api.product('rare', 1);
    const wanted = [['rare', 2]] as const;
    const refused = await api.order('rare-1', wanted);
    expect(refused.status).toBe(409);
    const shortages = [{ product_id: 'rare', requested: 2, available: 1 }];
    expect(refused.body).toMatchObject({ code: 'out_of_stock', shortages });
    const restock = { delta: 10, reason: 'delivery' };
    const path = '/v1/products/rare/stock-adjustments';
    expect((await api.request('POST', path, restock, { 'idempotency-key': 'restock-1' })).status).toBe(200);
    const again = await api.order('rare-1', wanted);
    expect(again.status).toBe(409);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toMatchObject({ code: 'out_of_stock', shortages, order_id: refused.body['order_id'] });
    expect((await api.order('rare-2', wanted)).status).toBe(201);
  });

  test('with 50 concurrent requests under one key is one order: one 201, 49 times 200', async () => {
    await api.product('single', 100);
    const replies = await Promise.all(Array.from({ length: 50 }, () => api.order('fifty', [['single', 1]])));
    expect(countBy(replies)).toEqual({ 201: 1, 200: 49 });
    expect(new Set(replies.map(({ body }) => body['order_id'])).size).toBe(1);
    expect(replies.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(49);
    expect((await api.get('/v1/products/single')).body).toMatchObject({ held: 1 });
  });

  test('under a key that was used for another body is 422, wherever its products live', async () => {
    const products = ['key-a', 'key-b', 'key-c', 'key-d'];
    for (const product of products) await api.product(product, 1_000);
    for (let round = 0; round < 40; round++) {
      const replies = await Promise.all(products.map((product) => api.order(`round-${round}`, [[product, 1]])));
      expect(countBy(replies)).toEqual({ 201: 1, 422: 3 });
    }
  });

  test('has a key that is good for one adjustment and one product too, wherever they live', async () => {
    const [a, b, c, d] = ['key-a', 'key-b', 'key-c', 'key-d'];
    const adjust = (product: string | undefined) =>
      api.request(
        'POST',
        `/v1/products/${product}/stock-adjustments`,
        { delta: 1, reason: 'count' },
        { 'idempotency-key': 'one-count' },
      );
    const adjusted = await Promise.all([a, b, c, d].map(adjust));
    expect(countBy(adjusted)).toEqual({ 200: 1, 422: 3 });
    const create = (product_id: string) =>
      api.request(
        'POST',
        '/v1/products',
        { product_id, name: 'New', price: { amount: 1, currency: 'USD' }, stock: 1 },
        { 'idempotency-key': 'one-new' },
      );
    expect(countBy(await Promise.all(['new-1', 'new-2', 'new-3', 'new-4'].map(create)))).toEqual({ 201: 1, 422: 3 });
  });

  test('with a query that the route does not know is refused and not placed', async () => {
    await api.product('strict', 1);
    const body = { lines: [{ product_id: 'strict', quantity: 1 }] };
    const reply = await api.request('POST', '/v1/orders?dry_run=true', body, { 'idempotency-key': 'strict-1' });
    expect(reply.status).toBe(422);
    expect(reply.body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '#/query/dry_run' }] });
    expect((await api.get('/v1/products/strict')).body).toMatchObject({ held: 0 });
    expect((await api.get('/v1/products/strict?at=2020-01-01T00:00:00Z')).status).toBe(422);
  });

  test('is cancelled once, however often and from however many sides that is asked for', async () => {
    await api.product('changed-mind', 3);
    const placed = await api.order('cancel-1', [['changed-mind', 3]]);
    const path = `/v1/orders/${String(placed.body['order_id'])}/cancel`;
    const replies = await Promise.all(Array.from({ length: 5 }, () => api.request('POST', path)));
    expect(countBy(replies)).toEqual({ 200: 5 });
    for (const { body } of replies) expect(body).toMatchObject({ status: 'CANCELLED' });
    expect((await api.request('POST', path, {})).status).toBe(200);
    expect((await api.get('/v1/products/changed-mind')).body).toMatchObject({ on_hand: 3, held: 0, available: 3 });
  });
});

describe('reading what one wrote', () => {
  test('works 1,000 times in a row, and for 50 at once', async () => {
    await api.product('plenty', 1_000_000);
    const orderAndRead = async (key: string): Promise<number> => {
      const placed = await api.order(key, [['plenty', 1]]);
      return (await api.get(`/v1/orders/${String(placed.body['order_id'])}`)).status;
    };
    for (let i = 0; i < 1_000; i++) expect(await orderAndRead(`row-${i}`)).toBe(200);
    const statuses = await Promise.all(Array.from({ length: 50 }, (_, i) => orderAndRead(`crowd-${i}`)));
    expect(new Set(statuses)).toEqual(new Set([200]));
  }, 120_000);
});

describe('a flash sale', () => {
  test('of 500 units to 3,000 concurrent buyers sells exactly 500', async () => {
    await api.product('hot', 500);
    const buyers = Array.from({ length: 3_000 }, (_, i) => orderUntilFinal(() => api, `buyer-${i}`, 'hot'));
    const replies = await Promise.all(buyers);
    const sold = replies.filter(({ status }) => status !== 409);
    expect(sold).toHaveLength(500);
    expect(new Set(sold.map(({ body }) => body['order_id'])).size).toBe(500);
    expect((await api.get('/v1/products/hot')).body).toMatchObject({ on_hand: 500, held: 500, available: 0 });
  }, 120_000);
});

function countBy(replies: readonly Reply[]): { [status: number]: number } {
  const counts: { [status: number]: number } = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
