// `ledger config`: where each value is from, and that no password is shown.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { withoutSecrets } from '../../src/cli/secrets.ts';
import { readSettings, settings } from '../../src/platform/config.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');

function run(args: readonly string[], env: { readonly [name: string]: string }) {
  return spawnSync(process.execPath, [main, 'config', ...args], { env: { ...env }, encoding: 'utf8' });
}

test('every setting is shown once, with where it is from', () => {
  const env = {
    PORT: '4000',
    HOST: '',
    REDIS_URL: 'redis://:secret@redis:6379',
    KAFKA_BROKERS: 'here:1',
    LEDGER_FROM_RUN_ENV: 'REDIS_URL LEDGER_URL',
  };
  const { status, stdout } = run(['--json'], env);
  const shown = JSON.parse(stdout) as { variable: string; value: string; from: string; fault: string | null }[];
  expect(status).toBe(0);
  expect(shown.map(({ variable }) => variable)).toEqual(Object.values(settings).map(({ env: variable }) => variable));
  const byName = new Map(shown.map(({ variable, value, from }) => [variable, [value, from]]));
  expect(byName.get('PORT')).toEqual(['4000', 'environment']);
  expect(byName.get('HOST')).toEqual(['127.0.0.1', 'default']);
  expect(byName.get('KAFKA_BROKERS')).toEqual(['here:1', 'environment']);
  expect(byName.get('REDIS_URL')).toEqual(['redis://:***@redis:6379', '.run/env']);
  expect(stdout).not.toContain('secret');
  const text = run([], env);
  expect(text.stdout).toMatch(/^PORT {2,}environment {2}4000$/m);
  expect(text.stdout).not.toContain('secret');
});

test('what is not acceptable is shown, and is exit code 2', () => {
  const { status, stdout, stderr } = run([], { PORT: 'eighty', LEDGER_PARTITIONS: '0' });
  expect(status).toBe(2);
  expect(stdout).toMatch(/^PORT {2,}environment {2}eighty$/m);
  expect(stderr).toMatch(/PORT is not acceptable.*\n.*LEDGER_PARTITIONS is not acceptable/);
});

test('a value that is set although the file has it is from the environment', () => {
  const from = (env: { readonly [name: string]: string }) =>
    readSettings(env).find(({ variable }) => variable === 'PORT')?.from;
  expect(from({ PORT: '1', LEDGER_FROM_RUN_ENV: 'HOST' })).toBe('environment');
  expect(from({ PORT: '1', LEDGER_FROM_RUN_ENV: 'HOST PORT' })).toBe('.run/env');
  expect(from({ LEDGER_FROM_RUN_ENV: 'PORT' })).toBe('default');
});

describe('passwords', () => {
  test.each([
    ['postgres://ledger:s3cret@db:5432/ledger', 'postgres://ledger:***@db:5432/ledger'],
    ['postgres://ledger:s3@c/ret@db/ledger', 'postgres://ledger:***@db/ledger'],
    ['redis://:s3cret@redis', 'redis://:***@redis'],
    ['postgres://db/ledger?user=ann&password=s3cret&x=1', 'postgres://db/ledger?user=ann&password=***&x=1'],
    ['http://registry:8081/apis/ccompat/v7', 'http://registry:8081/apis/ccompat/v7'],
    ['host-1:9092,host-2:9092', 'host-1:9092,host-2:9092'],
  ])('of %s', (text, shown) => {
    expect(withoutSecrets(text)).toBe(shown);
  });
});
