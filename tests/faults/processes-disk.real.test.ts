// The broker's disk gets full under load. Nothing that was acknowledged is lost, nobody is told of an order that is not
// in the log, and with space again and the broker started again all goes on.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { foldersOf } from '../../stack/folders.ts';
import type { Stack } from '../../stack/stack.ts';
import { eventually } from '../support/servers.ts';
import { ownStack } from './support/own-stack.ts';
import type { Scene } from './support/scene.ts';
import { lastOf, openScene, openService, underLoad } from './support/scene.ts';
import type { SmallDisk } from './support/small-disk.ts';
import { mountSmallDisk } from './support/small-disk.ts';

const diskMegabytes = 96;
/** What is left when the fault begins: some orders more fit in. */
const leftBytes = 400_000;
const withinMs = 60_000;
const testMsMax = 180_000;
const dir = mkdtempSync(join(tmpdir(), 'ledger-small-disk-'));
let disk: SmallDisk;
let stack: Stack;
let scene: Scene;

/** What was opened, to be closed the other way round; where nothing may be mounted, nothing was. */
const atEnd: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  atEnd.push(() => [dir, ...foldersOf(dir).elsewhere].forEach((one) => rmSync(one, { recursive: true, force: true })));
  disk = mountSmallDisk(foldersOf(dir).data('kafka'), diskMegabytes);
  atEnd.push(disk.unmount);
  stack = await ownStack({ provider: 'native', dir });
  atEnd.push(() => stack.stop());
  scene = await openScene('disk');
  atEnd.push(() => scene.close());
  await openService(scene, 'api,writer,projector');
  await openService(scene, 'api,writer,projector');
}, 240_000);

afterAll(async () => {
  for (const close of atEnd.reverse()) await close();
}, 120_000);

test(
  'the disk of the broker is full',
  async () => {
    const { statuses } = await underLoad(scene, 'disk full under the broker', { gapMsMax: testMsMax }, async () => {
      disk.fill(leftBytes);
      // A broker that cannot write its only log ends itself.
      await eventually(() => stack.pid('kafka') === undefined, { withinMs, what: 'the end of the broker' });
      const notReady = async (): Promise<boolean> => (await lastOf(scene).get('/health/ready')).status === 503;
      await eventually(notReady, { withinMs, what: 'a service that says it takes no orders' });
      disk.clear();
      await stack.start('kafka');
    });
    expect(statuses[503]).toBeGreaterThan(0);
    expect(Object.keys(statuses).filter((status) => !['200', '201', '202', '409', '503'].includes(status))).toEqual([]);
  },
  testMsMax,
);
