// One make up at a time; a lock whose holder died is nobody's.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { withLock } from '../../stack/lock.ts';

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ledger-lock-'));
  file = join(dir, 'lock');
});

afterEach(() => rmSync(dir, { recursive: true }));

const nobody = (): void => undefined;

test('who comes second waits, is told for whom, and goes on afterwards', async () => {
  const order: string[] = [];
  const held = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const first = withLock(file, 1_000, nobody, async () => {
    held.resolve();
    await release.promise;
    order.push('first');
  });
  await held.promise;
  const told = Promise.withResolvers<number>();
  const second = withLock(
    file,
    4_000,
    ({ pid }) => told.resolve(pid),
    async () => order.push('second'),
  );
  expect(await told.promise).toBe(process.pid);
  release.resolve();
  await Promise.all([first, second]);
  expect(order).toEqual(['first', 'second']);
  expect(readdirSync(dir)).toEqual([]);
});

test('the lock of a dead process is taken', async () => {
  writeFileSync(file, JSON.stringify({ pid: process.pid, birth: 'another boot:1' }));
  const waits: number[] = [];
  expect(
    await withLock(
      file,
      2_000,
      ({ pid }) => waits.push(pid),
      async () => 'done',
    ),
  ).toBe('done');
  expect(waits).toEqual([]);
});

test('a failure of the work gives the lock back', async () => {
  const work = withLock(file, 1_000, nobody, () => Promise.reject(new Error('no')));
  await expect(work).rejects.toThrow('no');
  expect(existsSync(file)).toBe(false);
});

test('waiting ends', async () => {
  await withLock(file, 1_000, nobody, async () => {
    const second = withLock(file, 50, nobody, async () => undefined);
    await expect(second).rejects.toThrow('did not happen within 0.05 s');
  });
});
