// What `ledger serve` and `ledger prepare` refuse, and what they say then: a wrong start must not cost anything.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import type { TestLedger } from '../support/ledger.ts';
import { prepareLedger } from '../support/ledger.ts';
import { servers, uniquePrefix } from '../support/servers.ts';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await prepareLedger('start', 2);
}, 90_000);

afterAll(() => ledger.close(), 60_000);

test('preparing again changes nothing and names the same ledger', async () => {
  const first = JSON.parse((await ledger.run(['prepare', '--json'])).output) as { ledger_id: string };
  const second = JSON.parse((await ledger.run(['prepare', '--json'])).output) as { ledger_id: string };
  expect(second).toMatchObject({ ledger_id: first.ledger_id, topics_created: [] });
}, 60_000);

test('a configuration with faults is refused with all of them, exit code 2', async () => {
  const { code, output } = await ledger.run(['serve'], { PORT: 'http', LEDGER_PARTITIONS: '0' });
  expect(code).toBe(2);
  expect(output).toContain('PORT');
  expect(output).toContain('LEDGER_PARTITIONS');
}, 60_000);

test('a ledger that was never prepared is refused with the way to do it', async () => {
  const { code, output } = await ledger.run(['serve'], { LEDGER_TOPIC_PREFIX: uniquePrefix('never') });
  expect(code).toBe(1);
  expect(output).toContain('ledger prepare');
}, 60_000);

test('another partition count than the ledger was opened with is refused', async () => {
  const { code, output } = await ledger.run(['serve'], { LEDGER_PARTITIONS: '3' });
  expect(code).toBe(1);
  expect(output).toMatch(/partitions is 2 and must be 3/);
}, 60_000);

test('a journal that forgets is refused, naming topic, setting and cure', async () => {
  const name = `${ledger.prefix}.events`;
  const kafka = new Kafka({ clientId: 'test', brokers: [...servers().kafkaBrokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const retain = (value: string) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries: [{ name: 'retention.ms', value }] }],
    });
  await retain('1000');
  const { code, output } = await ledger.run(['serve']);
  await retain('-1');
  await admin.disconnect();
  expect(code).toBe(1);
  expect(output).toMatch(new RegExp(`${name}: retention.ms is 1000 and must be -1`));
}, 60_000);
