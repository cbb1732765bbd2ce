// Requests that are refused for what they carry: media type, bytes, key, values, query. Nothing reaches a partition.
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeCursor } from '../../projections/cursor.ts';
import type { DeadLetterFilter } from '../../projections/dead-letters/queries.ts';
import type { Views } from '../../projections/views.ts';
import type { Body, PlayedClient } from './support.ts';
import { appOf, asOperator, lampOf, noDeadLetters, playedClient, playedViews } from './support.ts';

const product = lampOf();
const views: Views = {
  ...playedViews({ products: [product] }),
  products: () => Promise.resolve({ rows: [], next: null, total: 0 }),
};

let client: PlayedClient;
let app: FastifyInstance;
beforeAll(async () => {
  client = playedClient();
  app = await appOf({ client, views });
});
afterAll(async () => {
  expect(client.submitted).toEqual([]);
  await app.close();
});

const line = { product_id: 'a', quantity: 1 };
const keyed = { ...asOperator, 'idempotency-key': 'k1' };

function post(url: string, body: unknown, headers: { readonly [name: string]: string } = keyed) {
  const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json', ...headers }, payload });
}

describe('Idempotency-Key', () => {
  const needing = ['/v1/orders', '/v1/products/a/purchase', '/v1/products/a/stock-adjustments'];

  test.each(needing)('%s needs one, and says so before it looks at the body', async (url) => {
    const answer = await post(url, {}, asOperator);
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([400, 'idempotency_key_missing']);
  });

  test.each(needing)('%s refuses a bad one', async (url) => {
    for (const key of ['', '""', '"a', 'a b', 'x'.repeat(256)]) {
      const answer = await post(url, {}, { ...asOperator, 'idempotency-key': key });
      expect([answer.statusCode, answer.json<Body>().code]).toEqual([400, 'idempotency_key_invalid']);
    }
  });
});

describe('bodies that are no JSON of ours', () => {
  test.each([
    ['{', 400, 'malformed_json'],
    ['{"lines":[]}x', 400, 'malformed_json'],
    ['{"__proto__":{"admin":true}}', 400, 'malformed_json'],
    ['{"constructor":{"prototype":{}}}', 400, 'malformed_json'],
    [Buffer.from([0x22, 0xff, 0x22]), 400, 'malformed_json'],
    ['', 422, 'validation_failed'],
    ['null', 422, 'validation_failed'],
    ['[]', 422, 'validation_failed'],
    ['"x"', 422, 'validation_failed'],
    [`{"reference":"${'x'.repeat(1_048_576)}"}`, 413, 'body_too_large'],
  ])('%.40p: %i', async (body, status, code) => {
    const answer = await post('/v1/orders', body);
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([status, code]);
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });

  test('a compressed body: 415', async () => {
    const answer = await post('/v1/orders', '{}', { ...keyed, 'content-encoding': 'gzip' });
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([415, 'unsupported_media_type']);
  });

  test.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])('%s: 415', async (type) => {
    const answer = await post('/v1/orders', '{}', { ...keyed, 'content-type': type });
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([415, 'unsupported_media_type']);
  });
});

describe('orders that are refused for their values', () => {
  const order = (members: object) => ({ lines: [line], ...members });
  const ofLine = (members: object) => ({ lines: [{ ...line, ...members }] });
  test.each<[unknown, string]>([
    [{}, '#/lines'],
    [order({ price: 1 }), '#/price'],
    [order({ status: 'PAID', admin: true }), '#/status'],
    [{ lines: [] }, '#/lines'],
    [{ lines: Array.from({ length: 101 }, () => line) }, '#/lines'],
    [{ lines: {} }, '#/lines'],
    [{ lines: [line, {}] }, '#/lines/1/product_id'],
    [ofLine({ quantity: 0 }), '#/lines/0/quantity'],
    [ofLine({ quantity: -1 }), '#/lines/0/quantity'],
    [ofLine({ quantity: 1_000_001 }), '#/lines/0/quantity'],
    [ofLine({ quantity: '1' }), '#/lines/0/quantity'],
    [ofLine({ quantity: 1.5 }), '#/lines/0/quantity'],
    [ofLine({ quantity: true }), '#/lines/0/quantity'],
    [ofLine({ quantity: null }), '#/lines/0/quantity'],
    [ofLine({ quantity: [1] }), '#/lines/0/quantity'],
    ['{"lines":[{"product_id":"a","quantity":1e309}]}', '#/lines/0/quantity'],
    ['{"lines":[{"product_id":"a","quantity":9007199254740993}]}', '#/lines/0/quantity'],
    [ofLine({ product_id: '' }), '#/lines/0/product_id'],
    [ofLine({ product_id: 'x'.repeat(65) }), '#/lines/0/product_id'],
    [ofLine({ product_id: 'a b' }), '#/lines/0/product_id'],
    [ofLine({ product_id: 7 }), '#/lines/0/product_id'],
    [ofLine({ price: 1 }), '#/lines/0/price'],
    [ofLine({ priority: 'urgent' }), '#/lines/0/priority'],
    [ofLine({ 'a/b~c d#': 1 }), '#/lines/0/a~1b~0c%20d%23'],
    [order({ customer_id: 'a b' }), '#/customer_id'],
    [order({ customer_id: null }), '#/customer_id'],
    [order({ priority: null }), '#/priority'],
    [order({ payment: 'later' }), '#/payment'],
    [order({ reference: 'x'.repeat(256) }), '#/reference'],
    [order({ reference: 'a\u0000b' }), '#/reference'],
    ['{"lines":[{"product_id":"a","quantity":1}],"reference":"\\ud800"}', '#/reference'],
    [order({ metadata: { a: 1 } }), '#/metadata/a'],
    [order({ metadata: { a: { b: 'c' } } }), '#/metadata/a'],
    [order({ metadata: { a: '\u0000' } }), '#/metadata/a'],
    [order({ metadata: { '\u0000': 'a' } }), '#/metadata'],
    [order({ metadata: [] }), '#/metadata'],
    [order({ metadata: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`k${i}`, 'v'])) }), '#/metadata'],
    [order({ metadata: { a: 'x'.repeat(1_100), b: 'x'.repeat(1_100) } }), '#/metadata'],
    [order({ metadata: { a: 'ä'.repeat(1_100) } }), '#/metadata'],
  ])('%.80j: %s', async (body, pointer) => {
    const answer = await post('/v1/orders', body);
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([422, 'validation_failed']);
    expect(answer.json<Body>().errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });
});

