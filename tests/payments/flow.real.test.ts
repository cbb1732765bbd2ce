// Payments end to end on real servers: what becomes of orders, whatever the gateway does.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Api, LedgerProcess, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import type { TestGateway } from './support.ts';
import { openGateway, place, reaches, stockOf } from './support.ts';

jest.setTimeout(120_000);
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

test('an automatic order is paid, its units are sold, and it was captured once', async () => {
  await api.product('paid', 5);
  const order = await place(api, 'paid');
  await reaches(api, order, 'PAID');
  expect(gateway.attempts(order)).toMatchObject([{ status: 'captured', amount: { amount: 450, currency: 'USD' } }]);
  expect(await stockOf(api, 'paid')).toEqual({ on_hand: 4, held: 0 });
});
