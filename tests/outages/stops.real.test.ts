// SIGTERM under load: whoever sent a request gets its answer, the process ends in order and in time, and nothing that
// anybody was told is lost. Clients keep their connections open and know nothing of what happens.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditLedger } from '../support/audit.ts';
import type { LedgerProcess, Reply, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { judge } from '../support/ledger-log.ts';
import type { Load } from '../support/load.ts';
import { disagreements, startLoad } from '../support/load.ts';
import { eventually, freePort } from '../support/servers.ts';
import type { KeepAliveClient } from './keep-alive.ts';
import { keepAliveClient } from './keep-alive.ts';
import { sized } from './sizes.ts';
import { endInOrder } from './support.ts';

const products = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu', 'hen'];
const buyers = 20;
/** Buyers leave some of the machine to the processes that start. */
const thinkMs = 20;
/** Orders between two ends: everybody is at work again. */
const ordersBetween = 200;
/** A service behind a client that goes round robin answers again within this, ms. */
const gapMsMax = 12_000;
/** What buyers may hear while processes come and go; 0 is a connection that was refused, with nothing sent. */
const expected = ['0', '200', '201', '202', '503'];

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await prepareLedger('stops');
}, 120_000);

afterAll(async () => {
  try {
    expect(await auditLedger(ledger)).toMatchObject({ ok: true });
  } finally {
    await ledger.close();
  }
}, 120_000);

test(
  'a process alone is ended and replaced: every request that was sent is answered',
  async () => {
    const place = await openPlace();
    const load = startLoad([place.client], products, buyers, 'alone', thinkMs);
    for (let i = 0; i < sized(2, 10); i++) {
      await enough(load);
      await place.restart();
    }
    await enough(load);
    await verify(load, [place]);
  },
  sized(180_000, 900_000),
);

test(
  'two processes are ended and replaced by turns: somebody always answers',
  async () => {
    const places = await Promise.all([openPlace(), openPlace()]);
    const load = startLoad(
      places.map(({ client }) => client),
      products,
      buyers,
      'two',
      thinkMs,
    );
    for (let i = 0; i < sized(2, 20); i++) {
      for (const place of places) {
        await enough(load);
        await place.restart();
      }
    }
    await enough(load);
    const gapMs = await verify(load, places);
    expect(gapMs).toBeLessThan(gapMsMax);
  },
  sized(240_000, 1_800_000),
);

/** Where a process listens, one after the other at the same address. */
interface Place {
  readonly client: KeepAliveClient;
  /** Refusals for now that did not say for how long. */
  readonly silent: readonly Reply[];
  /** How long the ends took, ms. */
  readonly endsMs: readonly number[];
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function openPlace(): Promise<Place> {
  const port = await freePort();
  const endsMs: number[] = [];
  const silent: Reply[] = [];
  const start = (): Promise<LedgerProcess> => ledger.start('api,writer,projector', { PORT: String(port) });
  let running = await start();
  const api = apiOf(running.url, ledger.key);
  for (const product of products) await api.product(product, 1_000_000_000);
  const client = keepAliveClient(running.url, ledger.key);
  const order: KeepAliveClient['order'] = async (key, lines) => {
    const reply = await client.order(key, lines);
    if (reply.status === 503 && !(Number(reply.headers.get('retry-after')) > 0)) silent.push(reply);
    return reply;
  };
  return {
    client: { ...client, order },
    silent,
    endsMs,
    restart: async () => {
      endsMs.push(await endInOrder(running));
      running = await start();
    },
    stop: async () => {
      client.close();
      endsMs.push(await endInOrder(running));
    },
  };
}

async function enough({ told }: Load): Promise<void> {
  const before = told.length;
  await eventually(() => told.length > before + ordersBetween, { withinMs: 60_000, what: `${ordersBetween} orders` });
}

/** Ends the load and everything else, and judges; answers the longest time without an order, ms. */
async function verify(load: Load, places: readonly Place[]): Promise<number> {
  await load.stop();
  await Promise.all(places.map((place) => place.stop()));
  const gapMs = Math.round(load.longestGapMs());
  const ends = places.flatMap(({ endsMs }) => endsMs);
  console.log(
    `${ends.length} SIGTERMs`,
    { slowestEndMs: Math.max(...ends), gapMs, orders: load.told.length },
    load.statuses,
  );
  expect(places.flatMap(({ client }) => client.breaks)).toEqual([]);
  expect(places.flatMap(({ silent }) => silent)).toEqual([]);
  expect(Object.keys(load.statuses).filter((status) => !expected.includes(status))).toEqual([]);
  const history = await judge(ledger);
  expect(history.findings).toEqual([]);
  // Of what this load was told: other loads had the same ledger.
  const unasked = /^nobody was told/;
  expect(disagreements(load.told, history.events).filter((text) => !unasked.test(text))).toEqual([]);
  return gapMs;
}
