// A writer that is gone, dead or only silent: its callers are told 202 and where to look, and another one takes over.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LedgerProcess, Reply, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { judge } from '../support/ledger-log.ts';
import { eventually } from '../support/servers.ts';
import type { Way } from './support.ts';
import { endInOrder, timed, untilHolds, ways } from './support.ts';

/** One for each partition and some more, so that a writer that is gone is missed. */
const products = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu', 'hen'];
const takenOverMsMax = 12_000;

let ledger: TestLedger;
let service: LedgerProcess;

beforeAll(async () => {
  ledger = await prepareLedger('writer');
  service = await ledger.start('api,projector');
}, 180_000);

afterAll(async () => {
  try {
    await endInOrder(service);
    expect((await judge(ledger)).findings).toEqual([]);
  } finally {
    await ledger.close();
  }
}, 90_000);

describe.each(ways)('the writer %s', (way: Way) => {
  test('orders are answered 202, and decided by another writer within 12 s', async () => {
    const gone = await ledger.start('writer');
    const api = apiOf(service.url, ledger.key);
    for (const product of products) expect([201, 409]).toContain((await api.product(product, 1_000)).status);
    const heir = await ledger.start('writer');
    const order = (product: string): Promise<Reply> => timed(api.order(`${way}-${product}`, [[product, 1]]));

    const startedAt = performance.now();
    if (way === 'killed') await gone.end('SIGKILL');
    else gone.signal('SIGSTOP');
    const first = await Promise.all(products.map(order));
    const undecided = first.filter(({ status }) => status === 202);
    expect(undecided.length).toBeGreaterThan(0);
    expect(first.filter(({ status }) => status !== 201 && status !== 202)).toEqual([]);
    for (const { headers, body } of undecided) {
      expect([headers.get('location'), body['status']]).toEqual([
        `/v1/orders/${String(body['order_id'])}`,
        'UNDECIDED',
      ]);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }

    const decided = async (): Promise<boolean> =>
      (await Promise.all(products.map(order))).every(({ status }) => status === 200 || status === 201);
    await untilHolds('every order decided', decided);
    const takenOverMs = Math.round(performance.now() - startedAt);
    console.log(`the writer ${way}`, { undecided: undecided.length, takenOverMs });
    expect(takenOverMs).toBeLessThan(takenOverMsMax);

    for (const { body } of undecided) {
      const found = await eventually(() => shown(api.get(`/v1/orders/${String(body['order_id'])}`)), {
        withinMs: takenOverMsMax,
      });
      expect(found.body['status']).toBe('PENDING');
    }
    if (way === 'paused') {
      gone.signal('SIGCONT');
      await endInOrder(gone);
    }
    await endInOrder(heir);
  }, 120_000);
});

async function shown(asked: Promise<Reply>): Promise<Reply | null> {
  const reply = await asked;
  return reply.status === 200 && reply.body['status'] !== 'UNDECIDED' ? reply : null;
}
