// The app before the log: credentials, limits, validation, documents. Nothing here reaches a partition.
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { problems } from '../../src/http/problems.ts';
import type { PlayedClient } from './support.ts';
import { appOf, asOperator, asService, healthy, playedClient } from './support.ts';

let client: PlayedClient;
let app: FastifyInstance;
beforeAll(async () => {
  client = playedClient();
  app = await appOf({ client });
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

describe('credentials', () => {
  test.each([
    ['none', {}],
    ['another scheme', { authorization: 'Basic abc' }],
    ['a wrong key', { authorization: `Bearer ol_${'x'.repeat(43)}` }],
    ['nonsense', { authorization: 'Bearer' }],
    ['10 KB', { authorization: `Bearer ${'x'.repeat(10_000)}` }],
  ])('%s: 401 before anything else is looked at', async (_, headers) => {
    const answer = await post('/v1/orders', '{', headers);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.json()).toMatchObject({ code: 'unauthenticated', type: '/errors/unauthenticated' });
  });

  test.each([
    ['POST', '/v1/products'],
    ['PATCH', '/v1/products/a'],
    ['DELETE', '/v1/products/a'],
    ['POST', '/v1/products/a/stock-adjustments'],
  ] as const)('a service may not %s %s', async (method, url) => {
    const answer = await app.inject({ method, url, headers: asService });
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'forbidden']);
  });

  test.each(['/health/live', '/health/ready', '/health', '/metrics', '/openapi.json', '/docs', '/docs/', '/errors'])(
    '%s is open',
    async (url) => {
      const answer = await app.inject({ url });
      expect(answer.statusCode).toBeLessThan(400);
      expect(answer.headers['x-trace-id']).toEqual(expect.any(String));
    },
  );

  test('/metrics is not open to other machines', async () => {
    expect((await app.inject({ url: '/metrics', remoteAddress: '10.0.0.1' })).statusCode).toBe(401);
    const answer = await app.inject({ url: '/metrics', remoteAddress: '10.0.0.1', headers: asService });
    expect(answer.statusCode).toBe(200);
    expect(answer.payload).toContain('ledger_http_request_seconds_bucket');
    const forwarded = { 'x-forwarded-for': '127.0.0.1' };
    expect((await app.inject({ url: '/metrics', remoteAddress: '10.0.0.1', headers: forwarded })).statusCode).toBe(401);
  });
});

describe('addresses', () => {
  test.each([
    ['GET', '/v1/nothing', 404, undefined],
    ['GET', '/v0/orders', 404, undefined],
    ['GET', '/.git/config', 404, undefined],
    ['GET', '//v1/orders', 404, undefined],
    ['DELETE', '/v1/orders', 405, 'GET, HEAD, POST'],
    ['PUT', '/v1/orders/?x=1', 405, 'GET, HEAD, POST'],
    ['POST', '/v1/orders/abc', 405, 'GET, HEAD'],
    ['GET', '/v1/orders/abc/cancel', 405, 'POST'],
    ['POST', '/v1/products/a', 405, 'DELETE, GET, HEAD, PATCH'],
    ['OPTIONS', '/v1/products', 405, 'GET, HEAD, POST'],
    ['POST', '/health', 405, 'GET, HEAD'],
  ] as const)('%s %s: %i', async (method, url, status, allow) => {
    const answer = await app.inject({ method, url, headers: asOperator });
    expect([answer.statusCode, answer.headers.allow]).toEqual([status, allow]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ code: status === 404 ? 'not_found' : 'method_not_allowed', status });
  });

  test.each([
    '/v1/orders/%zz',
    '/v1/products/a%20b',
    `/v1/products/${'x'.repeat(65)}`,
    `/v1/products/${'x'.repeat(300)}`,
  ])('nothing lives at %s', async (url) => {
    const answer = await app.inject({ url, headers: asOperator });
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'not_found']);
    expect(answer.headers['x-trace-id']).toBe(answer.json().trace_id);
  });

  test.each(['x', '00000000-0000-4000-8000-000000000000', '0008b85d-f41c-81f9-beb7-9f4ef3ebd95e'])(
    'no order is called %s',
    async (id) => {
      for (const request of [{ method: 'GET', url: `/v1/orders/${id}` } as const]) {
        const answer = await app.inject({ ...request, headers: asOperator });
        expect(answer.statusCode).toBe(404);
      }
      expect(
        (await app.inject({ method: 'POST', url: `/v1/orders/${id}/cancel`, headers: asOperator })).statusCode,
      ).toBe(404);
    },
  );
});

