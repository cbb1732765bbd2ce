// Who may do what: every operation of the OpenAPI document against every kind of caller. A route that is added without
// a permission, or with too small a one, is found here without anybody thinking of it.
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Body, PlayedClient } from '../http/support.ts';
import { appOf, asOperator, asService, playedClient, tokens } from '../http/support.ts';

let client: PlayedClient;
let app: FastifyInstance;
let operations: readonly Operation[];
beforeAll(async () => {
  client = playedClient();
  app = await appOf({ client });
  const { paths } = (await app.inject({ url: '/openapi.json' })).json<{ paths: Paths }>();
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      method: method.toUpperCase() as Method,
      path,
      url: path.replace('{order_id}', '0005fa3f-c0ff-8387-93e4-50ef3a7c595a').replace(/\{\w+\}/, 'a'),
      open: security.length === 0,
    })),
  );
});
afterAll(async () => {
  expect(client.submitted).toEqual([]);
  await app.close();
});

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
interface Operation {
  readonly method: Method;
  readonly path: string;
  readonly url: string;
  readonly open: boolean;
}
interface Paths {
  readonly [path: string]: { readonly [method: string]: { readonly security: readonly object[] } };
}

/** What only keys of operators may do; whatever is not named here is for services too. */
const forOperators = [
  'POST /v1/products',
  'PATCH /v1/products/{product_id}',
  'DELETE /v1/products/{product_id}',
  'POST /v1/products/{product_id}/stock-adjustments',
  'POST /v1/audits',
  'GET /v1/dead-letters',
  'GET /v1/dead-letters/{dead_letter_id}',
  'POST /v1/dead-letters/{dead_letter_id}/retry',
  'POST /v1/dead-letters/{dead_letter_id}/discard',
  'POST /v1/dead-letters/retry',
  'POST /v1/dead-letters/discard',
  'POST /v1/replays',
  'POST /v1/leaderboards/rebuild',
  'GET /v1/replays',
  'GET /v1/replays/{replay_id}',
  'GET /v1/replays/{replay_id}/diff',
  'POST /v1/replays/{replay_id}/activate',
  'POST /v1/replays/{replay_id}/rollback',
  'DELETE /v1/replays/{replay_id}',
];

const nobodies: readonly (readonly [string, { readonly [name: string]: string }])[] = [
  ['no credential', {}],
  ['an empty one', { authorization: '' }],
  ['another scheme', { authorization: `Basic ${Buffer.from(`a:${tokens.operator}`).toString('base64')}` }],
  ['a key without its scheme', { authorization: tokens.operator }],
  ['only the prefix of a key', { authorization: `Bearer ${tokens.operator.slice(0, 8)}` }],
  ['a key with one wrong character', { authorization: `Bearer ${tokens.operator.slice(0, -1)}p` }],
  ['a key in small letters', { authorization: `Bearer ${`ol_${'O'.repeat(43)}`}` }],
  ['a key and something behind it', { authorization: `Bearer ${tokens.operator} x` }],
  ['two keys in one header', { authorization: `Bearer ${tokens.operator}, Bearer ${tokens.operator}` }],
  ['a key of 10 KB', { authorization: `Bearer ol_${'o'.repeat(10_240)}` }],
  ['a key in a cookie', { cookie: `authorization=Bearer ${tokens.operator}` }],
  ['a key in another header', { 'x-api-key': tokens.operator, 'proxy-authorization': `Bearer ${tokens.operator}` }],
];

describe('every operation', () => {
  test('is behind a credential, except those of the service itself', () => {
    expect(operations.length).toBeGreaterThan(15);
    expect(operations.filter(({ open }) => open).map(({ path }) => path)).toEqual([
      '/errors',
      '/errors/{code}',
      '/health/live',
      '/health/ready',
      '/health',
      '/metrics',
    ]);
  });

  test.each(nobodies)('with %s: 401', async (_, headers) => {
    for (const { method, path, url } of operations.filter(({ open }) => !open)) {
      const answer = await app.inject({ method, url, headers });
      expect([method, path, answer.statusCode, answer.json<Body>().code]).toEqual([
        method,
        path,
        401,
        'unauthenticated',
      ]);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });

  test('with the key in its query: 401', async () => {
    for (const { method, path, url } of operations.filter(({ open }) => !open)) {
      const answer = await app.inject({ method, url: `${url}?api_key=${tokens.operator}&key=${tokens.operator}` });
      expect([method, path, answer.statusCode]).toEqual([method, path, 401]);
      expect(answer.payload).not.toContain(tokens.operator);
    }
  });

  test('for operators is 403 for a service, and no other is', async () => {
    for (const { method, path, url } of operations.filter(({ open }) => !open)) {
      const { statusCode } = await app.inject({ method, url: `${url}?x=1`, headers: asService });
      expect([method, path, statusCode === 403]).toEqual([method, path, forOperators.includes(`${method} ${path}`)]);
      expect([
        method,
        path,
        (await app.inject({ method, url: `${url}?x=1`, headers: asOperator })).statusCode,
      ]).not.toEqual([method, path, 403]);
    }
  });
});

describe('ways around a path or a method', () => {
  test.each([
    '/v1//orders',
    '//v1/orders',
    '/V1/orders',
    '/v1/Orders',
    '/v1/orders;a=b',
    '/v1%2forders',
    '/v1/orders%00',
    '/v1/orders.json',
    '/docs/static/..%2f..%2fpackage.json',
    '/.git/config',
    '/.env',
    '/v0/orders',
    '/v2/orders',
    '/health/details',
    '/admin',
  ])('%s leads nowhere', async (url) => {
    const answer = await app.inject({ url, headers: asOperator });
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([404, 'not_found']);
  });

  test.each(['TRACE', 'OPTIONS', 'PUT', 'LOCK', 'QUERY'] as const)(
    '%s is no method of an address without it',
    async (method) => {
      const having = new Set(operations.filter((one) => one.method === method).map(({ path }) => path));
      expect([...having]).toEqual(method === 'PUT' ? ['/v1/customers/{customer_id}'] : []);
      for (const { path, url } of operations.filter((one) => !having.has(one.path))) {
        const answer = await app.inject({ method, url, headers: asOperator });
        expect([path, answer.statusCode]).toEqual([path, 405]);
        expect(String(answer.headers.allow)).not.toContain(method);
      }
    },
  );

  test('HEAD says what GET would, without the body', async () => {
    const answer = await app.inject({ method: 'HEAD', url: '/v1/orders', headers: asOperator });
    expect([answer.statusCode, answer.payload]).toEqual([200, '']);
    expect((await app.inject({ method: 'HEAD', url: '/v1/orders' })).statusCode).toBe(401);
  });
});
