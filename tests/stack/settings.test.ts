// What make up takes from the caller's environment, what it leaves out, and what it keeps of the last time.
import { expect, test } from '@jest/globals';
import { shellLines } from '../../stack/environment.ts';
import { serviceSettings } from '../../stack/up/compose.ts';
import { readSettings, serviceEnvironment } from '../../stack/up/settings.ts';
import { keepRunning } from '../../stack/up/state.ts';

const stack = {
  KAFKA_BROKERS: '127.0.0.1:1',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:2/apis/ccompat/v7',
  DATABASE_URL: 'postgres://ledger:a@127.0.0.1:3/ledger',
  DATABASE_URL_READONLY: 'postgres://ledger_readonly:b@127.0.0.1:3/ledger',
  REDIS_URL: 'redis://127.0.0.1:4',
  LEDGER_GATEWAY_URL: 'http://127.0.0.1:9',
  LEDGER_GATEWAY_SECRET: 'secret',
};

test('every port has a default', () => {
  const { ports, url, processes } = readSettings({});
  expect(ports).toEqual({
    kafka: 9092,
    kafkaController: 9093,
    registry: 8081,
    postgres: 5432,
    redis: 6379,
    gateway: 8090,
  });
  expect(url).toBe('http://127.0.0.1:3000');
  expect(processes).toEqual([{ name: 'ledger', args: ['serve'], port: 3000 }]);
});

test('every port can be set, an empty value sets nothing', () => {
  const { ports, url } = readSettings({ LEDGER_STACK_REDIS_PORT: '7000', LEDGER_STACK_KAFKA_PORT: '', PORT: '3100' });
  expect(ports).toMatchObject({ redis: 7000, kafka: 9092 });
  expect(url).toBe('http://127.0.0.1:3100');
});

test('everything that is wrong is said at once', () => {
  const read = (): unknown =>
    readSettings({ LEDGER_STACK_REDIS_PORT: 'x', PORT: '0', LEDGER_STACK_KAFKA_PORT: '8081' });
  expect(read).toThrow(
    /LEDGER_STACK_REDIS_PORT must be a port.*not x\nPORT must be a port.*not 0\nport 8081 is wanted twice/,
  );
});

test('several processes have their own names, roles and ports', () => {
  const { processes } = readSettings({ LEDGER_STACK_ROLES: 'api,writer; projector', PORT: '4000' });
  expect(processes).toEqual([
    { name: 'ledger', args: ['serve', '--roles', 'api,writer'], port: 4000 },
    { name: 'ledger-2', args: ['serve', '--roles', 'projector'], port: 4001 },
  ]);
});

test.each([
  ['0.0.0.0', 'http://127.0.0.1:3000'],
  ['::', 'http://127.0.0.1:3000'],
  ['::1', 'http://[::1]:3000'],
  ['10.1.2.3', 'http://10.1.2.3:3000'],
])('a service that listens on %s is found at %s', (host, url) => {
  expect(readSettings({ HOST: host }).url).toBe(url);
});

test('the service gets our servers and the caller’s settings, but nothing meant for clients', () => {
  const env = { KAFKA_BROKERS: 'elsewhere:1', LEDGER_URL: 'x', LEDGER_API_KEY: 'y', LEDGER_PARTITIONS: '4', PORT: '1' };
  expect(serviceEnvironment(env, stack)).toEqual({
    ...stack,
    NODE_ENV: 'production',
    LEDGER_PARTITIONS: '4',
    PORT: '1',
  });
  expect(serviceSettings({ ...env, LOG_LEVEL: 'debug', LEDGER_STACK_CACHE: '/x', PATH: '/bin' })).toEqual({
    LEDGER_PARTITIONS: '4',
    LOG_LEVEL: 'debug',
  });
});

test('while something runs, ports are kept and others refused', () => {
  const last = { provider: 'native', settings: readSettings({ LEDGER_STACK_REDIS_PORT: '7000' }) } as const;
  const choose = (env: Record<string, string>, running: string[]) =>
    keepRunning({ last, running: new Set(running), provider: 'native', wanted: readSettings(env), env });
  expect(choose({}, ['redis']).ports.redis).toBe(7000);
  expect(choose({ LEDGER_STACK_REDIS_PORT: '7000' }, ['redis']).ports.redis).toBe(7000);
  expect(() => choose({ LEDGER_STACK_REDIS_PORT: '7001' }, ['kafka'])).toThrow(
    'LEDGER_STACK_REDIS_PORT (now 7000). Run make down first.',
  );
  expect(choose({}, []).ports.redis).toBe(6379);
});

test('values that a shell would read otherwise are quoted', () => {
  expect(shellLines({ A: 'http://h:1/p', B: "it's $HOME" })).toBe(`A=http://h:1/p\nB='it'\\''s $HOME'\n`);
});
