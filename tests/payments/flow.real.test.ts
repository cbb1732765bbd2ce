// Payments end to end on real servers: what becomes of orders, whatever the gateway answers.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Api, LedgerProcess, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';
import type { TestGateway } from './support.ts';
import { auditAtRest, openGateway, place, reaches, stockOf } from './support.ts';

jest.setTimeout(180_000);
let ledger: TestLedger;
let gateway: TestGateway;
let service: LedgerProcess;
let api: Api;
beforeAll(async () => {
  gateway = await openGateway();
  ledger = await prepareLedger('payments');
  service = await ledger.start('api,writer,projector,workers', gateway.env);
  api = apiOf(service.url, ledger.key);
});
afterAll(async () => {
  await ledger.close();
  await gateway.close();
});

const captures = (order: string): number =>
  gateway.attempts(order).filter(({ status }) => status === 'captured').length;
const figures = async (): Promise<string> => {
  const answer = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${ledger.key}` } });
  return answer.text();
};

test('an automatic order is paid, its units are sold, and it was captured once', async () => {
  await api.product('paid', 5);
  const order = await place(api, 'paid');
  await reaches(api, order, 'PAID');
  expect(gateway.attempts(order)).toMatchObject([{ status: 'captured', amount: { amount: 450, currency: 'USD' } }]);
  expect(await stockOf(api, 'paid')).toEqual({ on_hand: 4, held: 0 });
});

test('an order of many products, wherever they live, is paid as one', async () => {
  const products = ['many-a', 'many-b', 'many-c', 'many-d', 'many-e'];
  for (const product of products) await api.product(product, 5);
  const lines = products.map((product_id) => ({ product_id, quantity: 2 }));
  const reply = await api.request('POST', '/v1/orders', { lines }, { 'idempotency-key': 'many' });
  expect(reply.status).toBe(201);
  const order = String(reply.body['order_id']);
  await reaches(api, order, 'PAID');
  expect(gateway.attempts(order)).toMatchObject([{ status: 'captured', amount: { amount: 4_500, currency: 'USD' } }]);
  for (const product of products) {
    const sold = async () => (await stockOf(api, product)).on_hand === 3 && (await stockOf(api, product)).held === 0;
    await eventually(sold, { withinMs: 10_000, what: `the sale of ${product}` });
  }
});

test('a declined payment fails the order and gives the stock back', async () => {
  await api.product('declined', 5);
  await gateway.behave({ success_rate: 0 });
  const order = await place(api, 'declined');
  await reaches(api, order, 'FAILED');
  expect((await api.get(`/v1/orders/${order}`)).body['status_reason']).toBe('card_declined');
  expect(await stockOf(api, 'declined')).toEqual({ on_hand: 5, held: 0 });
  await gateway.behave({});
});

test('a manual order is not paid before somebody asks for it', async () => {
  await api.product('manual', 5);
  const manual = await place(api, 'manual', { payment: 'manual' });
  // One that came later is through: the worker has passed the manual one by.
  await reaches(api, await place(api, 'manual'), 'PAID');
  expect((await api.get(`/v1/orders/${manual}`)).body['status']).toBe('PENDING');
  expect(gateway.attempts(manual)).toEqual([]);
});

describe('an answer of the gateway', () => {
  test.each([
    ['comes too late', { late: 0.6 }],
    ['gets lost after the capture', { lost: 0.6 }],
    ['never comes', { hang: 0.4 }],
    ['is an error', { error: 0.4 }],
  ] as const)('%s: every order is paid all the same, and captured once', async (name, faults) => {
    const product = `product-${name.replaceAll(' ', '-')}`;
    await api.product(product, 50);
    await gateway.behave({
      late_ms: 2_000,
      faults: { error: 0, hang: 0, late: 0, lost: 0, unsigned: 0, wrong_amount: 0, ...faults },
    });
    const orders = await Promise.all(Array.from({ length: 8 }, () => place(api, product)));
    for (const order of orders) {
      const over = async () => captures(order) === 1 || (await letterOf(order))?.status === 'parked';
      await eventually(over, { withinMs: 60_000, what: `the end of ${order}` });
    }
    await gateway.behave({});
    // What failed too often is parked by now, and is tried again.
    await eventually(
      async () => {
        await api.request('POST', '/v1/dead-letters/retry', { dry_run: false });
        for (const order of orders) await reaches(api, order, 'PAID', 2_000);
        return true;
      },
      { withinMs: 60_000, what: 'all orders paid' },
    );
    expect(orders.map(captures)).toEqual(orders.map(() => 1));
  });

  test.each(['unsigned', 'wrong_amount'] as const)('that is %s changes nothing, and is counted', async (fault) => {
    const product = `strange-${fault.replace('_', '-')}`;
    await api.product(product, 5);
    const order = await placeWith(product, fault);
    const found = async () => letterOf(order);
    if (fault === 'wrong_amount') {
      expect(await eventually(found, { withinMs: 30_000 })).toMatchObject({
        consumer: 'payments',
        status: 'parked',
        attempts: 4,
      });
      expect(await stockOf(api, product)).toEqual({ on_hand: 5, held: 1 });
    } else await reaches(api, order, 'PAID');
    expect(await figures()).toContain(`ledger_gateway_strange_answers_total{fault="${fault}"}`);
    expect(captures(order)).toBe(1);
    await gateway.behave({});
  });
});

/** An order whose every charge meets this fault. */
async function placeWith(product: string, fault: 'error' | 'unsigned' | 'wrong_amount'): Promise<string> {
  // All charges fail until the order's id is known: its payment does not begin before that.
  const manual = await place(api, product, { payment: 'manual' });
  await gateway.behave({ orders: { [manual]: fault } });
  await api.request('POST', `/v1/orders/${manual}/pay`);
  return manual;
}

async function letterOf(order: string): Promise<{ readonly [name: string]: unknown } | null> {
  const { body } = await api.get(`/v1/dead-letters?order_id=${order}`);
  const [letter] = body['data'] as { readonly [name: string]: unknown }[];
  return letter ?? null;
}

describe('a payment that fails by itself', () => {
  let order = '';
  beforeAll(async () => {
    await api.product('parked', 10);
    order = await placeWith('parked', 'error');
    await eventually(() => letterOf(order), { withinMs: 30_000, what: 'the dead letter' });
  });

  test('is parked after its retries, holds its stock, and others go on', async () => {
    expect(await letterOf(order)).toMatchObject({ status: 'parked', attempts: 4, order_id: order });
    expect((await api.get(`/v1/orders/${order}`)).body['status']).toBe('PROCESSING');
    await reaches(api, await place(api, 'parked'), 'PAID');
    expect(await stockOf(api, 'parked')).toEqual({ on_hand: 9, held: 1 });
  });

  test('is counted before anything is done about it', async () => {
    const answer = await api.request('POST', '/v1/dead-letters/discard', { consumer: 'payments', dry_run: true });
    expect([answer.status, answer.body]).toEqual([200, { count: expect.any(Number), dry_run: true }]);
    expect(Number(answer.body['count'])).toBeGreaterThanOrEqual(1);
    expect(await letterOf(order)).toMatchObject({ status: 'parked' });
  });

  test('is tried again when somebody asks, and parked again when it fails again', async () => {
    const id = String((await letterOf(order))?.['dead_letter_id']);
    const answer = await api.request('POST', `/v1/dead-letters/${id}/retry`, { reason: 'once more' });
    expect([answer.status, answer.body['reason']]).toEqual([200, 'once more']);
    const again = async () => ((await letterOf(order))?.['attempts'] === 8 ? letterOf(order) : null);
    expect(await eventually(again, { withinMs: 30_000 })).toMatchObject({ status: 'parked', dead_letter_id: id });
    expect(captures(order)).toBe(0);
  });

  test('is paid when the gateway has come to its senses', async () => {
    await gateway.behave({});
    const id = String((await letterOf(order))?.['dead_letter_id']);
    expect((await api.request('POST', `/v1/dead-letters/${id}/retry`)).status).toBe(200);
    await reaches(api, order, 'PAID');
    await eventually(async () => (await letterOf(order))?.['status'] === 'resolved', { withinMs: 10_000 });
    expect(captures(order)).toBe(1);
    expect((await api.request('POST', `/v1/dead-letters/${id}/retry`)).body['code']).toBe('not_parked');
  });
});

test('discarding takes back what was captured, fails the order, and gives the stock back', async () => {
  await api.product('discarded', 5);
  const order = await placeWith('discarded', 'wrong_amount');
  await eventually(() => letterOf(order), { withinMs: 30_000 });
  expect(captures(order)).toBe(1);
  await gateway.behave({});
  const id = String((await letterOf(order))?.['dead_letter_id']);
  const discard = await ledger.run(['dead-letters', 'discard', id, '--reason', 'customer called off', '--yes']);
  expect(discard).toMatchObject({ code: 0, output: expect.stringContaining('1 dead letter is being discarded.') });
  await reaches(api, order, 'FAILED');
  expect((await api.get(`/v1/orders/${order}`)).body['status_reason']).toBe('abandoned');
  expect(gateway.attempts(order)).toMatchObject([{ status: 'voided' }]);
  expect(await stockOf(api, 'discarded')).toEqual({ on_hand: 5, held: 0 });
  await eventually(async () => (await letterOf(order))?.['status'] === 'discarded', { withinMs: 10_000 });
  expect((await ledger.run(['dead-letters', 'show', id])).output).toContain('customer called off');
});

test('after all that the audit finds nothing', async () => {
  await auditAtRest(ledger);
  expect(gateway.record.summary().captured_twice).toEqual([]);
});
