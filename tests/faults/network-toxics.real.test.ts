// A network that is slow, narrow, cut into slices, silent or broken, between the ledger and each of its servers, under
// load: orders go on where they can, and come back where they could not, and the log is clean every time.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { KafkaProxy } from '../support/kafka-proxy.ts';
import { openKafkaProxy } from '../support/kafka-proxy.ts';
import type { Api, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import type { Load } from '../support/load.ts';
import { eventually, servers } from '../support/servers.ts';
import type { Toxic, Toxiproxy, Way } from '../support/toxiproxy.ts';
import { startToxiproxy } from '../support/toxiproxy.ts';
import type { Sales } from './sales.ts';
import { createSales } from './sales.ts';

jest.setTimeout(150_000);

type Server = 'kafka' | 'postgres' | 'redis';

let ledger: TestLedger;
let sales: Sales;
let api: Api;
let proxy: KafkaProxy;
let toxiproxy: Toxiproxy;
let ways: { readonly [server in Server]: Way };

const all = ['kafka', 'postgres', 'redis'] as const;
/** Under a fault that orders survive this many are waited for, under one that stops them this many are not decided. */
const ordersUnderFault = 200;
const undecidedUnderFault = 20;
const underFaultMsMax = 60_000;

interface Trouble {
  readonly name: string;
  readonly servers: readonly Server[];
  readonly toxic: Toxic;
  /** Whether orders are decided meanwhile. */
  readonly ordersGoOn: boolean;
  /** How a reader of a product is answered meanwhile. */
  readonly reads: 'shown' | 'shown as stale' | 'refused';
}

const troubles: readonly Trouble[] = [
  { name: 'latency 20 ms, jitter 20 ms', servers: all, toxic: latency(), ordersGoOn: true, reads: 'shown' },
  { name: 'slices of about 200 bytes', servers: all, toxic: slicer(), ordersGoOn: true, reads: 'shown' },
  { name: 'bandwidth 300 KB/s', servers: all, toxic: bandwidth(), ordersGoOn: true, reads: 'shown' },
  { name: 'reset_peer', servers: ['postgres', 'redis'], toxic: resetPeer(), ordersGoOn: true, reads: 'refused' },
  { name: 'silence', servers: ['postgres', 'redis'], toxic: silence(), ordersGoOn: true, reads: 'refused' },
  { name: 'reset_peer', servers: ['kafka'], toxic: resetPeer(), ordersGoOn: false, reads: 'shown as stale' },
  { name: 'silence', servers: ['kafka'], toxic: silence(), ordersGoOn: false, reads: 'shown as stale' },
];

beforeAll(async () => {
  const { kafkaBrokers, redisUrl } = servers();
  toxiproxy = await startToxiproxy();
  ledger = await prepareLedger('toxics');
  sales = createSales(ledger);
  proxy = await openKafkaProxy(kafkaBrokers[0] ?? '');
  const databaseUrl = ledger.env['DATABASE_URL'] ?? '';
  ways = {
    kafka: await toxiproxy.open('kafka', proxy.broker),
    postgres: await toxiproxy.open('postgres', new URL(databaseUrl).host),
    redis: await toxiproxy.open('redis', new URL(redisUrl).host),
  };
  proxy.advertise(ways.kafka.address);
  const service = await ledger.start(undefined, {
    KAFKA_BROKERS: ways.kafka.address,
    DATABASE_URL: over(ways.postgres, databaseUrl),
    REDIS_URL: over(ways.redis, redisUrl),
  });
  api = apiOf(service.url, ledger.key);
}, 90_000);

afterAll(async () => {
  await ledger.close();
  await proxy.close();
  await toxiproxy.close();
}, 60_000);

test.each(troubles)('$name between the ledger and $servers', async (trouble) => {
  const { name, servers: struck, toxic, ordersGoOn, reads } = trouble;
  const saleName = `${toxic.type}-${struck.join('-')}`;
  const sale = await sales.start(saleName, [api]);
  for (const server of struck) await ways[server].spoil(toxic);
  const began = performance.now();
  await (ordersGoOn ? moreOrders(sale.load) : moreUndecided(sale.load));
  await eventually(async () => (await readOf(`${saleName}-plenty-a`)) === reads, {
    withinMs: underFaultMsMax,
    what: `a product that is ${reads}`,
  });
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  const meanwhile = { ...sale.load.statuses };
  for (const server of struck) await ways[server].clear();
  const { againMs } = await sale.end();
  console.log(
    `${name} on ${struck.join(', ')}: ${seconds} s, answering again after ${againMs} ms; meanwhile`,
    meanwhile,
  );
  expect(sale.load.statuses).not.toHaveProperty('500');
});

async function moreOrders(load: Load): Promise<void> {
  const wanted = load.told.length + ordersUnderFault;
  await eventually(() => load.told.length >= wanted, {
    withinMs: underFaultMsMax,
    what: `${ordersUnderFault} orders under the fault`,
  });
}

async function moreUndecided(load: Load): Promise<void> {
  const undecided = (): number => (load.statuses['503'] ?? 0) + (load.statuses['202'] ?? 0);
  const wanted = undecided() + undecidedUnderFault;
  await eventually(() => undecided() >= wanted, {
    withinMs: underFaultMsMax,
    what: `${undecidedUnderFault} answers that nothing is decided`,
  });
}

async function readOf(product: string): Promise<string> {
  const { status, headers } = await api.get(`/v1/products/${product}`);
  if (status === 503) return 'refused';
  if (status !== 200) return String(status);
  return headers.get('ledger-stale') === 'true' ? 'shown as stale' : 'shown';
}

function over(way: Way, url: string): string {
  const changed = new URL(url);
  changed.host = way.address;
  return changed.toString();
}

function latency(): Toxic {
  return { type: 'latency', attributes: { latency: 20, jitter: 20 } };
}

/** Bytes, bytes and microseconds. */
function slicer(): Toxic {
  return { type: 'slicer', attributes: { average_size: 200, size_variation: 100, delay: 50 } };
}

/** KB/s */
function bandwidth(): Toxic {
  return { type: 'bandwidth', attributes: { rate: 300 } };
}

function resetPeer(): Toxic {
  return { type: 'reset_peer', attributes: { timeout: 0 } };
}

/** Nothing gets through and nothing breaks. */
function silence(): Toxic {
  return { type: 'timeout', attributes: { timeout: 0 } };
}