describe('Idempotency-Key', () => {
  const needing = ['/v1/orders', '/v1/products/a/purchase', '/v1/products/a/stock-adjustments'];

  test.each(needing)('%s needs one, and says so before it looks at the body', async (url) => {
    const answer = await post(url, {}, asOperator);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'idempotency_key_missing']);
  });

  test.each(needing)('%s refuses a bad one', async (url) => {
    for (const key of ['', '""', 'a b', 'x'.repeat(256)]) {
      const answer = await post(url, {}, { ...asOperator, 'idempotency-key': key });
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'idempotency_key_invalid']);
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
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });

  test.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])('%s: 415', async (type) => {
    const answer = await post('/v1/orders', '{}', { ...keyed, 'content-type': type });
    expect([answer.statusCode, answer.json().code]).toEqual([415, 'unsupported_media_type']);
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
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'validation_failed']);
    expect(answer.json().errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  test('lines that live apart cannot be ordered together', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `p${i}`);
    const apart = ids.find((id) => client.partitionOf(id) !== client.partitionOf('a'));
    const answer = await post('/v1/orders', { lines: [line, { ...line, product_id: apart }] });
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'lines_span_partitions']);
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
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'validation_failed']);
    expect(answer.json().errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  test('a change that changes nothing, or what nobody may change', async () => {
    for (const payload of [{}, { stock: 1 }, { low_stock_threshold: -1 }]) {
      const answer = await app.inject({ method: 'PATCH', url: '/v1/products/a', headers: asOperator, payload });
      expect([answer.statusCode, answer.json().code]).toEqual([422, 'validation_failed']);
    }
  });

  test.each(['3', '"x"', 'W/"1.1"'])('If-Match %s names no version', async (tag) => {
    const headers = { ...asOperator, 'if-match': tag };
    const answer = await app.inject({ method: 'DELETE', url: '/v1/products/a', headers });
    expect([answer.statusCode, answer.json().code]).toEqual([412, 'version_mismatch']);
  });
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
    ['/v1/orders?to=2026-02-28T25:00:00Z', '#/query/to'],
    ['/v1/orders?user_id=A', '#/query/user_id'],
    ['/v1/orders?__proto__[x]=1', '#/query/__proto__[x]'],
    ['/v1/orders?reference=%00', '#/query/reference'],
    ['/v1/products?archived=maybe', '#/query/archived'],
  ])('%s', async (url, pointer) => {
    const answer = await app.inject({ url, headers: asOperator });
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'validation_failed']);
    expect(answer.json().errors[0].pointer).toBe(encodeURI(pointer));
  });

  test('by cursor and by pages', async () => {
    const byCursor = await app.inject({
      url: '/v1/orders?limit=10&from=2026-01-01&to=2026-11-21T10:00:00Z',
      headers: asOperator,
    });
    expect(byCursor.json()).toEqual({ data: [], next_cursor: null });
    const byPage = await app.inject({ url: '/v1/products?page=2&archived=true', headers: asOperator });
    expect(byPage.json()).toEqual({
      data: [],
      next_cursor: null,
      meta: { page: 2, per_page: 50, total: 0, last_page: 1 },
    });
  });

  test.each(['x', '99:1', '1:1;'])('Ledger-Position %s', async (position) => {
    const answer = await app.inject({ url: '/v1/products/a', headers: { ...asOperator, 'ledger-position': position } });
    expect([answer.statusCode, answer.json().errors[0].pointer]).toEqual([422, '#/headers/ledger-position']);
  });
});

