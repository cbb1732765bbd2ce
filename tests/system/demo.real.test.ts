// `make demo` on a real ledger: what it tells is what happened, and it ends well only if the audit did.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { shellLines } from '../../stack/environment.ts';
import { node, runChild } from '../support/child.ts';
import type { TestLedger } from '../support/ledger.ts';
import { prepareLedger } from '../support/ledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'order-ledger-demo-'));
const envFile = join(folder, 'env');
const signal = new AbortController().signal;
const demo = (...args: string[]) =>
  runChild([node, 'stack/demo.ts', '--env', envFile, ...args], { timeoutMs: 120_000, signal });
let ledger: TestLedger;

beforeAll(async () => {
  ledger = await prepareLedger('demo');
  const { url } = await ledger.start();
  writeFileSync(envFile, shellLines({ LEDGER_URL: url, LEDGER_API_KEY: ledger.key }));
}, 90_000);
afterAll(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a sale with more buyers than units', async () => {
  const { code, output } = await demo('--units', '20', '--buyers', '200', '--at-once', '50');
  expect(output).toContain('Sold: 20 of 20. Told that they are gone: 180 buyers.');
  expect(output).toContain('200, the same order, and no second one.');
  expect(output).toContain('The product now: 20 held, 0 available.');
  expect(output).toMatch(/^PASS .*0 findings/m);
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
}, 150_000);

test('without a ledger it says what is missing', async () => {
  const { code, output } = await demo('--env', join(folder, 'nothing'));
  expect(output).toContain('run make up first');
  expect(code).toBe(1);
}, 60_000);
