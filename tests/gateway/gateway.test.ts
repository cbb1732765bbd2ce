// The simulated gateway: one result for each attempt, signed answers, and every fault that tests rely on.
import { afterEach, expect, test } from '@jest/globals';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createGateway, sign, signatureHeader } from '../../stack/gateway/app.ts';
import { openRecord } from '../../stack/gateway/record.ts';
import type { PaymentRecord } from '../../stack/gateway/record.ts';

const secret = 'a secret of the test';
const open: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});

function gatewayOf(behaviour: object = {}, record: PaymentRecord = openRecord(null)): FastifyInstance {
  const quick = { latency_ms: 0, latency_jitter_ms: 0, success_rate: 1 };
  const app = createGateway({ secret, record, behaviour: { ...quick, ...behaviour } });
  open.push(app);
  return app;
}

const chargeOf = (attempt_id: string, order_id = `order-${attempt_id}`, amount = 1999) => ({
  method: 'POST' as const,
  url: '/v1/charges',
  body: { attempt_id, order_id, customer_id: 'ada', amount: { amount, currency: 'USD' } },
});

test('a charge is captured once, however often and at whatever the same time it is asked for', async () => {
  const app = gatewayOf({ latency_ms: 5 });
  const answers = await Promise.all(Array.from({ length: 20 }, () => app.inject(chargeOf('a-1'))));
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  expect(answers[0]?.json()).toMatchObject({ attempt_id: 'a-1', status: 'captured', amount: { amount: 1999 } });
  const record = await app.inject('/v1/record');
  expect(record.json()).toEqual({ captured: 1, declined: 0, voided: 0, orders_captured: 1, captured_twice: [] });
});

test('its record tells of an order that was captured under two attempts', async () => {
  const app = gatewayOf();
  await app.inject(chargeOf('a-1', 'order-1'));
  await app.inject(chargeOf('a-2', 'order-1'));
  expect((await app.inject('/v1/record')).json()).toMatchObject({ captured: 2, captured_twice: ['order-1'] });
});

test('an attempt cannot be used again for another order or amount', async () => {
  const app = gatewayOf();
  await app.inject(chargeOf('a-1', 'order-1'));
  expect((await app.inject(chargeOf('a-1', 'order-2'))).statusCode).toBe(409);
  expect((await app.inject(chargeOf('a-1', 'order-1', 5))).statusCode).toBe(409);
});

test('answers are signed with the shared secret, those about unknown attempts too', async () => {
  const app = gatewayOf();
  for (const answer of [await app.inject(chargeOf('a-1')), await app.inject('/v1/charges/nobody')]) {
    expect(answer.headers[signatureHeader]).toBe(sign(secret, answer.body));
    expect(answer.headers[signatureHeader]).not.toBe(sign('another secret', answer.body));
  }
});

test('the same seed declines the same attempts, about as many as it should', async () => {
  const ids = Array.from({ length: 400 }, (_, i) => `a-${i}`);
  const declinedBy = async (app: FastifyInstance): Promise<readonly string[]> => {
    const answers = await Promise.all(ids.map((id) => app.inject(chargeOf(id))));
    return answers.map((answer) => answer.json<{ status: string }>().status);
  };
  const first = await declinedBy(gatewayOf({ success_rate: 0.9, seed: 'one' }));
  expect(await declinedBy(gatewayOf({ success_rate: 0.9, seed: 'one' }))).toEqual(first);
  expect(await declinedBy(gatewayOf({ success_rate: 0.9, seed: 'two' }))).not.toEqual(first);
  const captured = first.filter((status) => status === 'captured').length;
  expect(captured).toBeGreaterThan(330);
  expect(captured).toBeLessThan(390);
});

test('a void takes a capture back, twice as well as once', async () => {
  const app = gatewayOf();
  await app.inject(chargeOf('a-1'));
  for (let times = 0; times < 2; times++) {
    const answer = await app.inject({ method: 'POST', url: '/v1/charges/a-1/void' });
    expect(answer.json()).toMatchObject({ status: 'voided', order_id: 'order-a-1' });
  }
  expect((await app.inject('/v1/charges/a-1')).json()).toMatchObject({ status: 'voided' });
  expect((await app.inject('/v1/record')).json()).toMatchObject({ captured: 0, voided: 1 });
});

test('a void bars an attempt that has not come yet', async () => {
  const app = gatewayOf();
  await app.inject({ method: 'POST', url: '/v1/charges/a-1/void' });
  expect((await app.inject(chargeOf('a-1'))).json()).toMatchObject({ status: 'voided' });
});

test('an error does nothing, and only to the order that it was set for', async () => {
  const app = gatewayOf();
  await app.inject({ method: 'PUT', url: '/control', body: { orders: { bad: 'error' } } });
  expect((await app.inject(chargeOf('a-1', 'bad'))).statusCode).toBe(500);
  expect((await app.inject('/v1/charges/a-1')).statusCode).toBe(404);
  expect((await app.inject(chargeOf('a-2', 'good'))).statusCode).toBe(200);
});

test('an unsigned answer has no signature, one with a wrong amount is signed', async () => {
  const app = gatewayOf({ orders: { bare: 'unsigned', wrong: 'wrong_amount' } });
  expect((await app.inject(chargeOf('a-1', 'bare'))).headers[signatureHeader]).toBeUndefined();
  const wrong = await app.inject(chargeOf('a-2', 'wrong'));
  expect(wrong.json()).toMatchObject({ amount: { amount: 2000 } });
  expect(wrong.headers[signatureHeader]).toBe(sign(secret, wrong.body));
});

test('a lost answer was captured, a hanging one was not, and while it is down it does nothing', async () => {
  const app = gatewayOf({ orders: { lost: 'lost', hangs: 'hang' } });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const charge = (attempt: string, order: string, ms = 5_000): Promise<Response> =>
    fetch(`${url}/v1/charges`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(chargeOf(attempt, order).body),
      signal: AbortSignal.timeout(ms),
    });
  await expect(charge('a-1', 'lost')).rejects.toThrow('fetch failed');
  expect((await app.inject('/v1/charges/a-1')).json()).toMatchObject({ status: 'captured' });
  await expect(charge('a-2', 'hangs', 100)).rejects.toThrow(/timeout/i);
  expect((await app.inject('/v1/charges/a-2')).statusCode).toBe(404);
  await app.inject({ method: 'PUT', url: '/control', body: { down: true } });
  await expect(charge('a-3', 'any')).rejects.toThrow('fetch failed');
  await app.inject({ method: 'PUT', url: '/control', body: {} });
  expect((await app.inject('/v1/charges/a-3')).statusCode).toBe(404);
});

test('the record outlives the process, half a line does not', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gateway-test-'));
  try {
    const file = join(dir, 'attempts.jsonl');
    const first = await gatewayOf({}, openRecord(file)).inject(chargeOf('a-1'));
    await appendFile(file, '{"attempt_id":"a-2","sta');
    const second = gatewayOf({ success_rate: 0 }, openRecord(file));
    expect((await second.inject(chargeOf('a-1'))).body).toBe(first.body);
    expect((await second.inject('/v1/charges/a-2')).statusCode).toBe(404);
    await second.inject(chargeOf('a-3'));
    expect(openRecord(file).all()).toMatchObject([{ attempt_id: 'a-1' }, { attempt_id: 'a-3', status: 'declined' }]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
