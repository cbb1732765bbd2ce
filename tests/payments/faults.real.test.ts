// Payments while things die: a worker killed between charge and record, a gateway that is down, orders nobody pays.
// Every test has a ledger of its own, because its processes are killed or its settings differ.
import { afterEach, expect, jest, test } from '@jest/globals';
import type { Api, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';
import type { TestGateway } from './support.ts';
import { auditAtRest, openGateway, place, reaches, stockOf } from './support.ts';

jest.setTimeout(240_000);
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function world(name: string): Promise<{ ledger: TestLedger; gateway: TestGateway }> {
  const gateway = await openGateway();
  open.push(gateway);
  const ledger = await prepareLedger(name);
  open.push(ledger);
  return { ledger, gateway };
}

async function letters(api: Api): Promise<unknown> {
  return (await api.get('/v1/dead-letters')).body['data'];
}

test('a worker that is killed after the charge and before the record: its successor records that charge', async () => {
  const { ledger, gateway } = await world('worker-killed');
  const service = await ledger.start('api,writer,projector');
  const api = apiOf(service.url, ledger.key);
  await api.product('lamp', 20);
  const orders = await Promise.all(Array.from({ length: 6 }, () => place(api, 'lamp')));
  for (const nth of [1, 2]) {
    const worker = await ledger.start('workers', { ...gateway.env, CRASH_AT: `charge:${nth}` });
    await eventually(() => worker.killedBy() === 'SIGKILL', { withinMs: 60_000, what: 'the end of the worker' });
  }
  expect(gateway.record.summary().captured).toBeGreaterThanOrEqual(1);
  await ledger.start('workers', gateway.env);
  for (const order of orders) await reaches(api, order, 'PAID', 60_000);
  expect(gateway.record.summary()).toMatchObject({ captured: 6, orders_captured: 6, captured_twice: [] });
  expect(await letters(api)).toEqual([]);
  expect(await stockOf(api, 'lamp')).toEqual({ on_hand: 14, held: 0 });
  await auditAtRest(ledger);
});

test('while the gateway is down orders go on, nothing is given up, and everything drains when it is back', async () => {
  const { ledger, gateway } = await world('gateway-down');
  const service = await ledger.start('api,writer,projector,workers', {
    ...gateway.env,
    LEDGER_GATEWAY_BREAKER_FAILURES: '3',
    LEDGER_PAYMENT_QUEUE_MAX: '10',
  });
  const api = apiOf(service.url, ledger.key);
  await api.product('lamp', 100);
  await gateway.down();
  const orders: string[] = [];
  for (let times = 0; times < 60; times++) orders.push(await place(api, 'lamp'));
  const health = async () => (await api.get('/health')).body['roles'] as { workers: { status: string } };
  await eventually(async () => (await health()).workers.status === 'waiting', {
    withinMs: 30_000,
    what: 'the breaker',
  });
  // More probes of the gateway than a payment has attempts.
  const probes = () => service.log.filter((line) => line.includes('"state":"half_open"')).length;
  await eventually(() => probes() >= 6, { withinMs: 60_000, what: 'probes of the gateway' });
  expect(await letters(api)).toEqual([]);
  await gateway.open();
  for (const order of orders) await reaches(api, order, 'PAID', 60_000);
  expect(gateway.record.summary()).toMatchObject({ captured: 60, orders_captured: 60, captured_twice: [] });
  expect(await letters(api)).toEqual([]);
  await eventually(async () => (await health()).workers.status === 'ok', {
    withinMs: 10_000,
    what: 'a closed breaker',
  });
  await auditAtRest(ledger);
});

test('an order that nobody pays expires, and gives its stock back', async () => {
  const { ledger, gateway } = await world('sweep');
  const service = await ledger.start('api,writer,projector,workers', {
    ...gateway.env,
    LEDGER_EXPIRE_AFTER_S: '1',
    LEDGER_SWEEP_EVERY_S: '1',
    LEDGER_SWEEP_PER_S: '2',
  });
  const api = apiOf(service.url, ledger.key);
  await api.product('lamp', 10);
  const orders = [];
  for (let times = 0; times < 5; times++) orders.push(await place(api, 'lamp', { payment: 'manual' }));
  for (const order of orders) await reaches(api, order, 'EXPIRED', 60_000);
  expect(await stockOf(api, 'lamp')).toEqual({ on_hand: 10, held: 0 });
  const [first = ''] = orders;
  expect((await api.request('POST', `/v1/orders/${first}/pay`)).body['code']).toBe('not_payable');
  await auditAtRest(ledger);
});
