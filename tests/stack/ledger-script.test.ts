// bin/ledger: found through links, one process, and .run/env only where the environment is silent.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { shellLines } from '../../stack/environment.ts';
import { miniature } from './checkout.ts';

let dir: string;

beforeEach(() => {
  dir = miniature();
});

afterEach(() => rmSync(dir, { recursive: true }));

interface Said {
  readonly pid: number;
  readonly args: readonly string[];
  /** What Node itself was given. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function ledger(args: readonly string[], env: Record<string, string> = {}, file = join(dir, 'bin', 'ledger')) {
  const path = process.env['PATH'] ?? '';
  const done = spawnSync(file, [...args], { env: { PATH: path, ...env }, cwd: tmpdir(), encoding: 'utf8' });
  expect(done.stderr).toBe('');
  return { ...(JSON.parse(done.stdout) as Said), spawned: done.pid };
}

test('it becomes the program itself, with the arguments as they were', () => {
  const { pid, spawned, args } = ledger(['keys', 'create', '--name', 'two words', '$HOME']);
  expect(pid).toBe(spawned);
  expect(args).toEqual(['keys', 'create', '--name', 'two words', '$HOME']);
});

test('it is found through relative and absolute links', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'ledger-links-'));
  try {
    symlinkSync(join(dir, 'bin', 'ledger'), join(elsewhere, 'absolute'));
    symlinkSync('absolute', join(elsewhere, 'relative'));
    expect(ledger(['help'], {}, join(elsewhere, 'relative')).args).toEqual(['help']);
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});

test('.run/env holds where the environment is silent', () => {
  const awkward = 'it\'s $HOME; `x` \\ "y"';
  const lines = shellLines({ KAFKA_BROKERS: 'from-file:1', REDIS_URL: 'redis://from-file', LEDGER_NOTE: awkward });
  writeFileSync(join(dir, '.run', 'env'), `${lines}# a comment\nnot a line\nlower=1\nPATH=/nowhere`);
  const { env } = ledger(['prepare'], { KAFKA_BROKERS: 'from-environment:1', DATABASE_URL: '' });
  expect(env).toMatchObject({
    KAFKA_BROKERS: 'from-environment:1',
    REDIS_URL: 'redis://from-file',
    LEDGER_NOTE: awkward,
    LEDGER_FROM_RUN_ENV: 'REDIS_URL LEDGER_NOTE',
    DATABASE_URL: '',
    PATH: process.env['PATH'],
  });
  expect(env).not.toHaveProperty('lower');
});

test('without .run it works from the environment alone', () => {
  rmSync(join(dir, '.run'), { recursive: true });
  const { env } = ledger(['prepare'], { REDIS_URL: 'redis://here' });
  expect(env['REDIS_URL']).toBe('redis://here');
  expect(env).not.toHaveProperty('LEDGER_FROM_RUN_ENV');
});

test('a replay has a heap of its own size, unless it prints what it makes', () => {
  const flags = (args: readonly string[], env = {}) => ledger(args, env).flags;
  expect(flags(['replay', 'start', 'kpi'])).toEqual(['--max-old-space-size=400']);
  expect(flags(['replay', 'start', 'kpi'], { LEDGER_REPLAY_HEAP_MB_MAX: '900' })).toEqual(['--max-old-space-size=900']);
  expect(flags(['replay', 'start', 'kpi', '--out', 'csv'])).toEqual([]);
  expect(flags(['replay', 'start', 'kpi', '--out=csv'])).toEqual([]);
  expect(flags(['prepare'])).toEqual([]);
});
