// `ledger events` on the real stack: what the program prints, that it follows, and how it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { topicsOf } from '../../schemas/topics.ts';
import { partitionOf } from '../../src/domain/partitioner.ts';
import type { Api, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { openLog } from '../support/ledger-log.ts';
import { eventually } from '../support/servers.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const partitions = 2;
const followMsMax = 30_000;
let ledger: TestLedger;
let api: Api;
let orderId: string;

beforeAll(async () => {
  ledger = await prepareLedger('events', partitions);
  const { url } = await ledger.start();
  api = apiOf(url, ledger.key);
  for (const product of ['tea', 'fig']) expect((await api.product(product, 5)).status).toBe(201);
  const placed = await api.order('one', [['tea', 2]]);
  orderId = String(placed.body['order_id']);
  expect((await api.order('two', [['fig', 9]])).status).toBe(409);
  await api.request('POST', `/v1/orders/${orderId}/cancel`);
}, 120_000);

afterAll(() => ledger.close(), 60_000);

interface Shown {
  readonly position: string;
  readonly at: string;
  readonly type: string | null;
  readonly cause: string | null;
  readonly actor: string;
  readonly void: boolean;
}

async function shown(...args: readonly string[]): Promise<Shown[]> {
  const { code, output } = await ledger.run(['events', '--json', ...args]);
  expect(code).toBe(0);
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Shown);
}

test('one order, one product, a place to begin, and a limit', async () => {
  const ofOrder = await shown('--order', orderId.toUpperCase());
  const types = ['StockHeld', 'OrderAccepted', 'OrderCancelled', 'StockReleased'];
  expect(ofOrder.map(({ type }) => type)).toEqual(types);
  expect(ofOrder[0]).toMatchObject({ void: false, actor: expect.stringMatching(/^key:/) });
  const home = partitionOf('tea', partitions);
  expect(ofOrder[0]?.cause).toMatch(new RegExp(`^${home}:\\d+$`));
  const ofProduct = await shown('--product', 'tea');
  expect(ofProduct.map(({ type }) => type)).toEqual([
    'ProductCreated',
    ...types.filter((type) => type !== 'OrderCancelled'),
  ]);
  const [, held] = ofProduct;
  const from = await shown('--from', held?.position ?? '', '--limit', '2');
  expect(from.map(({ position }) => position)).toEqual([ofOrder[0]?.position, ofOrder[1]?.position]);
}, 120_000);

test('all partitions by time; what counts for nothing and what cannot be read only where asked for', async () => {
  const all = await shown();
  expect(all.filter(({ type }) => type === 'LedgerOpened')).toHaveLength(partitions);
  const times = all.filter(({ type }) => type !== 'LedgerOpened').map(({ at }) => at);
  expect(times).toEqual([...times].sort());
  const log = openLog();
  try {
    const appender = await log.openAppender();
    const stray = { key: null, value: Buffer.from('nothing of ours') };
    await appender.append(topicsOf(ledger.prefix).events, new Map([[0, [stray]]]));
    await appender.close();
  } finally {
    await log.close();
  }
  expect(await shown()).toHaveLength(all.length);
  const voids = (await shown('--void')).filter((entry) => entry.void);
  expect(voids).toMatchObject([{ type: null, error: expect.stringContaining('cannot be read') }]);
}, 120_000);

test('following tells of what happens until it is interrupted, which is no failure', async () => {
  const child = spawn(process.execPath, [main, 'events', '--follow', '--product', 'tea'], {
    env: { ...process.env, NODE_OPTIONS: '', ...ledger.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await eventually(() => output.includes('StockReleased'), { withinMs: followMsMax, what: 'what has happened' });
  expect((await api.order('three', [['tea', 1]])).status).toBe(201);
  await eventually(() => /OrderAccepted.*lines=tea\*1/.test(output), { withinMs: followMsMax, what: 'what happens' });
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
}, 120_000);

test.each([
  [['--order', 'nonsense'], /It is no order id/],
  [['--from', '1'], /It is not partition:offset/],
  [['--from', '7:0'], /no partition of the 2/],
  [['--limit', '0'], /no number above 0/],
])(
  '%j is wrong usage',
  async (args, said) => {
    const { code, output } = await ledger.run(['events', ...args]);
    expect(output).toMatch(said);
    expect(code).toBe(2);
  },
  60_000,
);
