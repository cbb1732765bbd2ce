// `ledger doctor` on the real stack: a healthy ledger, then what it says of things that were broken on purpose, and the
// way back from a group offset that lies beyond the journal, for an order that waits for its partition too.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { topicsOf } from '../../schemas/topics.ts';
import type { Check } from '../../src/cli/doctor/check.ts';
import type { DoctorReport } from '../../src/cli/doctor/doctor.ts';
import { partitionOf } from '../../src/domain/partitioner.ts';
import type { Log } from '../../src/log/port.ts';
import { topicsToCreate } from '../../src/log/topics.ts';
import { apiOf, prepareLedger } from '../support/ledger.ts';
import type { LedgerProcess, TestLedger } from '../support/ledger.ts';
import { openLog } from '../support/ledger-log.ts';
import { eventually, freePort, servers } from '../support/servers.ts';

const partitions = 2;
/** How long the partition may take to stop, or to work again. */
const turnMsMax = 60_000;
const beyond = 1_000;
/** An order of both is decided in the second partition, and has to hold the other one in the first. */
const [home, elsewhere] = [productIn(1, 'a'), productIn(0, 'b')];
/** So that an inconsistency is an alarm soon. */
const hasty = { LEDGER_ALARM_REREAD_MS: '300' };
let ledger: TestLedger;
let service: LedgerProcess;

beforeAll(async () => {
  ledger = await prepareLedger('doctor', partitions);
  service = await ledger.start('api,writer,projector', hasty);
  const api = apiOf(service.url, ledger.key);
  for (const product of ['tea', 'fig', 'kiwi', home, elsewhere]) {
    expect((await api.product(product, 5)).status).toBe(201);
  }
}, 120_000);

afterAll(() => ledger.close(), 60_000);

async function examine(...args: readonly string[]): Promise<DoctorReport & { readonly code: number | null }> {
  const { code, output } = await ledger.run(['doctor', '--json', ...args]);
  return { code, ...(JSON.parse(output) as DoctorReport) };
}

function notOk(checks: readonly Check[]): readonly Check[] {
  return checks.filter(({ status }) => status !== 'ok');
}

test('a ledger at work is well', async () => {
  const { code, ok, checks, versions } = await examine();
  expect(notOk(checks)).toEqual([]);
  expect([code, ok]).toEqual([0, true]);
  expect(versions).toMatchObject({ node: process.version.slice(1), postgres: expect.any(String) });
  expect(checks.map(({ about }) => about)).toEqual(
    expect.arrayContaining(['kafka', 'registry', 'postgres', 'redis', 'schemas', 'genesis', 'offsets', 'writers']),
  );
  const { output } = await ledger.run(['doctor']);
  expect(output.trimEnd().split('\n').at(-1)).toMatch(/^all is well/);
}, 120_000);

test('a topic that would forget is to be repaired, and how is said', async () => {
  const { commands } = topicsOf(ledger.prefix);
  await alter(commands, '604800000');
  const { code, checks } = await examine();
  await alter(commands, '-1');
  expect(code).toBe(1);
  expect(notOk(checks)).toMatchObject([
    { about: commands, status: 'fail', text: 'retention.ms is 604800000 and must be -1' },
  ]);
  expect(notOk(checks)[0]?.advice).toContain(`--entity-name ${commands} --add-config retention.ms=-1`);
}, 120_000);

test('what is away is named, and what needs it is not looked at', async () => {
  const port = await freePort();
  const { code, output } = await ledger.run(['doctor'], { DATABASE_URL: `postgres://ann:s3cret@127.0.0.1:${port}/x` });
  expect(code).toBe(1);
  expect(output).toMatch(/^fail +postgres +.*ECONNREFUSED/m);
  expect(output).toContain(`correct DATABASE_URL, which is postgres://ann:***@127.0.0.1:${port}/x`);
  expect(output).toMatch(/^warn +tables +not looked at/m);
  expect(output).not.toContain('s3cret');
}, 120_000);

