// The payment gateway killed under an open load of half of what the ledger can bring to its end: placing orders stays as
// quick as it was, nobody gives up on a payment, and everything that waited is paid, once, when the gateway is back.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { measureWhole } from '../../load-tests/bench/whole.ts';
import { startStack } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';
import { expectSoundAudit } from '../support/audit.ts';
import type { Api, LedgerProcess, TestLedger } from '../support/ledger.ts';
import { apiOf, countsByStatus, openOrders, prepareLedger, untilShown } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';
import type { KeepAliveClient } from './keep-alive.ts';
import { keepAliveClient } from './keep-alive.ts';
import type { Heard } from './open-load.ts';
import { closedLoad, countStatuses, openLoad, p99 } from './open-load.ts';
import { endInOrder } from './support.ts';

const products = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu', 'hen'];
const partitions = 8;
const buyers = 50;
const connections = 512;
const warmMs = 5_000;
const measureMs = 20_000;
const beforeMs = 30_000;
const outageMs = 60_000;
const drainMsMax = 300_000;
/** The load as a part of what comes to its end, from POST to PAID or FAILED, in a second. */
const part = 0.5;
/** Placing an order may take so many times as long as before, or what nobody notices, ms. */
const times = 2;
const unnoticedMs = 25;

/** Share of the orders that may be told to come later on a machine that has other things to do as well. */
const refusedMax = 0.01;

let gateway: Stack;
let ledger: TestLedger;
let service: LedgerProcess;
let api: Api;
let client: KeepAliveClient;

beforeAll(async () => {
  [gateway, ledger] = await Promise.all([
    startStack({ servers: ['gateway'] }),
    prepareLedger('gateway-away', partitions),
  ]);
  const { LEDGER_GATEWAY_URL, LEDGER_GATEWAY_SECRET } = gateway.env;
  service = await ledger.start('api,writer,projector,workers', { LEDGER_GATEWAY_URL, LEDGER_GATEWAY_SECRET });
  api = apiOf(service.url, ledger.key);
  client = keepAliveClient(service.url, ledger.key, connections, 'automatic');
  for (const product of products) expect((await api.product(product, 1_000_000_000)).status).toBe(201);
}, 180_000);

afterAll(async () => {
  client.close();
  await ledger.close();
  await gateway.stop();
}, 60_000);

test('with the gateway away orders are placed as before; what waits is paid when it is back, and nothing is given up', async () => {
  const perSecond = await halfOfWhatItCan();
  const before = await load('before', perSecond, beforeMs);
  const openBefore = await openOrders(api);

  await gateway.kill('gateway');
  const killedAt = performance.now();
  const breaker = breakerOpens(killedAt);
  const during = await load('during', perSecond, outageMs);
  const openedMs = await breaker;
  const waiting = await openOrders(api);

  await gateway.start('gateway');
  const backAt = performance.now();
  const after = await load('draining', perSecond, outageMs);
  const openAfter = await openOrders(api);
  await untilAllEnded();
  const drainedMs = Math.round(performance.now() - backAt);
  const seen = await figuresAtRest();
  console.log(`the gateway away for ${outageMs} ms at ${perSecond} orders/s`, {
    p99Ms: { before: p99(before), during: p99(during), draining: p99(after) },
    statuses: { before: countStatuses(before), during: countStatuses(during), draining: countStatuses(after) },
    sentLateMs: Math.round(Math.max(...[...before, ...during, ...after].map(({ lateMs }) => lateMs))),
    breakerOpenedMs: openedMs,
    open: { before: openBefore, atReturn: waiting, afterAsLong: openAfter },
    drainedMs,
    ...seen,
  });

  const limit = Math.max(unnoticedMs, times * p99(before));
  expect(p99(during)).toBeLessThanOrEqual(limit);
  // While what waited is paid there is as much to do as is possible at all; that comes out slower, and is printed.
  const rest = [...before, ...during, ...after].filter(({ status }) => status !== 201);
  expect(rest.filter(({ status, says }) => status !== 503 || !says)).toEqual([]);
  expect(shareRefused(during)).toBeLessThanOrEqual(shareRefused(before) + refusedMax);
  expect(client.breaks).toEqual([]);
  expect(seen).toMatchObject({ deadLetters: 0, parked: 0, notTerminal: 0, capturedTwice: 0 });
  expect(seen.ordersCaptured).toBe(seen.paid);
  expect(waiting).toBeGreaterThan(openBefore);
  await endInOrder(service);
  await expectSoundAudit(ledger);
}, 900_000);

/** Measures what comes to its end in a second while there is more than enough to do; answers half of it. */
async function halfOfWhatItCan(): Promise<number> {
  const target = { url: service.url, apiKey: ledger.key };
  const placeFor = (name: string, forMs: number) => closedLoad(client, products, { name, buyers, forMs });
  await placeFor('warm', warmMs);
  const whole = await measureWhole(target, 0, drainMsMax, () => placeFor('measured', measureMs));
  console.log(`${buyers} buyers`, {
    placedPerS: Math.round((whole.loaded.length * 1_000) / measureMs),
    settledPerS: Math.round(whole.settledPerS),
    drainMs: whole.drainMs === null ? null : Math.round(whole.drainMs),
  });
  expect(whole.drainMs).not.toBeNull();
  return Math.max(1, Math.floor(whole.settledPerS * part));
}

function shareRefused(heard: readonly Heard[]): number {
  return heard.filter(({ status }) => status !== 201).length / heard.length;
}

function load(name: string, perSecond: number, forMs: number): Promise<readonly Heard[]> {
  return openLoad(client, products, { name, perSecond, forMs });
}

/** How long after the gateway's end the breaker said that it is open, ms. */
async function breakerOpens(killedAt: number): Promise<number> {
  const isOpen = (): boolean => service.log.some((line) => line.includes('circuit breaker') && line.includes('"open"'));
  await eventually(isOpen, { withinMs: outageMs, what: 'the breaker open' });
  return Math.round(performance.now() - killedAt);
}

async function untilAllEnded(): Promise<void> {
  const isEnded = async (): Promise<boolean> => (await openOrders(api)) === 0;
  await eventually(isEnded, { withinMs: drainMsMax, what: 'the end of all orders' });
}

/** What became of the orders, by the ledger's books and by the gateway's own, which it has read from its file again. */
async function figuresAtRest() {
  await untilShown(api);
  const counts = await countsByStatus(api);
  const letters = (await api.get('/v1/dead-letters')).body['data'] as readonly unknown[];
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  const record = await (await fetch(`${gateway.env.LEDGER_GATEWAY_URL}/v1/record`)).json();
  const { orders_captured, captured_twice } = record as { orders_captured: number; captured_twice: readonly string[] };
  return {
    deadLetters: letters.length,
    parked: Number(/^ledger_payments_total\{outcome="parked"\} (\d+)$/m.exec(metrics)?.[1] ?? 0),
    notTerminal: await openOrders(api),
    paid: counts['PAID'] ?? 0,
    failed: counts['FAILED'] ?? 0,
    ordersCaptured: orders_captured,
    capturedTwice: captured_twice.length,
  };
}
