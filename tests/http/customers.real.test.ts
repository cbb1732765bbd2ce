// /v1/customers over real Postgres: who may see whom, what is kept, and that nothing is left of the erased.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { customerNames } from '../../projections/customers/queries.ts';
import { createCustomers } from '../../src/http/customers.ts';
import type { TestDatabase } from '../projections/database.ts';
import { openDatabase } from '../projections/database.ts';
import type { Body } from './support.ts';
import { appOf, asCustomer, asOperator, asService } from './support.ts';

let database: TestDatabase;
let app: FastifyInstance;
beforeAll(async () => {
  database = await openDatabase('migrated');
  app = await appOf({ customers: createCustomers(database.pool) });
});
afterAll(async () => {
  await app.close();
  await database.close();
});

const ada = { name: 'Ada Lovelace', email: 'ada@example.org', contact_point: '+44 20 7946 0018' };
const put = (id: string, body: object, headers: { readonly authorization: string } = asOperator) =>
  app.inject({ method: 'PUT', url: `/v1/customers/${id}`, headers, body });
const get = (id: string, headers: { readonly authorization: string } = asOperator) =>
  app.inject({ url: `/v1/customers/${id}`, headers });
const erase = (id: string, headers: { readonly authorization: string } = asOperator) =>
  app.inject({ method: 'DELETE', url: `/v1/customers/${id}`, headers });

describe('a customer', () => {
  test('is 201 at first and 200 afterwards, and what is left out is forgotten', async () => {
    const first = await put('ada@home', ada);
    expect([first.statusCode, first.headers.location]).toEqual([201, '/v1/customers/ada%40home']);
    expect(first.json()).toMatchObject({ customer_id: 'ada@home', ...ada });
    const second = await put('ada@home', { name: 'Ada King' });
    expect(second.statusCode).toBe(200);
    const shown = await get('ada@home');
    expect(shown.json()).toMatchObject({ name: 'Ada King', email: null, contact_point: null });
    expect(shown.json<{ created_at: string }>().created_at).toBe(first.json<{ created_at: string }>().created_at);
    expect(shown.headers['cache-control']).toBe('no-store');
  });

  test('is unknown after DELETE, which may come again, and no row has any of it', async () => {
    await put('eve', ada);
    expect(await customerNames(database.pool, ['eve', 'nobody'])).toEqual(new Map([['eve', ada.name]]));
    expect((await erase('eve')).statusCode).toBe(204);
    expect((await erase('eve')).statusCode).toBe(204);
    expect((await get('eve')).statusCode).toBe(404);
    expect(await customerNames(database.pool, ['eve'])).toEqual(new Map());
    const { rows } = await database.pool.query('SELECT * FROM ledger.customers WHERE customer_id = $1', ['eve']);
    expect(rows).toEqual([]);
  });

  test.each([
    [{ email: 'no address' }, '#/email'],
    [{ name: 'x'.repeat(256) }, '#/name'],
    [{ name: 'a\u0000b' }, '#/name'],
    [{ telephone: '1' }, '#/telephone'],
  ])('with %j is 422', async (body, pointer) => {
    const answer = await put('bob', body);
    expect(answer.statusCode).toBe(422);
    expect(answer.json<Body>().errors.map((one) => one.pointer)).toContain(pointer);
  });
});

describe("a customer's own credential", () => {
  test('reaches that customer', async () => {
    expect((await put('key-c', ada, asCustomer)).statusCode).toBe(201);
    expect((await get('key-c', asCustomer)).json()).toMatchObject(ada);
    expect((await erase('key-c', asCustomer)).statusCode).toBe(204);
  });

  test('finds nobody else, and changes nobody else', async () => {
    await put('carol', ada);
    const answers = [
      await get('carol', asCustomer),
      await put('carol', {}, asCustomer),
      await erase('carol', asCustomer),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404]);
    expect(answers[0]?.json<Body>().code).toBe('not_found');
    expect((await get('carol', asService)).json()).toMatchObject(ada);
  });
});

test('with Postgres away the answer is 503', async () => {
  const away = database.anotherPool('postgres://ledger:x@127.0.0.1:1/ledger');
  const cut = await appOf({ customers: createCustomers(away) });
  try {
    const answer = await cut.inject({ url: '/v1/customers/ada', headers: asOperator });
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([503, 'dependency_down']);
  } finally {
    await cut.close();
  }
});
