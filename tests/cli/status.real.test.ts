// `ledger status` on the real stack: the roles of two processes, what waits while no writer runs, and watching.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { shipped } from '../../projections/registry.ts';
import type { StatusReport } from '../../src/cli/status/status.ts';
import type { LedgerProcess, TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import { eventually, freePort } from '../support/servers.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const partitions = 2;
const watchMsMax = 60_000;
let ledger: TestLedger;
let front: LedgerProcess;
let back: LedgerProcess;

beforeAll(async () => {
  ledger = await prepareLedger('status', partitions);
  [front, back] = await Promise.all([ledger.start('api,projector'), ledger.start('writer')]);
  expect((await apiOf(front.url, ledger.key).product('tea', 5)).status).toBe(201);
}, 120_000);

afterAll(() => ledger.close(), 60_000);

async function status(env: { readonly [name: string]: string } = {}): Promise<StatusReport> {
  const { code, output } = await ledger.run(['status', '--json'], env);
  expect(code).toBe(0);
  return JSON.parse(output) as StatusReport;
}

const sum = (report: StatusReport, figure: (one: StatusReport['partitions'][number]) => number): number =>
  report.partitions.reduce((total, one) => total + figure(one), 0);

test('who does what, and that nothing waits', async () => {
  const report = await status({ LEDGER_URL: front.url, LEDGER_API_KEY: ledger.key });
  expect(report.trouble).toEqual([]);
  expect(report.processes.map(({ roles }) => roles)).toEqual(
    expect.arrayContaining([{ api: [0, 1], projector: [0, 1] }, { writer: [0, 1] }]),
  );
  expect(sum(report, ({ commands }) => commands)).toBe(1);
  expect(sum(report, ({ undecided }) => undecided ?? Number.NaN)).toBe(0);
  const atRest = Object.fromEntries(shipped.map(({ projection }) => [projection.name, 0]));
  expect(report.partitions.map(({ lag }) => lag)).toEqual([atRest, atRest]);
  expect(report.service).toMatchObject({ status: 'ok', services: { kafka: 'up' }, roles: { api: 'ok' } });
}, 120_000);

test('watching shows an order that waits because no writer runs, until it is interrupted, which is no failure', async () => {
  await back.end('SIGTERM');
  const child = spawn(process.execPath, [main, 'status', '--watch', '--json'], {
    env: { ...process.env, NODE_OPTIONS: '', ...ledger.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const reports: StatusReport[] = [];
  createInterface(child.stdout).on('line', (line) => reports.push(JSON.parse(line) as StatusReport));
  const seen = (what: string, test: (report: StatusReport) => boolean) =>
    eventually(() => reports.some(test), { withinMs: watchMsMax, what });
  await seen('the missing writer', ({ trouble }) => trouble.includes('no writer is running'));
  const asked = apiOf(front.url, ledger.key).order('waits', [['tea', 1]]);
  await seen('the order that waits', (report) => sum(report, ({ undecided }) => undecided ?? 0) === 1);
  await seen('its rate', (report) => sum(report, ({ commands_per_s }) => commands_per_s) > 0);
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  expect((await asked).status).toBe(202);
}, 180_000);

test('without Postgres and without the service there is still the log to look at', async () => {
  const port = await freePort();
  const report = await status({
    DATABASE_URL: `postgres://ledger:ledger@127.0.0.1:${port}/ledger`,
    LEDGER_URL: `http://127.0.0.1:${port}`,
  });
  expect(report.trouble).toContainEqual(expect.stringMatching(/^postgres: .*ECONNREFUSED/));
  expect(report.service?.status).toMatch(/^no answer: .*ECONNREFUSED/);
  expect(sum(report, ({ commands }) => commands)).toBe(2);
}, 120_000);

test('without Kafka it fails', async () => {
  const { code, output } = await ledger.run(['status'], { KAFKA_BROKERS: `127.0.0.1:${await freePort()}` });
  expect(code).toBe(1);
  expect(output).toMatch(/^ledger: .*ECONNREFUSED/m);
}, 60_000);
