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

test('who comes second waits, is told for whom, and goes on afterwards', async () => {
  const order: string[] = [];
  let release = (): void => undefined;
  const first = withLock(
    file,
    1_000,
    () => undefined,
    async () => {
      await new Promise<void>((resolve) => (release = resolve));
      order.push('first');
    },
  );
  const waiting = new Promise<number>((resolve) => {
    const second = withLock(
      file,
      5_000,
      ({ pid }) => resolve(pid),
      async () => void order.push('second'),
    );
    void second.then(() => order.push('done'));
  });
  expect(await waiting).toBe(process.pid);
  release();
  await first;
  await withLock(
    file,
    5_000,
    () => undefined,
    async () => undefined,
  );
  expect(order.slice(0, 2)).toEqual(['first', 'second']);
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
  const work = withLock(
    file,
    1_000,
    () => undefined,
    () => Promise.reject(new Error('no')),
  );
  await expect(work).rejects.toThrow('no');
  expect(existsSync(file)).toBe(false);
});

test('waiting ends', async () => {
  await withLock(
    file,
    1_000,
    () => undefined,
    async () => {
      const second = withLock(
        file,
        50,
        () => undefined,
        async () => undefined,
      );
      await expect(second).rejects.toThrow('did not happen within 0.05 s');
    },
  );
});
