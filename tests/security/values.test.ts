// Values that were made to be taken for something else: by the parser, by a regular expression, by the log. What must
// not pass is refused before the ledger; what may pass reaches it as exactly what was sent.
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { adjustStockBody, changeProductBody, createProductBody, placeOrderBody } from '../../src/http/schemas.ts';
import type { Body, PlayedClient } from '../http/support.ts';
import { appOf, asOperator, playedClient } from '../http/support.ts';

let client: PlayedClient;
let app: FastifyInstance;
beforeEach(async () => {
  client = playedClient();
  app = await appOf({ client });
});
afterEach(() => app.close());

/** Nobody decides, so what is acceptable is answered 202. */
function post(url: string, payload: string) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'k', prefer: 'respond-async' };
  return app.inject({ method: 'POST', url, headers: { ...asOperator, ...headers }, payload });
}

const ofQuantity = (quantity: string) => `{"lines":[{"product_id":"a","quantity":${quantity}}]}`;

describe('quantities', () => {
  test.each(['NaN', 'Infinity', '0x10', '01', '+1', '1_0', '.5', '1.', "'1'", '1n'])('%s is no JSON', async (text) => {
    const answer = await post('/v1/orders', ofQuantity(text));
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([400, 'malformed_json']);
  });

  test.each(['1.0000000001', '1e-1', '-0', '1e7', '-1e309', '{"valueOf":1}', '"1"', '[1]', 'true', 'null', '""'])(
    '%s is no quantity',
    async (text) => {
      const answer = await post('/v1/orders', ofQuantity(text));
      expect([answer.statusCode, answer.json<Body>().code]).toEqual([422, 'validation_failed']);
      expect(client.submitted).toEqual([]);
    },
  );

  test.each(['1e0', '1.0', '0.1e1'])('%s is the integer 1, as JSON has it', async (text) => {
    expect((await post('/v1/orders', ofQuantity(text))).statusCode).toBe(202);
    expect(client.submitted[0]?.command.data).toMatchObject({ lines: [{ quantity: 1 }] });
  });

  test('of two members with one name the last counts, for the order and for its fingerprint', async () => {
    await post('/v1/orders', '{"lines":[{"product_id":"a","quantity":1}],"lines":[{"product_id":"a","quantity":2}]}');
    await post('/v1/orders', ofQuantity('2'));
    const [twice, once] = client.submitted;
    expect(twice?.command.data).toMatchObject({ lines: [{ quantity: 2 }] });
    expect(twice?.command.meta.fingerprint).toEqual(once?.command.meta.fingerprint);
  });
});

describe('members that nobody may set', () => {
  test.each([
    ['/v1/orders', { lines: [{ product_id: 'a', quantity: 1 }] }],
    ['/v1/products/a/purchase', { quantity: 1 }],
    ['/v1/products', { name: 'A', price: { amount: 1, currency: 'USD' }, stock: 1 }],
    ['/v1/products/a/stock-adjustments', { delta: 1, reason: 'r' }],
  ])('%s refuses each of them', async (url, good) => {
    for (const name of ['status', 'total', 'user_id', 'role', 'version', 'isAdmin', 'order_id', 'held', 'source']) {
      const answer = await post(url, JSON.stringify({ ...good, [name]: 1 }));
      expect([name, answer.statusCode]).toEqual([name, 422]);
      expect(answer.json<Body>().errors).toEqual([{ detail: 'is not a known member', pointer: `#/${name}` }]);
    }
    expect(client.submitted).toEqual([]);
  });
});

describe('names of the prototype', () => {
  afterAll(() => {
    for (const name of ['admin', 'polluted', 'x']) expect(Reflect.get({}, name)).toBeUndefined();
  });

  test.each([
    '{"__proto__":{"admin":true}}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"lines":[{"product_id":"a","quantity":1,"__proto__":{"admin":true}}]}',
    '{"lines":[{"product_id":"a","quantity":1}],"metadata":{"__proto__":{"admin":"1"}}}',
    '{"lines":[{"product_id":"a","quantity":1}],"metadata":{"\\u005f_proto__":"1"}}',
  ])('%s', async (body) => {
    const answer = await post('/v1/orders', body);
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([400, 'malformed_json']);
  });

  test.each(['?__proto__[x]=1', '?a[__proto__][x]=1', '?constructor[prototype][x]=1', '?__proto__=1'])(
    'a query %s',
    async (query) => {
      expect((await app.inject({ url: `/v1/orders${query}`, headers: asOperator })).statusCode).toBe(422);
    },
  );

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '%s is a product id like any other',
    async (id) => {
      const answer = await post('/v1/orders', `{"lines":[{"product_id":"${id}","quantity":1}]}`);
      expect(answer.statusCode).toBe(202);
      expect(client.submitted[0]?.command.data).toMatchObject({ lines: [{ product_id: id, quantity: 1 }] });
      expect((await app.inject({ url: `/v1/products/${id}`, headers: asOperator })).statusCode).toBe(404);
    },
  );
});

describe('deep and long values take no time', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  test.each([100, 100_000])('JSON that is %i deep', async (depth) => {
    for (const body of [nested(depth), `{"lines":${nested(depth)}}`, `{"metadata":{"a":${nested(depth)}}}`]) {
      const started = performance.now();
      expect((await post('/v1/orders', body)).statusCode).toBe(422);
      expect(performance.now() - started).toBeLessThan(msMax);
    }
  });

  test('every pattern of the document', async () => {
    const { paths } = (await app.inject({ url: '/openapi.json' })).json<{ paths: object }>();
    const patterns = new Set([
      ...patternsIn(paths),
      ...[placeOrderBody, createProductBody, changeProductBody, adjustStockBody].flatMap(patternsIn),
    ]);
    expect(patterns.size).toBeGreaterThan(6);
    for (const pattern of patterns) {
      const match = new RegExp(pattern, 'u');
      for (const text of hostile) {
        const started = performance.now();
        match.test(text);
        expect({ pattern, text: text.slice(0, 8), late: performance.now() - started > 50 }).toMatchObject({
          late: false,
        });
      }
    }
  });

  /** Generous: a request of this size takes a millisecond or two. */
  const msMax = 500;
  const hostile = ['a', '0', '1:1,', '1:1 ,', '"', '"a",', 'W/"', '"a" \t', ' ', '\t,', '2024-02-29', 'é', '-'].map(
    (part) => `${part.repeat(50_000 / part.length)}!`,
  );
});

describe('text', () => {
  test.each(['price;DROP TABLE orders', "' OR 1=1--", '%', '1 UNION SELECT 1'])('a query of %s', async (text) => {
    for (const name of ['status', 'customer_id', 'product_id', 'from', 'sort', 'cursor']) {
      const url = `/v1/orders?${name}=${encodeURIComponent(text)}`;
      const status = name === 'cursor' ? 400 : 422;
      expect([name, (await app.inject({ url, headers: asOperator })).statusCode]).toEqual([name, status]);
    }
  });

  test.each(['\r\nSet-Cookie: a=b', '\u001b[2J', '{"level":60}', 'a b', '<script>', 'x'.repeat(65), 'short'])(
    'a trace called %j is not taken over',
    async (trace) => {
      const answer = await app.inject({ url: '/v1/nothing', headers: { 'x-trace-id': trace } });
      expect(answer.headers['x-trace-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.payload).not.toContain(trace);
    },
  );
});

function patternsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'pattern' && typeof member === 'string' ? [member] : patternsIn(member),
  );
}