describe('products and stock that are refused for their values', () => {
  const product = { name: 'Lamp', price: { amount: 1, currency: 'USD' }, stock: 1 };
  test.each<[string, unknown, string]>([
    ['/v1/products', {}, '#/name'],
    ['/v1/products', { ...product, stock: undefined }, '#/stock'],
    ['/v1/products', { ...product, stock: -1 }, '#/stock'],
    ['/v1/products', { ...product, stock: 10 ** 12 + 1 }, '#/stock'],
    ['/v1/products', { ...product, stock: '1' }, '#/stock'],
    ['/v1/products', { ...product, name: '' }, '#/name'],
    ['/v1/products', { ...product, price: 5 }, '#/price'],
    ['/v1/products', { ...product, price: { amount: -1, currency: 'USD' } }, '#/price/amount'],
    ['/v1/products', { ...product, price: { amount: 1.5, currency: 'USD' } }, '#/price/amount'],
    ['/v1/products', { ...product, price: { amount: 1, currency: 'usd' } }, '#/price/currency'],
    ['/v1/products', { ...product, price: { amount: 1 } }, '#/price/currency'],
    ['/v1/products', { ...product, version: 9 }, '#/version'],
    ['/v1/products', { ...product, product_id: 'a/b' }, '#/product_id'],
    ['/v1/products', { ...product, billing: 'never' }, '#/billing'],
    ['/v1/products/a/stock-adjustments', { reason: 'r' }, '#'],
    ['/v1/products/a/stock-adjustments', { delta: 1, set_to: 1, reason: 'r' }, '#'],
    ['/v1/products/a/stock-adjustments', { delta: 1 }, '#/reason'],
    ['/v1/products/a/stock-adjustments', { delta: 10 ** 12 + 1, reason: 'r' }, '#/delta'],
    ['/v1/products/a/stock-adjustments', { set_to: -1, reason: 'r' }, '#/set_to'],
    ['/v1/products/a/purchase', { quantity: 0 }, '#/quantity'],
    ['/v1/products/a/purchase', { quantity: 1, lines: [] }, '#/lines'],
  ])('%s %j: %s', async (url, body, pointer) => {
    const answer = await post(url, body);
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([422, 'validation_failed']);
    expect(answer.json<Body>().errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  test('a change that changes nothing, or what nobody may change', async () => {
    for (const payload of [{}, { stock: 1 }, { low_stock_threshold: -1 }]) {
      const answer = await app.inject({ method: 'PATCH', url: '/v1/products/a', headers: asOperator, payload });
      expect([answer.statusCode, answer.json<Body>().code]).toEqual([422, 'validation_failed']);
    }
  });

  test.each([
    ['"x"', 412, 'version_mismatch'],
    ['W/"1.1"', 412, 'version_mismatch'],
    ['3', 422, 'validation_failed'],
    ['"1.1" "2.2"', 422, 'validation_failed'],
    [`"${'x'.repeat(1_024)}"`, 422, 'validation_failed'],
  ])('If-Match %.40s names no version: %i', async (tag, status, code) => {
    const headers = { ...asOperator, 'if-match': tag };
    const answer = await app.inject({ method: 'DELETE', url: '/v1/products/a', headers });
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([status, code]);
  });
});

test('If-Match of what does not exist: 404, whatever it names', async () => {
  const headers = { ...asOperator, 'if-match': '"x"' };
  const urls = ['/v1/products/none', '/v1/orders/00030000-0000-8000-8000-00000000000a/cancel'] as const;
  const answers = await Promise.all([
    app.inject({ method: 'DELETE', url: urls[0], headers }),
    app.inject({ method: 'POST', url: urls[1], headers }),
  ]);
  for (const answer of answers) expect([answer.statusCode, answer.json<Body>().code]).toEqual([404, 'not_found']);
});

describe('queries', () => {
  test.each([
    ['/v1/orders?limit=0', '#/query/limit'],
    ['/v1/orders?limit=201', '#/query/limit'],
    ['/v1/orders?limit=x', '#/query/limit'],
    ['/v1/orders?limit=1.5', '#/query/limit'],
    ['/v1/orders?limit=1&limit=2', '#/query/limit'],
    ['/v1/orders?page=0', '#/query/page'],
    ['/v1/orders?page=10001', '#/query/page'],
    ['/v1/orders?per_page=51', '#/query/per_page'],
    ['/v1/orders?page=1&limit=5', '#/query/limit'],
    ['/v1/orders?page=1&cursor=x', '#/query/cursor'],
    ['/v1/orders?status=SHIPPED', '#/query/status'],
    ['/v1/orders?from=yesterday', '#/query/from'],
    ['/v1/orders?to=2026-02-30', '#/query/to'],
    ['/v1/orders?to=2026-02-29', '#/query/to'],
    ['/v1/orders?to=2100-02-29', '#/query/to'],
    ['/v1/orders?to=2026-04-31', '#/query/to'],
    ['/v1/orders?to=2026-00-10', '#/query/to'],
    ['/v1/orders?to=2026-02-28T25:00:00Z', '#/query/to'],
    ['/v1/orders?user_id=A', '#/query/user_id'],
    ['/v1/orders?__proto__[x]=1', '#/query/__proto__[x]'],
    ['/v1/orders?reference=%00', '#/query/reference'],
    ['/v1/products?archived=maybe', '#/query/archived'],
    ['/v1/dead-letters?order_id=%00', '#/query/order_id'],
    ['/v1/dead-letters?order_id=x', '#/query/order_id'],
  ])('%s', async (url, pointer) => {
    const answer = await app.inject({ url, headers: asOperator });
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([422, 'validation_failed']);
    expect(answer.json<Body>().errors[0]?.pointer).toBe(encodeURI(pointer));
  });

  const foreign = writeCursor('another list', [1, 'x']);
  test.each(['', 'x', 'a b', '%', '~', 'x'.repeat(7_000), foreign])('the cursor %.20j: 400', async (cursor) => {
    const url = `/v1/orders?cursor=${encodeURIComponent(cursor)}`;
    const answer = await app.inject({ url, headers: asOperator });
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([400, 'cursor_invalid']);
  });

  test('the order of dead letters is found however its id is written', async () => {
    const asked: DeadLetterFilter[] = [];
    const none = { rows: [], next: null, total: 0 };
    const deadLetters = {
      ...noDeadLetters,
      list: (filter: DeadLetterFilter) => (asked.push(filter), Promise.resolve(none)),
    };
    const other = await appOf({ deadLetters });
    const id = '00030000-0000-8000-8000-00000000000a';
    await other.inject({ url: `/v1/dead-letters?order_id=${id.toUpperCase()}`, headers: asOperator });
    await other.close();
    expect(asked).toEqual([{ order_id: id }]);
  });

  test('by cursor and by pages', async () => {
    const byCursor = await app.inject({
      url: '/v1/orders?limit=10&from=2026-01-01&to=2026-11-21T10:00:00Z',
      headers: asOperator,
    });
    expect(byCursor.json<Body>()).toEqual({ data: [], next_cursor: null });
    const byPage = await app.inject({ url: '/v1/products?page=2&archived=true', headers: asOperator });
    expect(byPage.json<Body>()).toEqual({
      data: [],
      next_cursor: null,
      meta: { page: 2, per_page: 50, total: 0, last_page: 1 },
    });
  });

  test('moments that exist', async () => {
    const moments = [
      '2024-02-29',
      '2000-02-29',
      '2026-12-31T23:59Z',
      '2026-01-31T12:00:00.123456789%2B14:00',
      '0000-01-01',
    ];
    for (const moment of moments) {
      const answer = await app.inject({ url: `/v1/orders?from=${moment}`, headers: asOperator });
      expect([moment, answer.statusCode]).toEqual([moment, 200]);
    }
  });

  test.each(['x', '99:1', '1:1;'])('Ledger-Position %s', async (position) => {
    const answer = await app.inject({ url: '/v1/products/a', headers: { ...asOperator, 'ledger-position': position } });
    expect([answer.statusCode, answer.json<Body>().errors[0]?.pointer]).toEqual([422, '#/headers/ledger-position']);
  });
});
