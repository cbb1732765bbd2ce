// Buyers while the network loses, cuts, doubles and delays frames by the thousand: 0 lost, 0 twice, 0 oversold. First
// between the writer and Kafka, then between the API and Kafka.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { topicsOf } from '../../schemas/topics.ts';
import type { Fate, KafkaProxy } from '../support/kafka-proxy.ts';
import { openKafkaProxy } from '../support/kafka-proxy.ts';
import type { Api, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually, servers } from '../support/servers.ts';
import type { Sales } from './sales.ts';
import { createSales } from './sales.ts';

jest.setTimeout(180_000);

let ledger: TestLedger;
let proxy: KafkaProxy;
let sales: Sales;

/** Frames that arrive late in each of the two tests. */
const lateFrames = 1_000;
/** They come in bursts: each sends the writers to look into the journal, and a thousand looks take their time. */
const burst = 25;
/** How often each of them comes late. */
const times = 4;
const burstMsMax = 60_000;
/** Every fate, and a copy of most of what passes, to come late. */
const fates: readonly Fate[] = [
  ...(['again', 'again', 'late', 'again', 'lose_answer', 'again', 'again', 'cut_request', 'again'] as const),
  ...(['again', 'twice', 'again', 'again', 'cut_answer', 'again', 'again', 'twice_answered_late'] as const),
];

beforeAll(async () => {
  const [broker = ''] = servers().kafkaBrokers;
  proxy = await openKafkaProxy(broker);
  ledger = await prepareLedger('frames-load');
  sales = createSales(ledger);
}, 90_000);

afterAll(async () => {
  await ledger.close();
  await proxy.close();
}, 60_000);

test('the writer behind a network that loses, cuts, doubles and delays its appends', async () => {
  const api = await ledger.start('api,projector');
  const writer = await ledger.start('writer', { KAFKA_BROKERS: proxy.broker });
  await sellUnderFaults('writer', topicsOf(ledger.prefix).events, apiOf(api.url, ledger.key));
  expect(await writer.end('SIGTERM')).toBe(0);
  expect(await api.end('SIGTERM')).toBe(0);
});

test('the API behind a network that loses, cuts, doubles and delays its commands', async () => {
  const writer = await ledger.start('writer,projector');
  const api = await ledger.start('api', { KAFKA_BROKERS: proxy.broker });
  await sellUnderFaults('api', topicsOf(ledger.prefix).commands, apiOf(api.url, ledger.key));
  expect(await api.end('SIGTERM')).toBe(0);
  expect(await writer.end('SIGTERM')).toBe(0);
});

/** The late frames arrive in the middle of the sale, burst by burst. */
async function sellUnderFaults(name: string, topic: string, api: Api): Promise<void> {
  const sale = await sales.start(name, [api]);
  const started = performance.now();
  proxy.rule(topic, (nth) => fates[nth % fates.length] ?? 'pass');
  let late = 0;
  while (late < lateFrames) {
    await eventually(() => proxy.held() >= burst, { withinMs: burstMsMax, what: `${burst} frames to come late` });
    late += await proxy.deliverLate(times);
  }
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  const { told, statuses } = sale.load;
  const figures = `${told.length} orders in ${seconds} s, ${late} late frames`;
  proxy.calm();
  await proxy.deliverLate();
  const { againMs, history } = await sale.end();
  console.log(
    `${name}: ${figures}, ${history.voids} void so far, again after ${againMs} ms;`,
    proxy.dealt(),
    'answers',
    statuses,
  );
  expect(Object.keys(proxy.dealt()).sort()).toEqual([...new Set(fates)].sort());
}
