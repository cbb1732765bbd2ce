// What the payment worker believes of the gateway's answers, over real HTTP.
import { afterEach, describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { createGatewayClient } from '../../consumers/payments/gateway.ts';
import type { Gateway } from '../../consumers/payments/gateway.ts';
import { createGateway } from '../../stack/gateway/app.ts';
import type { Behaviour } from '../../stack/gateway/behaviour.ts';
import { openRecord } from '../../stack/gateway/record.ts';

const secret = 'the secret of a test';
const job = { attempt_id: 'a-1', order_id: 'order-1', customer_id: 'ada', total: { amount: 1999, currency: 'USD' } };
const never = new AbortController().signal;
const open: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});

async function clientOf(behaviour: Partial<Behaviour> = {}, itsSecret = secret): Promise<Gateway> {
  const quick = { latency_ms: 0, latency_jitter_ms: 0, success_rate: 1 };
  const app = createGateway({ secret: itsSecret, record: openRecord(null), behaviour: { ...quick, ...behaviour } });
  open.push(app);
  const gatewayUrl = await app.listen({ port: 0, host: '127.0.0.1' });
  return createGatewayClient({
    gatewayUrl,
    gatewaySecret: secret,
    gatewayTimeoutMs: 1_500,
    gatewayAnswerBytesMax: 65_536,
  });
}

test('a capture, asked again, looked up: one and the same', async () => {
  const client = await clientOf();
  const first = await client.charge(job, never);
  expect(first).toMatchObject({ kind: 'captured', amount: job.total });
  expect(await client.charge(job, never)).toEqual(first);
  expect(await client.lookUp(job, never)).toEqual(first);
});

test('a decline has its reason, and an attempt that never came is unknown', async () => {
  const client = await clientOf({ success_rate: 0 });
  expect(await client.lookUp(job, never)).toEqual({ kind: 'unknown' });
  expect(await client.charge(job, never)).toEqual({ kind: 'declined', reason: 'card_declined' });
});

test('what was voided is declined from then on', async () => {
  const client = await clientOf();
  await client.charge(job, never);
  expect(await client.void(job, never)).toEqual({ kind: 'declined', reason: 'voided' });
  expect(await client.charge(job, never)).toEqual({ kind: 'declined', reason: 'voided' });
});

describe('an answer is not believed', () => {
  test.each([
    ['unsigned', { orders: { 'order-1': 'unsigned' } }, 'unsigned'],
    ['about another amount', { orders: { 'order-1': 'wrong_amount' } }, 'wrong_amount'],
    ['an error', { orders: { 'order-1': 'error' } }, 'status'],
    ['none', { orders: { 'order-1': 'hang' } }, 'timeout'],
    ['lost', { orders: { 'order-1': 'lost' } }, 'broken'],
  ] as const)('that is %s', async (_name, behaviour, fault) => {
    const client = await clientOf(behaviour);
    await expect(client.charge(job, never)).rejects.toMatchObject({ name: 'GatewayError', fault });
  });

  test('that somebody else has signed, not even that there is no such attempt', async () => {
    const client = await clientOf({}, 'the secret of somebody else');
    await expect(client.charge(job, never)).rejects.toMatchObject({ fault: 'unsigned' });
    await expect(client.lookUp({ ...job, attempt_id: 'a-2' }, never)).rejects.toMatchObject({ fault: 'unsigned' });
  });
});

test('the same attempt for another amount is refused, which no retry changes', async () => {
  const client = await clientOf();
  await client.charge(job, never);
  const other = { ...job, total: { amount: 5, currency: 'USD' } };
  await expect(client.charge(other, never)).rejects.toMatchObject({ fault: 'refused' });
});

test('whoever stops it hears why', async () => {
  const client = await clientOf({ orders: { 'order-1': 'hang' } });
  const stop = new AbortController();
  const charge = client.charge(job, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(charge).rejects.toThrow('stopped');
});

test('an answer that does not end is read no further than the limit', async () => {
  const app = fastify();
  open.push(app);
  app.post('/v1/charges', (_request, reply) => reply.type('text/html').send(Readable.from(endless())));
  const gatewayUrl = await app.listen({ port: 0, host: '127.0.0.1' });
  const client = createGatewayClient({
    gatewayUrl,
    gatewaySecret: secret,
    gatewayTimeoutMs: 10_000,
    gatewayAnswerBytesMax: 65_536,
  });
  await expect(client.charge(job, never)).rejects.toMatchObject({ fault: 'malformed' });
});

function* endless(): Generator<string> {
  for (;;) yield '<p>maintenance</p>'.repeat(100);
}
