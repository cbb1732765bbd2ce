// Two processes, one of which dies: the other takes over, and nothing that anybody was told is lost or doubled.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { judge } from '../support/ledger-log.ts';
import { disagreements, startLoad } from '../support/load.ts';
import { eventually } from '../support/servers.ts';

let ledger: TestLedger;
const products = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu', 'hen'];
const answeringAgainMsMax = 12_000;

beforeAll(async () => {
  ledger = await prepareLedger('takeover');
}, 90_000);

afterAll(() => ledger.close(), 60_000);

test('the writer is killed -9 under load: answering again within 12 s, nothing lost, nothing twice', async () => {
  const doomed = await ledger.start();
  const survivor = await ledger.start();
  const api = apiOf(survivor.url, ledger.key);
  for (const product of products) expect((await api.product(product, 1_000_000)).status).toBe(201);
  const load = startLoad([api], products, 20);
  await eventually(() => load.told.length > 500, { withinMs: 30_000, what: '500 orders' });

  await doomed.end('SIGKILL');
  const before = load.told.length;
  await eventually(() => load.told.length > before + 500, { withinMs: 40_000, what: '500 orders after the kill' });
  await load.stop();

  const history = await judge(ledger);
  console.log(
    `kill -9: longest gap ${Math.round(load.longestGapMs())} ms, ${load.told.length} orders, answers`,
    load.statuses,
  );
  expect(history.findings).toEqual([]);
  expect(disagreements(load.told, history.events)).toEqual([]);
  expect(load.longestGapMs()).toBeLessThan(answeringAgainMsMax);
  await survivor.end('SIGTERM');
}, 180_000);

test('every role is restarted in turn, and no order that was answered is lost', async () => {
  const roles = ['api', 'writer', 'projector'] as const;
  const processes = new Map(await Promise.all(roles.map(async (role) => [role, await ledger.start(role)] as const)));
  const first = apiOf(processes.get('api')?.url ?? '', ledger.key);
  const placed = await first.order('before-restarts', [['ant', 1]]);
  expect(placed.status).toBe(201);
  for (const role of roles) {
    expect(await processes.get(role)?.end('SIGTERM')).toBe(0);
    processes.set(role, await ledger.start(role));
  }
  const api = apiOf(processes.get('api')?.url ?? '', ledger.key);
  const again = await eventually(
    async () => {
      const reply = await api.order('before-restarts', [['ant', 1]]);
      return reply.status === 200 ? reply : null;
    },
    { withinMs: 20_000, what: 'the repeated order' },
  );
  expect(again?.body['order_id']).toBe(placed.body['order_id']);
  expect((await api.order('after-restarts', [['ant', 1]])).status).toBe(201);
  expect((await judge(ledger)).findings).toEqual([]);
}, 180_000);
