// A taken port is named together with who has it and how to move ours.
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePorts, isFree, portOwner, takenPortMessage } from '../../stack/ports.ts';
import { checkPorts, wantedPorts } from '../../stack/up/servers.ts';
import { readSettings } from '../../stack/up/settings.ts';

const taken = createServer();
let port: number;

beforeEach(async () => {
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  port = (taken.address() as AddressInfo).port;
});

afterEach(async () => {
  await new Promise((resolve) => taken.close(resolve));
});

test('the owner of a port is found, with its command', async () => {
  expect(await isFree(port)).toBe(false);
  expect(portOwner(port)?.pid).toBe(process.pid);
  expect(portOwner(port)?.command).toMatch(/node|jest/);
});

test('a port that is free has no owner', async () => {
  const [free = 0] = await freePorts(1);
  expect(await isFree(free)).toBe(true);
  expect(portOwner(free)).toBeUndefined();
});

test('free ports are different', async () => {
  expect(new Set(await freePorts(20)).size).toBe(20);
});

test('the message names port, purpose, owner and variable', () => {
  const text = takenPortMessage('Kafka', 9092, 'LEDGER_STACK_KAFKA_PORT', { pid: 42, command: 'java kafka.Kafka' });
  expect(text).toBe(
    'Port 9092, wanted for Kafka, is taken by pid 42: java kafka.Kafka. ' +
      'Stop that process, or set LEDGER_STACK_KAFKA_PORT to another port.',
  );
  expect(takenPortMessage('Redis', 1, 'X', undefined)).toContain('a process of another user');
});

test('all taken ports are named at once, and those of what runs are not looked at', async () => {
  const [a = 0, b = 0, c = 0, d = 0] = await freePorts(4);
  const settings = readSettings({
    LEDGER_STACK_KAFKA_PORT: String(a),
    LEDGER_STACK_KAFKA_CONTROLLER_PORT: String(b),
    LEDGER_STACK_REGISTRY_PORT: String(c),
    LEDGER_STACK_POSTGRES_PORT: String(d),
    LEDGER_STACK_REDIS_PORT: String(port),
    PORT: '65000',
  });
  const wanted = wantedPorts('native', new Set(), settings);
  await expect(checkPorts(wanted)).rejects.toThrow(`Port ${port}, wanted for Redis, is taken by pid ${process.pid}`);
  const twice = [...wanted, { port, what: 'the ledger', variable: 'PORT' }];
  await expect(checkPorts(twice)).rejects.toThrow(/wanted for Redis.*\n.*wanted for the ledger/);
  const others = wantedPorts('native', new Set(['redis', 'ledger']), settings);
  await expect(checkPorts(others)).resolves.toBeUndefined();
});