describe('every answer', () => {
  test('names its trace: the one that came, or a new one', async () => {
    const own = await app.inject({ url: '/v1/nothing', headers: { 'x-trace-id': 'trace-12345' } });
    expect([own.headers['x-trace-id'], own.json().trace_id]).toEqual(['trace-12345', 'trace-12345']);
    const bad = await app.inject({ url: '/health/live', headers: { 'x-trace-id': 'a\tb' } });
    expect(bad.headers['x-trace-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each(Object.keys(problems))('of type /errors/%s leads to its explanation', async (code) => {
    const answer = await app.inject({ url: `/errors/${code}` });
    expect(answer.statusCode).toBe(200);
    expect(answer.payload).toContain(`id="${code}"`);
  });

  test('no explanation for what is no code', async () => {
    expect((await app.inject({ url: '/errors/constructor' })).statusCode).toBe(404);
  });
});

describe('health', () => {
  test('tells strangers words only, and callers everything', async () => {
    const words = Object.fromEntries(Object.keys(healthy.services).map((name) => [name, { status: 'up' }]));
    expect((await app.inject({ url: '/health' })).json()).toEqual({ status: 'ok', services: words });
    const wrong = { authorization: `Bearer ol_${'x'.repeat(43)}` };
    expect((await app.inject({ url: '/health', headers: wrong })).json()).toEqual({ status: 'ok', services: words });
    expect((await app.inject({ url: '/health', headers: asService })).json()).toEqual(healthy);
  });

  test('is 503 when any server is down; ready only when orders cannot be taken', async () => {
    const played = playedClient();
    const services = { ...healthy.services, redis: { status: 'down', ms: null } } as const;
    const sick = await appOf({
      client: played,
      health: () => Promise.resolve({ ...healthy, status: 'degraded', services }),
    });
    expect((await sick.inject({ url: '/health' })).statusCode).toBe(503);
    expect((await sick.inject({ url: '/health/ready' })).statusCode).toBe(200);
    played.up = false;
    expect((await sick.inject({ url: '/health/ready' })).statusCode).toBe(503);
    expect((await sick.inject({ url: '/health/live' })).statusCode).toBe(200);
    await sick.close();
  });
});

describe('the documents', () => {
  test('OpenAPI 3.1 names every /v1 route with its answers and its credential', async () => {
    const document = (await app.inject({ url: '/openapi.json' })).json();
    expect(document.openapi).toBe('3.1.0');
    expect(document.components.securitySchemes.bearer).toMatchObject({ scheme: 'bearer' });
    const routes = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
    );
    expect(
      routes
        .filter(({ name }) => name.includes('/v1/'))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(v1Routes);
    for (const { name, security, responses } of routes.filter((route) => route.name.includes('/v1/'))) {
      expect({ name, security }).toEqual({ name, security: [{ bearer: [] }] });
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '500', '503']));
      for (const [status, response] of Object.entries(responses)) {
        expect(Object.keys(response.headers)).toContain('X-Trace-Id');
        if (Number(status) >= 400) expect(Object.keys(response.content)).toEqual(['application/problem+json']);
      }
    }
    expect(Object.keys(document.components.schemas).sort()).toEqual([
      'Movement',
      'Order',
      'Problem',
      'Product',
      'Undecided',
    ]);
  });

  test('the page for people loads under its own content policy', async () => {
    const page = await app.inject({ url: '/docs/' });
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    expect(page.payload).not.toMatch(/<script(?![^>]*src=)/);
    const scripts = [...page.payload.matchAll(/src="([^"]+)"/g)].map(
      ([, src]) => new URL(src ?? '', 'http://host/docs/'),
    );
    expect(scripts.length).toBeGreaterThan(0);
    for (const { pathname } of scripts) expect((await app.inject({ url: pathname })).statusCode).toBe(200);
  });
});

interface Operation {
  readonly security: unknown;
  readonly responses: { readonly [status: string]: { readonly headers: object; readonly content: object } };
}

const v1Routes = [
  'delete /v1/products/{product_id}',
  'get /v1/orders',
  'get /v1/orders/{order_id}',
  'get /v1/products',
  'get /v1/products/{product_id}',
  'get /v1/products/{product_id}/stock-history',
  'patch /v1/products/{product_id}',
  'post /v1/orders',
  'post /v1/orders/{order_id}/cancel',
  'post /v1/products',
  'post /v1/products/{product_id}/purchase',
  'post /v1/products/{product_id}/stock-adjustments',
];
