// One order at a time, and the network does one thing to one Produce of it, on its way into the log or into the
// journal: the caller gets one order, the log holds one, and nothing is written twice where reading would have told.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { topicsOf } from '../../schemas/topics.ts';
import type { Fate, KafkaProxy } from '../support/kafka-proxy.ts';
import { openKafkaProxy } from '../support/kafka-proxy.ts';
import type { Api, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { judge } from '../support/ledger-log.ts';
import { eventually, servers } from '../support/servers.ts';

jest.setTimeout(45_000);

let ledger: TestLedger;
let proxy: KafkaProxy;
let api: Api;
let placed = 0;

beforeAll(async () => {
  const [broker = ''] = servers().kafkaBrokers;
  proxy = await openKafkaProxy(broker);
  ledger = await prepareLedger('frames', 1);
  // A silence is long enough to tell it from a slow machine, and short enough to be waited for.
  const service = await ledger.start(undefined, { KAFKA_BROKERS: proxy.broker, LEDGER_APPEND_TIMEOUT_MS: '2000' });
  api = apiOf(service.url, ledger.key);
  // The first append of a cold machine may be slower than the wait for a silence allows; it may have landed all the same.
  const isThere = async (): Promise<boolean> => [201, 409].includes((await api.product('tea', 1_000)).status);
  await eventually(isThere, { withinMs: 30_000, what: 'the product that is sold' });
}, 90_000);

afterAll(async () => {
  await ledger.close();
  await proxy.close();
}, 60_000);

const unharmed = ['lose_answer', 'mute_answer', 'cut_answer', 'cut_request'] as const;
const repeated = ['late', 'again', 'twice', 'twice_answered_late'] as const;

describe('an append to the journal', () => {
  test.each(unharmed)('that suffers %s is looked up, not repeated: nothing void is written', async (fate) => {
    const { voids } = await judge(ledger);
    await orderUnder(topicsOf(ledger.prefix).events, fate);
    await expectOneOrderEach();
    expect((await judge(ledger)).voids).toBe(voids);
  });

  test.each(repeated)('that suffers %s counts once', async (fate) => {
    const { voids } = await judge(ledger);
    await orderUnder(topicsOf(ledger.prefix).events, fate);
    await expectOneOrderEach();
    expect((await judge(ledger)).voids).toBeGreaterThan(voids);
  });
});

describe('a command on its way into the log', () => {
  test.each([...unharmed, ...repeated])('that suffers %s is one order, told as 201', async (fate) => {
    await orderUnder(topicsOf(ledger.prefix).commands, fate);
    await expectOneOrderEach();
  });

  test('that is lost twice over is 503, late twice over no order more, and 201 or 200 when asked again', async () => {
    proxy.rule(topicsOf(ledger.prefix).commands, (nth) => (nth <= 2 ? 'late' : 'pass'));
    const key = nextKey();
    const lost = await api.order(key, [['tea', 1]]);
    expect(lost.status).toBe(503);
    expect(lost.body).toMatchObject({ code: 'dependency_down' });
    await proxy.deliverLate();
    const again = await api.order(key, [['tea', 1]]);
    expect([200, 201]).toContain(again.status);
    await expectOneOrderEach();
  });

  test('that ten send at once under one key, their answers lost, is one 201 and nine 200', async () => {
    proxy.rule(topicsOf(ledger.prefix).commands, (nth) => (nth <= 3 ? 'lose_answer' : 'pass'));
    const key = nextKey();
    const replies = await Promise.all(Array.from({ length: 10 }, () => api.order(key, [['tea', 1]])));
    expect(replies.map(({ status }) => status).sort()).toEqual([...Array<number>(9).fill(200), 201]);
    expect(new Set(replies.map(({ body }) => body['order_id'])).size).toBe(1);
    await expectOneOrderEach();
  });
});

/** Orders one tea while the fate strikes the next Produce, lets another order through, then whatever is late arrives. */
async function orderUnder(topic: string, fate: Fate): Promise<void> {
  const struck = proxy.dealt()[fate] ?? 0;
  proxy.rule(topic, (nth) => (nth === 1 ? fate : 'pass'));
  const key = nextKey();
  const started = performance.now();
  const first = await api.order(key, [['tea', 1]]);
  console.log(`${topic.split('.').at(-1)}: ${fate}: ${first.status} in ${Math.round(performance.now() - started)} ms`);
  expect(first.status).toBe(201);
  expect(proxy.dealt()[fate]).toBe(struck + 1);
  expect((await api.order(nextKey(), [['tea', 1]])).status).toBe(201);
  await proxy.deliverLate();
  expect((await api.order(nextKey(), [['tea', 1]])).status).toBe(201);
  const again = await api.order(key, [['tea', 1]]);
  expect(again.status).toBe(200);
  expect(again.body['order_id']).toBe(first.body['order_id']);
}

function nextKey(): string {
  placed += 1;
  return `frame-${placed}`;
}

/** As many orders as keys, in the log and in the stock. */
async function expectOneOrderEach(): Promise<void> {
  proxy.calm();
  const atRest = async (): Promise<boolean> => (await api.get('/v1/products/tea')).body['held'] === placed;
  await eventually(atRest, { withinMs: 10_000, what: `${placed} held` });
  const { findings, events } = await judge(ledger);
  expect(findings).toEqual([]);
  expect(events.filter(({ type }) => type === 'OrderAccepted')).toHaveLength(placed);
}
