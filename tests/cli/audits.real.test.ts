// POST /v1/audits on the real stack: the same proof as `ledger audit`, over HTTP, and never in the way of an end.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Api, LedgerProcess, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';

let ledger: TestLedger;
let service: LedgerProcess;
let api: Api;
const stopMsMax = 10_000;

beforeAll(async () => {
  ledger = await prepareLedger('audits', 2);
  service = await ledger.start();
  api = apiOf(service.url, ledger.key);
  await api.product('tea', 5);
  expect((await api.order('tea-1', [['tea', 2]])).status).toBe(201);
}, 120_000);

afterAll(() => ledger.close(), 60_000);

test('an admin gets the report, one at a time', async () => {
  const [one, two] = await Promise.all([
    api.request('POST', '/v1/audits?at_rest=true'),
    api.request('POST', '/v1/audits'),
  ]);
  const [done, refused] = one.status === 200 ? [one, two] : [two, one];
  expect(done.body).toMatchObject({ ok: true, findings: [], unchecked: [] });
  expect([refused.status, refused.body['code']]).toEqual([503, 'overloaded']);
}, 120_000);

test('an operator may not', async () => {
  const { output } = await ledger.run(['keys', 'create', '--name', 'ops', '--role', 'operator', '--json']);
  const { key } = JSON.parse(output) as { key: string };
  expect((await apiOf(service.url, key).request('POST', '/v1/audits')).status).toBe(403);
}, 60_000);

test('it ends at its time limit, and with the service', async () => {
  // No audit is done before its program has started.
  const hasty = await ledger.start('api', { LEDGER_AUDIT_MS_MAX: '1' });
  const late = await apiOf(hasty.url, ledger.key).request('POST', '/v1/audits');
  expect([late.status, late.body['code']]).toEqual([503, 'dependency_down']);
  expect(late.body['detail']).toMatch(/not done after 1 ms/);
  await hasty.end('SIGTERM');
  const asked = api.request('POST', '/v1/audits');
  const started = performance.now();
  expect(await service.end('SIGTERM')).toBe(0);
  expect(performance.now() - started).toBeLessThan(stopMsMax);
  expect((await asked).status).not.toBe(200);
}, 120_000);