test('an offset beyond the journal stops the partition until it is accepted, which no writer may disturb', async () => {
  await service.end('SIGTERM');
  const { commands } = topicsOf(ledger.prefix);
  const group = `${ledger.prefix}.writer`;
  const before = await withLog((log) => log.committed(group, commands));
  await setOffset(group, commands, 0, beyond);
  service = await ledger.start('api,writer,projector', hasty);
  const api = apiOf(service.url, ledger.key);
  await eventually(async () => (await roleOf(api)) === 'stopped', { withinMs: turnMsMax, what: 'a stopped writer' });

  const shown = await ledger.run(['status'], { LEDGER_URL: service.url, LEDGER_API_KEY: ledger.key });
  expect(shown.output).toMatch(new RegExp(`^  last error of writer, 20\\S+Z: .*${beyond}`, 'm'));

  const stuck = await api.order('stuck', [
    [home, 1],
    [elsewhere, 1],
  ]);
  expect(stuck.status).toBe(202);
  const path = `/v1/orders/${String(stuck.body['order_id'])}`;
  const isReserving = async (): Promise<boolean> => (await api.get(path)).body['status'] === 'RESERVING';
  await eventually(isReserving, { withinMs: turnMsMax, what: 'an order that waits for the stopped partition' });
  for (const product of [home, elsewhere]) {
    const { body } = await api.get(`/v1/orders?product_id=${product}`);
    expect(body).toMatchObject({ data: [{ order_id: stuck.body['order_id'], status: 'RESERVING' }] });
  }

  const sick = await examine('--accept-offsets');
  expect(sick.code).toBe(1);
  expect(sick.accepted).toEqual([]);
  expect(notOk(sick.checks)).toMatchObject([
    { about: '--accept-offsets', text: expect.stringContaining('only while no writer runs; stop ledger-') },
    { about: 'partition 0', status: 'fail', text: expect.stringContaining(`the group's offset is ${beyond}`) },
  ]);

  await service.end('SIGTERM');
  const { code, output } = await ledger.run(['doctor', '--accept-offsets']);
  expect(output).toContain(`partition 0: the group's offset was ${beyond}; the journal says ${before.get(0)},`);
  expect(code).toBe(0);
  expect((await withLog((log) => log.committed(group, commands))).get(0)).toBe(before.get(0));

  service = await ledger.start('api,writer,projector', hasty);
  const healed = apiOf(service.url, ledger.key);
  await eventually(async () => (await roleOf(healed)) === 'ok', { withinMs: turnMsMax, what: 'a writer at work' });
  const isPending = async (): Promise<boolean> => (await healed.get(path)).body['status'] === 'PENDING';
  await eventually(isPending, { withinMs: turnMsMax, what: 'the order that waited' });
  for (const product of [home, elsewhere]) {
    expect((await healed.get(`/v1/products/${product}`)).body).toMatchObject({ held: 1, available: 4 });
  }
  for (const product of ['tea', 'fig', 'kiwi']) expect((await healed.order(product, [[product, 1]])).status).toBe(201);
  expect((await examine()).ok).toBe(true);
}, 240_000);

/** A product id that lives in this partition. */
function productIn(partition: number, begin: string): string {
  for (let n = 1; ; n++) if (partitionOf(`${begin}-${n}`, partitions) === partition) return `${begin}-${n}`;
}

async function roleOf(api: ReturnType<typeof apiOf>): Promise<string | undefined> {
  const { body } = await api.get('/health');
  return (body as { roles?: { writer?: { status: string } } }).roles?.writer?.status;
}

async function withLog<T>(work: (log: Log) => Promise<T>): Promise<T> {
  const log = openLog();
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}

/** Sets the retention of a topic, ms; whatever else it was created with stays, because Kafka forgets what is not said. */
async function alter(name: string, retention: string): Promise<void> {
  const plan = { topics: topicsOf(ledger.prefix), partitions, replicationFactor: 1 };
  const created = topicsToCreate(plan).find(({ topic }) => topic === name)?.settings;
  const all = Object.entries({ ...created, 'retention.ms': retention });
  const configEntries = all.map(([setting, value]) => ({ name: setting, value }));
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries }];
  await withAdmin((admin) => admin.alterConfigs({ validateOnly: false, resources }));
}

async function setOffset(groupId: string, topic: string, partition: number, offset: number): Promise<void> {
  await withAdmin((admin) => admin.setOffsets({ groupId, topic, partitions: [{ partition, offset: String(offset) }] }));
}

async function withAdmin<T>(work: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const brokers = [...servers().kafkaBrokers];
  const admin = new kafkajs.Kafka({ brokers, clientId: 'doctor-test', logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
