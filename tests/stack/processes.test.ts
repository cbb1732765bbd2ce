// Nothing is signalled but the very process that was meant, whatever a pid file says.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readPidFile, removePidFile, runningIn, writePidFile } from '../../stack/pid-files.ts';
import { commandOf, childrenOf, endProcess, isAlive, processOf, signal } from '../../stack/processes.ts';

let dir: string;
let child: ChildProcess;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ledger-processes-'));
  child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1000)', 'a-marker']);
  if (child.stdout !== null) await once(child.stdout, 'data');
});

afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(dir, { recursive: true });
});

function childId() {
  const id = processOf(child.pid ?? 0);
  if (id === undefined) throw new Error('the child does not run');
  return id;
}

test('a process is found by its pid, with its command and its parent', () => {
  expect(isAlive(childId())).toBe(true);
  expect(commandOf(childId().pid)).toContain('a-marker');
  expect(childrenOf(process.pid).map(({ pid }) => pid)).toContain(child.pid);
});

test('a pid that was given to somebody else gets no signal', async () => {
  const other = { pid: childId().pid, birth: 'another boot:1' };
  expect(signal(other, 'SIGKILL')).toBe(false);
  expect(await endProcess(other, 'SIGKILL', 10)).toBe(false);
  expect(isAlive(childId())).toBe(true);
});

test('the process that was meant ends when it is asked to', async () => {
  const id = childId();
  expect(await endProcess(id, 'SIGTERM', 5_000)).toBe(false);
  expect(isAlive(id)).toBe(false);
});

test('one that is stopped ends too', async () => {
  const id = childId();
  signal(id, 'SIGSTOP');
  expect(await endProcess(id, 'SIGTERM', 5_000)).toBe(false);
});

test('one that does not listen is killed after its grace', async () => {
  const id = childId();
  expect(await endProcess(id, 'SIGWINCH', 50)).toBe(true);
  expect(isAlive(id)).toBe(false);
});

test('a pid file names its process until that ends', async () => {
  const id = childId();
  expect(readPidFile(dir, 'kafka')).toEqual({ status: 'absent' });
  writePidFile(dir, 'kafka', id);
  expect(runningIn(dir, 'kafka')).toEqual(id);
  await endProcess(id, 'SIGKILL', 1_000);
  expect(readPidFile(dir, 'kafka')).toEqual({ status: 'stale', pid: id.pid });
  removePidFile(dir, 'kafka');
  expect(readPidFile(dir, 'kafka')).toEqual({ status: 'absent' });
});

test.each([
  ['written by hand', String(process.pid), undefined],
  ['left from before the machine was started again', String(process.pid), 'another boot:1'],
])('a pid file %s names nobody', (_what, pid, birth) => {
  writeFileSync(join(dir, 'redis.pid'), `${pid}\n`);
  if (birth !== undefined) writeFileSync(join(dir, 'redis.birth'), `${birth}\n`);
  expect(readPidFile(dir, 'redis')).toEqual({ status: 'stale', pid: process.pid });
  expect(runningIn(dir, 'redis')).toBeUndefined();
});

test.each(['', 'nonsense', '-1', '0', '1e9999'])('a pid file that says %j says nothing', (text) => {
  writeFileSync(join(dir, 'redis.pid'), text);
  expect(readPidFile(dir, 'redis')).toEqual({ status: 'absent' });
});
