// The app before the log: credentials, addresses, traces, health, documents. Nothing here reaches a partition.
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { problems } from '../../src/http/problems.ts';
import type { Body, PlayedClient } from './support.ts';
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

describe('credentials', () => {
  test.each([
    ['none', {}],
    ['another scheme', { authorization: 'Basic abc' }],
    ['a wrong key', { authorization: `Bearer ol_${'x'.repeat(43)}` }],
    ['nonsense', { authorization: 'Bearer' }],
    ['10 KB', { authorization: `Bearer ${'x'.repeat(10_000)}` }],
  ])('%s: 401 before anything else is looked at', async (_, headers) => {
    const answer = await app.inject({ method: 'POST', url: '/v1/orders', headers, payload: '{' });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.json<Body>()).toMatchObject({ code: 'unauthenticated', type: '/errors/unauthenticated' });
  });

  test.each([
    ['POST', '/v1/products'],
    ['PATCH', '/v1/products/a'],
    ['DELETE', '/v1/products/a'],
    ['POST', '/v1/products/a/stock-adjustments'],
  ] as const)('a service may not %s %s', async (method, url) => {
    const answer = await app.inject({ method, url, headers: asService });
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([403, 'forbidden']);
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
    ['GET', '/v1/dead-letters/retry', 405, 'POST'],
    ['OPTIONS', '/v1/products', 405, 'GET, HEAD, POST'],
    ['POST', '/health', 405, 'GET, HEAD'],
    ['TRACE', '/v1/orders', 405, 'GET, HEAD, POST'],
    ['QUERY', '/v1/orders', 405, 'GET, HEAD, POST'],
    ['QUERY', '/errors/not_found', 405, 'GET, HEAD'],
    ['PROPFIND', '/v1/products', 405, 'GET, HEAD, POST'],
  ] as const)('%s %s: %i', async (method, url, status, allow) => {
    const answer = await app.inject({ method, url, headers: asOperator });
    expect([answer.statusCode, answer.headers.allow]).toEqual([status, allow]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json<Body>()).toMatchObject({ code: status === 404 ? 'not_found' : 'method_not_allowed', status });
  });

  test('are looked for before the body is', async () => {
    const headers = { ...asOperator, 'content-type': 'text/plain' };
    for (const [url, status] of [['/v1/nothing', 404] as const, ['/v1/orders/abc', 405] as const]) {
      const answer = await app.inject({ method: 'POST', url, headers, payload: 'x'.repeat(2_000_000) });
      expect([url, answer.statusCode]).toEqual([url, status]);
    }
  });

  test.each([
    '/v1/orders/%zz',
    '/v1/products/a%20b',
    `/v1/products/${'x'.repeat(65)}`,
    `/v1/products/${'x'.repeat(300)}`,
  ])('nothing lives at %s', async (url) => {
    const answer = await app.inject({ url, headers: asOperator });
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([404, 'not_found']);
    expect(answer.headers['x-trace-id']).toBe(answer.json<Body>().trace_id);
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

describe('every answer', () => {
  test('names its trace: the one that came, or a new one', async () => {
    const own = await app.inject({ url: '/v1/nothing', headers: { 'x-trace-id': 'trace-12345' } });
    expect([own.headers['x-trace-id'], own.json<Body>().trace_id]).toEqual(['trace-12345', 'trace-12345']);
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

describe('an envelope', () => {
  test('with too long an address is 414', async () => {
    const url = (chars: number) => `/v1/orders?reference=${'x'.repeat(chars - 21)}`;
    expect((await app.inject({ url: url(8_000), headers: asOperator })).statusCode).toBe(422);
    const answer = await app.inject({ url: url(8_001), headers: asOperator });
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([414, 'uri_too_long']);
  });

  test('with a method in another header is taken by its own method', async () => {
    const headers = { ...asOperator, 'x-http-method-override': 'DELETE', 'x-http-method': 'DELETE' };
    expect((await app.inject({ url: '/v1/products', headers })).statusCode).toBe(200);
    const answer = await app.inject({ method: 'POST', url: '/v1/products/a?_method=DELETE', headers });
    expect(answer.statusCode).toBe(405);
  });
});

describe('health', () => {
  test('tells strangers words only, and callers everything', async () => {
    const words = Object.fromEntries(Object.keys(healthy.services).map((name) => [name, { status: 'up' }]));
    expect((await app.inject({ url: '/health' })).json<Body>()).toEqual({ status: 'ok', services: words });
    const wrong = { authorization: `Bearer ol_${'x'.repeat(43)}` };
    expect((await app.inject({ url: '/health', headers: wrong })).json<Body>()).toEqual({
      status: 'ok',
      services: words,
    });
    expect((await app.inject({ url: '/health', headers: asService })).json<Body>()).toEqual(healthy);
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
    const document = (await app.inject({ url: '/openapi.json' })).json<OpenApi>();
    expect(document.openapi).toBe('3.1.0');
    expect(document.components.securitySchemes.bearer).toMatchObject({ scheme: 'bearer' });
    expect(document.paths['/v1/orders']?.['post']?.requestBody?.required).toBe(true);
    expect(document.paths['/v1/orders/{order_id}/cancel']?.['post']?.requestBody?.required).toBe(false);
    const ours = Object.entries(document.paths)
      .flatMap(([path, all]) => Object.entries(all).map(([method, one]) => ({ name: `${method} ${path}`, ...one })))
      .filter(({ name }) => name.includes('/v1/'));
    expect(ours.map(({ name }) => name).sort()).toEqual(v1Routes);
    for (const { name, security, responses } of ours) {
      expect({ name, security }).toEqual({ name, security: [{ bearer: [] }] });
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '405', '500', '503']));
      expect(JSON.stringify(responses['503'])).toContain('`overloaded`');
      // Also where the route wants no body.
      if (!name.startsWith('get ')) expect(responses).toMatchObject({ 400: {}, 413: {}, 415: {} });
      for (const [status, response] of Object.entries(responses)) {
        expect(Object.keys(response.headers)).toContain('X-Trace-Id');
        if (Number(status) >= 400) expect(Object.keys(response.content)).toEqual(['application/problem+json']);
      }
    }
    expect(Object.keys(document.components.schemas).sort()).toEqual([
      'AuditReport',
      'Customer',
      'CustomerRank',
      'DailyKpis',
      'DeadLetter',
      'DeadLetterCount',
      'InventoryLevel',
      'InventorySummary',
      'Movement',
      'Order',
      'OrderEvent',
      'OrderStatistics',
      'Problem',
      'Product',
      'RangeKpis',
      'RankedCustomer',
      'RankedProduct',
      'RealtimeKpis',
      'Replay',
      'ReplayDiff',
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

interface OpenApi {
  readonly openapi: string;
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly securitySchemes: { readonly bearer: object }; readonly schemas: object };
}

interface Operation {
  readonly requestBody?: { readonly required: boolean };
  readonly security: unknown;
  readonly responses: { readonly [status: string]: { readonly headers: object; readonly content: object } };
}

const v1Routes = [
  'delete /v1/customers/{customer_id}',
  'delete /v1/products/{product_id}',
  'delete /v1/replays/{replay_id}',
  'get /v1/customers/{customer_id}',
  'get /v1/dead-letters',
  'get /v1/dead-letters/{dead_letter_id}',
  'get /v1/inventory',
  'get /v1/inventory/low-stock',
  'get /v1/inventory/summary',
  'get /v1/inventory/transactions',
  'get /v1/kpis/daily',
  'get /v1/kpis/range',
  'get /v1/kpis/realtime',
  'get /v1/leaderboards/customers',
  'get /v1/leaderboards/customers/{customer_id}',
  'get /v1/leaderboards/products',
  'get /v1/orders',
  'get /v1/orders/statistics',
  'get /v1/orders/stats',
  'get /v1/orders/{order_id}',
  'get /v1/orders/{order_id}/events',
  'get /v1/products',
  'get /v1/products/{product_id}',
  'get /v1/products/{product_id}/stock',
  'get /v1/products/{product_id}/stock-history',
  'get /v1/replays',
  'get /v1/replays/{replay_id}',
  'get /v1/replays/{replay_id}/diff',
  'patch /v1/products/{product_id}',
  'post /v1/audits',
  'post /v1/dead-letters/discard',
  'post /v1/dead-letters/retry',
  'post /v1/dead-letters/{dead_letter_id}/discard',
  'post /v1/dead-letters/{dead_letter_id}/retry',
  'post /v1/leaderboards/rebuild',
  'post /v1/orders',
  'post /v1/orders/{order_id}/cancel',
  'post /v1/orders/{order_id}/pay',
  'post /v1/products',
  'post /v1/products/{product_id}/purchase',
  'post /v1/products/{product_id}/stock-adjustments',
  'post /v1/replays',
  'post /v1/replays/{replay_id}/activate',
  'post /v1/replays/{replay_id}/rollback',
  'put /v1/customers/{customer_id}',
];
