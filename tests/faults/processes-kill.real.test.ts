// Processes of the ledger die under load: another one takes over within 12 s, and nothing that anybody was told is lost
// or done twice.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LedgerProcess } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';
import type { Scene } from './support/scene.ts';
import { lastOf, openScene, openService, underLoad } from './support/scene.ts';

const answeringAgainMsMax = 12_000;
const testMsMax = 150_000;
let scene: Scene;
let doomedApi: LedgerProcess;
let doomedWriter: LedgerProcess;
let doomedProjector: LedgerProcess;

beforeAll(async () => {
  scene = await openScene('kill');
  const { ledger } = scene;
  [doomedWriter, doomedProjector] = await Promise.all([ledger.start('writer'), ledger.start('projector')]);
  await Promise.all([ledger.start('writer'), ledger.start('projector')]);
  doomedApi = await openService(scene, 'api');
  await openService(scene, 'api');
}, 120_000);

afterAll(() => scene.close(), 60_000);

test(
  'kill -9 of a writer: the other one takes its partitions',
  async () => {
    await underLoad(scene, 'kill -9 of a writer', { gapMsMax: answeringAgainMsMax }, async () => {
      await doomedWriter.end('SIGKILL');
    });
  },
  testMsMax,
);

test(
  'kill -9 of the projector: orders go on, and reads are fresh again',
  async () => {
    await underLoad(scene, 'kill -9 of a projector', { gapMsMax: answeringAgainMsMax }, async (_load, { plenty }) => {
      const api = lastOf(scene);
      const killedAt = performance.now();
      await doomedProjector.end('SIGKILL');
      const isFresh = async (product: string): Promise<boolean> => {
        const { status, headers } = await api.get(`/v1/products/${product}`);
        return status === 200 && !headers.has('ledger-stale');
      };
      const areFresh = async (): Promise<boolean> => (await Promise.all(plenty.map(isFresh))).every(Boolean);
      await eventually(async () => !(await areFresh()), { withinMs: answeringAgainMsMax, what: 'a stale read' });
      await eventually(areFresh, { withinMs: answeringAgainMsMax, what: 'fresh reads of every product' });
      console.log(`kill -9 of a projector: fresh reads after ${Math.round(performance.now() - killedAt)} ms`);
    });
  },
  testMsMax,
);

test(
  'kill -9 of an API process: the other one answers, also for what the dead one had been asked',
  async () => {
    const { statuses } = await underLoad(
      scene,
      'kill -9 of an api process',
      { gapMsMax: answeringAgainMsMax },
      async () => {
        await doomedApi.end('SIGKILL');
        await openService(scene, 'api', 0);
      },
    );
    expect(statuses[0]).toBeGreaterThan(0);
  },
  testMsMax,
);
