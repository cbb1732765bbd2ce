// The supervisor starts again what died, takes over what a dead supervisor left, and ends all when told to.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runningIn } from '../../stack/pid-files.ts';
import type { ProcessId } from '../../stack/processes.ts';
import { endProcess, isAlive } from '../../stack/processes.ts';
import { eventually } from '../support/servers.ts';
import { miniature } from './checkout.ts';

const withinMs = 20_000;
const processes = [
  { name: 'ledger', args: ['serve'], port: 3000 },
  { name: 'ledger-2', args: ['serve', '--roles', 'writer'], port: 3001 },
];
let dir: string;
let run: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  dir = miniature();
  run = join(dir, '.run');
});

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  for (const { name } of processes) {
    const left = runningIn(run, name);
    if (left !== undefined) await endProcess(left, 'SIGKILL', 1_000);
  }
  rmSync(dir, { recursive: true });
});

function supervise(): ChildProcess {
  const args = [join(dir, 'stack', 'supervisor.ts'), run, JSON.stringify(processes)];
  const child = spawn(join(dir, 'node_modules', '.bin', 'node'), args, { stdio: ['ignore', 'ignore', 'inherit'] });
  started.push(child);
  return child;
}

function running(name: string, other?: ProcessId): Promise<ProcessId> {
  const find = (): ProcessId | undefined => {
    const id = runningIn(run, name);
    return id?.pid === other?.pid ? undefined : id;
  };
  return eventually(find, { withinMs, what: `${name} running` }).then((id) => {
    if (id === undefined) throw new Error('eventually answers what is there');
    return id;
  });
}

test('what dies is started again, and the other one is left alone', async () => {
  supervise();
  const [first, second] = await Promise.all([running('ledger'), running('ledger-2')]);
  process.kill(first.pid, 'SIGKILL');
  const again = await running('ledger', first);
  expect(isAlive(again)).toBe(true);
  expect(runningIn(run, 'ledger-2')).toEqual(second);
}, 60_000);

test('what a killed supervisor left is taken over, and started again when it dies', async () => {
  const before = supervise();
  const [first, second] = await Promise.all([running('ledger'), running('ledger-2')]);
  before.kill('SIGKILL');
  await once(before, 'exit');
  expect([isAlive(first), isAlive(second)]).toEqual([true, true]);
  supervise();
  process.kill(first.pid, 'SIGKILL');
  await running('ledger', first);
  expect(runningIn(run, 'ledger-2')).toEqual(second);
}, 60_000);

test('told to stop it ends all in order and leaves no pid file', async () => {
  const supervisor = supervise();
  const ids = await Promise.all(processes.map(({ name }) => running(name)));
  supervisor.kill('SIGTERM');
  expect(await once(supervisor, 'exit')).toEqual([0, null]);
  expect(ids.map(isAlive)).toEqual([false, false]);
  expect(processes.map(({ name }) => existsSync(join(run, `${name}.pid`)))).toEqual([false, false]);
}, 60_000);
