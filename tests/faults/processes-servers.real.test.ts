// The servers beneath the ledger are killed under load, on a stack of this file's own. Only the broker's end may keep
// an order waiting; what an outage forbids is refused with a word, and all is well again once the server is back.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Stack } from '../../stack/stack.ts';
import { eventually } from '../support/servers.ts';
import { ownStack } from './support/own-stack.ts';
import type { Scene } from './support/scene.ts';
import { goesOn, lastOf, openScene, openService, underLoad } from './support/scene.ts';

/** What a fault beside the way of an order may cost: a stall of a crowded machine, no outage. */
const noOutageMsMax = 5_000;
/** From the death of the broker on. Where the machine needs long to start the broker itself, that time comes on top. */
const answeringAgainMsMax = 30_000;
const afterBrokerMsMax = 20_000;
const withinMs = 20_000;
const testMsMax = 150_000;
const whole = 'api,writer,projector';
let stack: Stack;
let scene: Scene;

beforeAll(async () => {
  stack = await ownStack();
  scene = await openScene('servers');
  await openService(scene, whole);
  await openService(scene, whole);
}, 240_000);

afterAll(async () => {
  await scene.close();
  await stack.stop();
}, 90_000);

/** Status of a request that is made until it is this one. */
async function statusBecomes(wanted: number, path: string): Promise<void> {
  const is = async (): Promise<boolean> => (await lastOf(scene).get(path)).status === wanted;
  await eventually(is, { withinMs, what: `${wanted} of GET ${path}` });
}

test(
  'kill -9 of Redis: orders go on without it',
  async () => {
    await underLoad(scene, 'kill -9 of Redis', { gapMsMax: noOutageMsMax }, async (load) => {
      await stack.kill('redis');
      await goesOn(load);
      await stack.start('redis');
    });
  },
  testMsMax,
);

test(
  'kill -9 of Postgres: orders go on, reads are refused, and the views catch up afterwards',
  async () => {
    await underLoad(scene, 'kill -9 of Postgres', { gapMsMax: noOutageMsMax }, async (load, { plenty }) => {
      await stack.kill('postgres');
      await statusBecomes(503, `/v1/products/${plenty[0]}`);
      await goesOn(load);
      await stack.start('postgres');
      await statusBecomes(200, `/v1/products/${plenty[0]}`);
    });
  },
  testMsMax,
);

test(
  'kill -9 of the registry: everything that runs goes on, and a start waits for it',
  async () => {
    await underLoad(scene, 'kill -9 of the registry', { gapMsMax: noOutageMsMax }, async (load) => {
      await stack.kill('registry');
      await goesOn(load);
      const log: string[] = [];
      const late = scene.ledger.start(whole, {}, log);
      const waits = (): boolean => log.some((line) => line.includes('the schema registry does not answer'));
      await eventually(waits, { withinMs, what: 'a start that waits for the registry' });
      await stack.start('registry');
      await late;
    });
  },
  testMsMax,
);

test(
  'kill -9 of the broker: orders are refused with a word meanwhile, and decided again within 30 s',
  async () => {
    let brokerMs = 0;
    const fault = async (): Promise<void> => {
      const killedAt = performance.now();
      await stack.kill('kafka');
      await statusBecomes(503, '/health/ready');
      await stack.start('kafka');
      brokerMs = Math.round(performance.now() - killedAt);
      console.log(`kill -9 of the broker: the broker itself is back after ${brokerMs} ms`);
    };
    const gapMsMax = (): number => Math.max(answeringAgainMsMax, brokerMs + afterBrokerMsMax);
    const { statuses } = await underLoad(scene, 'kill -9 of the broker', { gapMsMax }, fault);
    expect(statuses[503]).toBeGreaterThan(0);
    expect(Object.keys(statuses).filter((status) => !['200', '201', '202', '409', '503'].includes(status))).toEqual([]);
  },
  testMsMax,
);
