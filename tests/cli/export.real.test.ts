// `ledger export` on the real stack: files that are whole or not there, and a program that ends with the right code.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parquetReadObjects } from 'hyparquet';
import type { TestLedger } from '../support/ledger.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';

let ledger: TestLedger;
let folder: string;
const orders = 20;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-export-'));
  ledger = await prepareLedger('export', 2);
  const { url } = await ledger.start();
  const api = apiOf(url, ledger.key);
  expect((await api.product('tea', orders)).status).toBe(201);
  for (let i = 0; i < orders; i++) expect((await api.order(`order-${i}`, [['tea', 1]])).status).toBe(201);
}, 120_000);

afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('all formats hold the same events', async () => {
  const paths = new Map<string, string>();
  for (const format of ['ndjson', 'csv', 'parquet']) {
    const path = join(folder, `events.${format}`);
    expect((await ledger.run(['export', '--format', format, '--out', path])).code).toBe(0);
    paths.set(format, path);
  }
  const read = async (format: string) => readFile(paths.get(format) ?? '');
  const objects = String(await read('ndjson'))
    .trimEnd()
    .split('\n');
  const accepted = objects.filter((line) => line.includes('"OrderAccepted"'));
  expect(accepted).toHaveLength(orders);
  expect(
    String(await read('csv'))
      .trimEnd()
      .split('\r\n'),
  ).toHaveLength(objects.length + 1);
  const rows = await parquetReadObjects({ file: new Uint8Array(await read('parquet')).buffer });
  expect(rows).toHaveLength(objects.length);
  expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
}, 120_000);

test('standard output takes text, and the second run gives the same', async () => {
  const args = ['export', '--format', 'ndjson', '--types', 'OrderAccepted'];
  const first = await ledger.run(args);
  expect(first.code).toBe(0);
  const lines = (output: string): string[] => output.split('\n').filter((line) => line.startsWith('{'));
  expect(lines(first.output)).toHaveLength(orders);
  expect(lines((await ledger.run(args)).output)).toEqual(lines(first.output));
}, 120_000);

test('wrong usage ends with 2, a file that cannot be written with 1, and neither leaves one behind', async () => {
  const path = join(folder, 'no', 'such', 'folder', 'events.csv');
  expect((await ledger.run(['export', '--format', 'parquet'])).code).toBe(2);
  expect((await ledger.run(['export', '--format', 'xml'])).code).toBe(2);
  expect((await ledger.run(['export', '--format', 'csv', '--from', 'yesterday'])).code).toBe(2);
  expect((await ledger.run(['export', '--format', 'csv', '--types', 'Nothing'])).code).toBe(2);
  expect((await ledger.run(['export', '--format', 'csv', '--out', path])).code).toBe(1);
  expect(existsSync(path)).toBe(false);
}, 120_000);
