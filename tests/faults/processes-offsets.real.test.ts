// The offsets of the writers' group are a measure of lag and no memory: without them, or with older ones, nothing
// changes; one beyond the journal stops its partition, as the journal may have been cut, until somebody accepts it.
// And a ledger whose topics got partitions later refuses to start.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import type { LedgerProcess } from '../support/ledger.ts';
import { openLog } from '../support/ledger-log.ts';
import type { Load, Told } from '../support/load.ts';
import { eventually, servers } from '../support/servers.ts';
import type { Goods, Scene } from './support/scene.ts';
import { lastOf, openScene, openService, partitions, underLoad } from './support/scene.ts';

const answeringAgainMsMax = 12_000;
const withinMs = 30_000;
/** How long writers are away that a test stops and starts is up to the machine. */
const awayMsMax = 60_000;
const testMsMax = 150_000;
/** Far beyond what any load here decides. */
const farAhead = 1_000_000;
/** The partition whose offset is set there. */
const stopped = 0;
let scene: Scene;
let writers: LedgerProcess[];
let admin: Admin;

beforeAll(async () => {
  const kafka = new Kafka({ clientId: 'test', brokers: [...servers().kafkaBrokers], logLevel: logLevel.NOTHING });
  admin = kafka.admin();
  await admin.connect();
  scene = await openScene('offsets');
  writers = await Promise.all([scene.ledger.start('writer'), scene.ledger.start('writer')]);
  await openService(scene, 'api,projector');
}, 180_000);

afterAll(async () => {
  await admin.disconnect();
  await scene.close();
}, 60_000);

async function stopWriters(): Promise<void> {
  expect(await Promise.all(writers.map((writer) => writer.end('SIGTERM')))).toEqual(writers.map(() => 0));
}

function names(): { readonly groupId: string; readonly topic: string } {
  return { groupId: `${scene.ledger.prefix}.writer`, topic: `${scene.ledger.prefix}.commands` };
}

test(
  'the group is deleted while its members are stopped: the journal tells where to go on',
  async () => {
    await underLoad(scene, 'the group of the writers deleted', { gapMsMax: awayMsMax }, async () => {
      await stopWriters();
      await admin.deleteGroups([names().groupId]);
      writers = [await scene.ledger.start('writer')];
    });
  },
  testMsMax,
);

test(
  'the offsets are set to 0 in mid-run: no change',
  async () => {
    await underLoad(scene, 'offsets of the writers set to 0', { gapMsMax: answeringAgainMsMax }, async () => {
      await commitAsStranger(new Map(Array.from({ length: partitions }, (_, partition) => [partition, 0])));
    });
  },
  testMsMax,
);

test(
  'an offset beyond the journal stops its partition until it is accepted; the others go on',
  async () => {
    const fault = async (_load: Load, { plenty }: Goods): Promise<void> => {
      await stopWriters();
      await admin.setOffsets({ ...names(), partitions: [{ partition: stopped, offset: String(farAhead) }] });
      // With the API role it takes requests although a partition stands.
      const halted = await scene.ledger.start('api,writer', { LEDGER_ALARM_REREAD_MS: '1000' });
      const next = await eventually(() => alarmed(halted.log), { withinMs, what: 'an alarm that names both offsets' });
      for (const [partition, product] of plenty.slice(0, partitions).entries()) {
        if (partition !== stopped) await orderOf(product);
      }
      expect(await halted.end('SIGTERM')).toBe(0);
      const { code, output } = await scene.ledger.run(['doctor', '--accept-offsets']);
      expect(output).toContain(`partition ${stopped}: the group's offset was ${farAhead}; the journal says ${next},`);
      expect(code).toBe(0);
      writers = [await scene.ledger.start('writer')];
    };
    await underLoad(scene, 'an offset of the writers beyond the journal', { gapMsMax: awayMsMax }, fault);
  },
  testMsMax,
);

test('topics that got partitions later: a start refuses and says why', async () => {
  await stopWriters();
  for (const topic of [`${scene.ledger.prefix}.commands`, `${scene.ledger.prefix}.events`]) {
    await admin.createPartitions({ topicPartitions: [{ topic, count: partitions + 1 }] });
    const { code, output } = await scene.ledger.run(['serve']);
    expect(code).toBe(1);
    const rule = `partitions is ${partitions + 1} and must be ${partitions}`;
    expect(output).toContain(`${topic}: ${rule}: nothing: a partition count is for life`);
  }
}, 60_000);

/** An order of the test's own, which has to be accepted; the buyers may all be waiting for other products. */
async function orderOf(product: string): Promise<void> {
  const key = `probe-${product}`;
  const ask = async (): Promise<Told | null> => {
    const { status, body } = await lastOf(scene).order(key, [[product, 1]]);
    return status === 200 || status === 201 ? { key, status, orderId: String(body['order_id']) } : null;
  };
  scene.told.push(await eventually(ask, { withinMs, what: `an order of ${product}` }));
}

/** Joins the group of the writers, as whose member it may commit whatever it likes for any partition, and leaves. */
async function commitAsStranger(offsets: ReadonlyMap<number, number>): Promise<void> {
  const { groupId: group, topic } = names();
  const log = openLog();
  try {
    const stranger = await log.follow({
      topic,
      group,
      assignment: 'shared',
      start: async () => 0,
      deliver: () => undefined,
      lost: () => undefined,
      trouble: (error) => console.log(`the stranger: ${error.message}`),
    });
    const stand = async (): Promise<boolean> => {
      // In the middle of a rebalance nobody may commit.
      for (const [partition, offset] of offsets) await stranger.commit(partition, offset);
      const committed = await log.committed(group, topic);
      // A writer states the offsets of its own partitions again, every second.
      return [...offsets].some(([partition, offset]) => committed.get(partition) === offset);
    };
    await eventually(stand, { withinMs, what: 'an offset of a stranger' });
    await stranger.stop();
  } finally {
    await log.close();
  }
}

/** Whether a writer has said that the offset is beyond its journal: the first command that the journal does not know. */
function alarmed(log: readonly string[]): number {
  const alarm = new RegExp(`the group's offset is ${farAhead}, but the journal knows of commands below (\\d+) only`);
  return Number(alarm.exec(log.join('\n'))?.[1] ?? 0);
}
