// Three times as many orders as the ledger can decide: whoever is let in gets a decision, everybody else is told at once
// to come back later, memory stays bounded, and all is as before when the crowd has gone.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditLedger } from '../support/audit.ts';
import type { LedgerProcess, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { judge } from '../support/ledger-log.ts';
import { disagreements } from '../support/load.ts';
import { keepAliveClient } from './keep-alive.ts';
import { watchMemory } from './memory.ts';
import type { Heard } from './open-load.ts';
import { closedLoad, countStatuses, openLoad, p99 } from './open-load.ts';
import { sized } from './sizes.ts';
import { endInOrder } from './support.ts';

const products = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu', 'hen'];
const factor = 3;
const buyers = 100;
const warmMs = 4_000;
const measureMs = 5_000;
const overloadMs = sized(15_000, 60_000);
/** Orders a second that leave the ledger idle most of the time, as a part of what it can do. */
const calm = 0.2;
const calmMs = 2_000;
/** The p99 is normal when it is no more than so many times the one before, or below what nobody notices, ms. */
const normalTimes = 2;
const unnoticedMs = 250;
const normalWithinMs = 30_000;
/** A process that kept what it cannot decide would not live with that much heap, MB; buffers and code come on top. */
const heapMbMax = 384;
const rssMbMax = 1_000;
const connectionsMax = 4_000;
const expected = ['200', '201', '409', '429', '503'];

let ledger: TestLedger;
let service: LedgerProcess;

beforeAll(async () => {
  ledger = await prepareLedger('overload');
  service = await ledger.start(undefined, { NODE_OPTIONS: `--max-old-space-size=${heapMbMax}` });
  const api = apiOf(service.url, ledger.key);
  for (const product of products) expect((await api.product(product, 1_000_000_000)).status).toBe(201);
}, 180_000);

afterAll(() => ledger.close(), 60_000);

test(
  'at three times its capacity the ledger decides what it lets in and refuses the rest',
  async () => {
    const client = keepAliveClient(service.url, ledger.key, connectionsMax);
    const load = (name: string, perSecond: number, forMs: number): Promise<readonly Heard[]> =>
      openLoad(client, products, { name, perSecond: Math.ceil(perSecond), forMs });
    await client.open(connectionsMax);
    await closedLoad(client, products, { name: 'warm', buyers, forMs: warmMs });
    const measured = await closedLoad(client, products, { name: 'measured', buyers, forMs: measureMs });
    const capacity = Math.round((measured.filter(({ status }) => status === 201).length * 1_000) / measureMs);
    const before = p99(await load('before', capacity * calm, calmMs));

    const memory = watchMemory(service.pid);
    const heard = await load('crowd', capacity * factor, overloadMs);
    const endedAt = performance.now();
    const { rssMbAtMost } = memory.stop();
    const [decided, refused] = [heard.filter(isDecided), heard.filter(({ status }) => status === 503)];
    console.log(`${factor} times ${capacity} orders/s for ${overloadMs} ms`, countStatuses(heard), {
      decidedPerS: Math.round((decided.length * 1_000) / overloadMs),
      p99Ms: {
        before,
        decided: p99(decided),
        refused: p99(refused),
        sent: Math.round(heard.reduce((most, { lateMs }) => Math.max(most, lateMs), 0)),
      },
      rssMbAtMost,
    });
    expect(client.breaks.slice(0, 10)).toEqual([]);
    expect(Object.keys(countStatuses(heard)).filter((status) => !expected.includes(status))).toEqual([]);
    expect(refused.filter(({ says }) => !says)).toEqual([]);
    expect(refused.length).toBeGreaterThan(0);
    expect(rssMbAtMost).toBeLessThan(rssMbMax);

    const limit = Math.max(unnoticedMs, before * normalTimes);
    for (let round = 1; ; round++) {
      const after = await load(`after-${round}`, capacity * calm, calmMs);
      const ms = Math.round(performance.now() - endedAt);
      const normal = p99(after) <= limit && after.every(({ status }) => status === 201);
      console.log(`${ms} ms after it`, { p99: p99(after) }, countStatuses(after));
      if (normal) break;
      expect(ms).toBeLessThan(normalWithinMs);
    }
    client.close();
    await endInOrder(service);

    const { events, findings } = await judge(ledger);
    expect(findings).toEqual([]);
    expect(
      disagreements([...measured, ...decided].filter(isDecided), events).filter((text) => !isUnasked(text)),
    ).toEqual([]);
    expect(await auditLedger(ledger, { logOnly: true })).toMatchObject({ ok: true });
  },
  sized(180_000, 300_000),
);

const isDecided = ({ status }: Heard): boolean => status === 200 || status === 201 || status === 409;

/** Buyers who gave up on a 503 may have their order all the same. */
const isUnasked = (text: string): boolean => text.startsWith('nobody was told');
