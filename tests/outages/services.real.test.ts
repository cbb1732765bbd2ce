// What works when a server is away, dead or only silent, and that everything works again when it is back, without a
// restart of ours.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apiOf } from '../support/ledger.ts';
import { judge } from '../support/ledger-log.ts';
import { eventually } from '../support/servers.ts';
import type { Outages, Way } from './support.ts';
import { endInOrder, expectDown, expectLater, isReady, isStale, orderTea, prepareOutages } from './support.ts';
import { timed, untilAllWorks, untilHolds, ways, without } from './support.ts';

/** "At once", for what is known to be away, ms. */
const atOnceMsMax = 1_000;
let outages: Outages;

beforeAll(async () => {
  outages = await prepareOutages('outages');
}, 180_000);

afterAll(async () => {
  try {
    expect(await outages.service.end('SIGTERM')).toBe(0);
    expect((await judge(outages.ledger)).findings).toEqual([]);
  } finally {
    await outages.close();
  }
}, 90_000);

const read = () => timed(outages.api.get(`/v1/orders/${outages.placed}`));

describe.each(ways)('Kafka %s', (way: Way) => {
  test('orders 503 at once, reads may be old, SIGTERM ends in order; afterwards each key is ordered once', async () => {
    const { stack, api, ledger } = outages;
    const doomed = await ledger.start();
    const keys = [1, 2, 3, 4, 5].map((i) => `kafka-${way}-${i}`);
    const seen = await without(stack, 'kafka', way, async () => {
      const early = Promise.all(keys.map((key) => orderTea(api, key)));
      const noticedMs = await untilHolds('the outage is noticed', async () => !(await isReady(api)));
      const late = await Promise.all([...keys, `kafka-${way}-late`].map((key) => orderTea(api, key)));
      for (const reply of [...(await early), ...late]) expectLater(reply, 'dependency_down');
      const slowest = (all: typeof late): number => Math.max(...all.map(({ ms }) => ms));
      expect(slowest(late)).toBeLessThan(atOnceMsMax);

      for (const reply of [await read(), await timed(api.get('/v1/orders'))]) {
        expect([reply.status, isStale(reply)]).toEqual([200, true]);
        expect(reply.ms).toBeLessThan(atOnceMsMax);
      }
      expect(Number((await api.get('/health/ready')).headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await api.get('/health/live')).status).toBe(200);
      await expectDown(api, 'kafka');
      const endedMs = await endInOrder(doomed);
      return { noticedMs, underWayMs: slowest(await early), refusedMs: slowest(late), endedMs };
    });
    console.log(`Kafka ${way}`, { ...seen, backMs: await untilAllWorks(outages, `kafka-${way}-after`) });
    const ids = new Set<unknown>();
    for (const key of [...keys, ...keys]) {
      const { status, body } = await orderTea(api, key);
      expect([200, 201]).toContain(status);
      ids.add(body['order_id']);
    }
    expect(ids.size).toBe(keys.length);
  }, 150_000);
});

describe.each(ways)('Postgres %s', (way: Way) => {
  test('orders are taken and repeats answered, reads 503; whoever is not known by then is told to come back', async () => {
    const { stack, api, ledger } = outages;
    const forgetful = await ledger.start('api', { LEDGER_CREDENTIAL_CACHE_MS: '0' });
    const seen = await without(stack, 'postgres', way, async () => {
      const fresh = await orderTea(api, `postgres-${way}`);
      expect(fresh.status).toBe(201);
      const again = await orderTea(api, `postgres-${way}`);
      expect([again.status, again.headers.get('idempotent-replayed'), isStale(again)]).toEqual([200, 'true', true]);
      expect(again.body).toEqual({ order_id: fresh.body['order_id'], status: 'PENDING' });
      const reads = await Promise.all([read(), timed(api.get('/v1/orders')), timed(api.get('/v1/products/tea'))]);
      for (const reply of reads) expectLater(reply, 'dependency_down');
      expectLater(await orderTea(apiOf(forgetful.url, ledger.key), 'unknown'), 'dependency_down');
      expect(await isReady(api)).toBe(true);
      await expectDown(api, 'postgres');
      const adjusted = await timed(
        api.request(
          'POST',
          '/v1/products/tea/stock-adjustments',
          { delta: 1, reason: 'found' },
          { 'idempotency-key': way },
        ),
      );
      expect([adjusted.status, isStale(adjusted)]).toEqual([200, true]);
      const endedMs = await endInOrder(forgetful);
      return { endedMs, orderMs: fresh.ms, againMs: again.ms, readMs: Math.max(...reads.map(({ ms }) => ms)) };
    });
    console.log(`Postgres ${way}`, { ...seen, backMs: await untilAllWorks(outages, `postgres-${way}-after`) });
    const shown = await orderTea(api, `postgres-${way}`);
    expect([shown.status, shown.body['customer_id'] !== undefined, isStale(shown)]).toEqual([200, true, false]);
  }, 150_000);
});

describe.each(ways)('Redis %s', (way: Way) => {
  test('orders are taken, and the claims that they lack are counted', async () => {
    const { stack, api, service } = outages;
    const skipped = async (): Promise<number> => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      return Number(/^ledger_claims_skipped_total\{reason="unavailable"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    const slowestMs = await without(stack, 'redis', way, async () => {
      const before = await skipped();
      const keys = Array.from({ length: 20 }, (_, i) => `redis-${way}-${i}`);
      const replies = await Promise.all(keys.map((key) => orderTea(api, key)));
      expect(replies.map(({ status }) => status)).toEqual(keys.map(() => 201));
      expect(await skipped()).toBe(before + keys.length);
      expect((await read()).status).toBe(200);
      expect(await isReady(api)).toBe(true);
      await expectDown(api, 'redis');
      return Math.max(...replies.map(({ ms }) => ms));
    });
    console.log(`Redis ${way}`, { slowestMs, backMs: await untilAllWorks(outages, `redis-${way}-after`) });
    const after = await skipped();
    expect((await orderTea(api, `redis-${way}-claimed`)).status).toBe(201);
    expect(await skipped()).toBe(after);
  }, 90_000);
});

describe.each(ways)('registry %s', (way: Way) => {
  test('everything goes on, and a start waits for it', async () => {
    const { stack, api, ledger } = outages;
    const log: string[] = [];
    const { starting } = await without(stack, 'registry', way, async () => {
      const newcomer = ledger.start('api,writer,projector', {}, log);
      expect((await orderTea(api, `registry-${way}`)).status).toBe(201);
      expect([(await read()).status, isStale(await read())]).toEqual([200, false]);
      expect(await isReady(api)).toBe(true);
      await expectDown(api, 'registry');
      const waits = (): boolean => log.some((line) => line.includes('the schema registry does not answer'));
      await eventually(waits, { withinMs: 40_000, what: 'the start waiting' });
      return { starting: newcomer };
    });
    const backMs = await untilAllWorks(outages, `registry-${way}-after`);
    const newcomer = await starting;
    expect(await isReady(apiOf(newcomer.url, ''))).toBe(true);
    console.log(`registry ${way}`, { backMs });
    expect(await newcomer.end('SIGTERM')).toBe(0);
  }, 150_000);
});
