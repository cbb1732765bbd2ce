// A ledger that restarts from snapshots goes on as if it had read everything: it knows its stock and its keys, and the
// snapshots are what the journal makes.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { Log } from '../../src/log/port.ts';
import { auditLedger } from '../support/audit.ts';
import type { LedgerProcess, TestLedger } from '../support/ledger.ts';
import { openLog } from '../support/ledger-log.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually, servers } from '../support/servers.ts';

const partitions = 2;
const every = { LEDGER_SNAPSHOT_EVERY: '20' };
const products = ['tea', 'coffee', 'cocoa', 'milk'];

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await prepareLedger('snapshots', partitions);
}, 90_000);
afterAll(() => ledger.close(), 60_000);

test('a ledger goes on from its snapshots after a clean stop and after a crash', async () => {
  const first = await ledger.start(undefined, every);
  for (const product of products) await apiOf(first.url, ledger.key).product(product, 60);
  const placed = await orderAll(first, 'before', 40);
  expect(placed.statuses).toEqual([201]);
  await eventually(() => said(first, 'a snapshot was written').length >= partitions, { withinMs: 30_000 });
  expect(await first.end('SIGTERM')).toBe(0);

  const second = await ledger.start(undefined, every);
  expect((await rebuilt(second)).map(({ snapshot }) => snapshot > 0)).toEqual([true, true]);
  // The keys of the orders before are known, and so is what they hold.
  expect(await orderAll(second, 'before', 40)).toEqual({ ids: placed.ids, statuses: [200] });
  expect((await orderAll(second, 'after', 220)).statuses).toEqual([201, 409]);
  await second.end('SIGKILL');

  const third = await ledger.start(undefined, every);
  expect((await rebuilt(third)).map(({ snapshot }) => snapshot > 0)).toEqual([true, true]);
  expect(await orderAll(third, 'before', 40)).toEqual({ ids: placed.ids, statuses: [200] });
  for (const product of products) {
    expect((await apiOf(third.url, ledger.key).get(`/v1/products/${product}`)).body).toMatchObject({ available: 0 });
  }
  expect(await third.end('SIGTERM')).toBe(0);
  for (const process of [first, second, third]) {
    expect(said(process, 'a snapshot could not be written; the journal has everything')).toEqual([]);
    expect(said(process, 'a snapshot was discarded; the rebuild reads more of the journal')).toEqual([]);
  }
  expect(await auditLedger(ledger)).toMatchObject({ ok: true, findings: [], warnings: [], snapshots: partitions });
}, 180_000);

test('a snapshot is found when compaction has taken away what it replaced', async () => {
  await compactSoon();
  const log = openLog();
  const before = await ledger.start(undefined, every);
  for (let i = 0; (await gapsOf(log)) === 0; i += 1) {
    if (i === 90) throw new Error('nothing was compacted');
    expect((await orderAll(before, `wave-${i}`, 20)).statuses).toEqual([409]);
    await pause(1_000);
  }
  await before.end('SIGKILL');
  const after = await ledger.start(undefined, every);
  expect((await rebuilt(after)).map(({ snapshot }) => snapshot > 0)).toEqual([true, true]);
  expect((await orderAll(after, 'wave-0', 20)).statuses).toEqual([409]);
  expect(await after.end('SIGTERM')).toBe(0);
  await log.close();
  expect(await auditLedger(ledger)).toMatchObject({ ok: true, warnings: [], snapshots: partitions });
}, 240_000);

/** Has the broker compact at its next look, every 15 s, whatever there is. */
async function compactSoon(): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...servers().kafkaBrokers], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const settings = { 'cleanup.policy': 'compact', 'segment.ms': '500', 'min.cleanable.dirty.ratio': '0.001' };
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const resources = [{ type, name: `${ledger.prefix}.snapshots`, configEntries }];
  await admin.alterConfigs({ validateOnly: false, resources });
  await admin.disconnect();
}

/** Offsets of the topic of snapshots without a record, of the partition that has the fewest of them. */
async function gapsOf(log: Log): Promise<number> {
  const topic = `${ledger.prefix}.snapshots`;
  const gaps: number[] = [];
  for (const [partition, { low, high }] of await log.ends(topic)) {
    let records = 0;
    await log.read({ topic, partition, from: low, to: high }, (page) => void (records += page.length));
    gaps.push(high - records);
  }
  return Math.min(...gaps);
}

/** Places so many orders of one unit, each under a key of its own. */
async function orderAll(process: LedgerProcess, name: string, count: number) {
  const api = apiOf(process.url, ledger.key);
  const ids: unknown[] = [];
  const statuses = new Set<number>();
  for (let i = 0; i < count; i += 20) {
    const keys = Array.from({ length: 20 }, (_, n) => i + n);
    const order = (n: number) => api.order(`${name}-${n}`, [[products[n % products.length] ?? '', 1]]);
    for (const { status, body } of await Promise.all(keys.map(order))) {
      ids.push(body['order_id']);
      statuses.add(status);
    }
  }
  return { ids, statuses: [...statuses].sort() };
}

/** What it says of its partitions, once all are rebuilt: one that was killed keeps them for some seconds more. */
async function rebuilt(process: LedgerProcess): Promise<Line[]> {
  const lines = (): Line[] => said(process, 'the partition was rebuilt');
  await eventually(() => lines().length === partitions, { withinMs: 60_000, what: 'rebuilt partitions' });
  return lines();
}

interface Line {
  readonly msg: string;
  readonly snapshot: number;
}

function said(process: LedgerProcess, message: string): Line[] {
  return process.log.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === message);
}
