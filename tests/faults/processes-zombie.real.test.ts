// A process falls asleep with work in hand, is given up, and wakes up while its successor sells: what it writes then
// counts for nobody, neither in the journal nor in the views.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LedgerProcess } from '../support/ledger.ts';
import type { Load } from '../support/load.ts';
import { eventually } from '../support/servers.ts';
import type { Scene } from './support/scene.ts';
import { goesOn, openScene, openService, underLoad } from './support/scene.ts';

const answeringAgainMsMax = 12_000;
const sleepMs = 40_000;
const wakesMsMax = 30_000;
const testMsMax = 200_000;
const sleepsMax = 4;
/** So patient that it takes up, after its sleep, the answers that had come in meanwhile: the worst kind of sleeper. */
const patient = { LEDGER_KAFKA_REQUEST_TIMEOUT_MS: '60000', LEDGER_POSTGRES_TIMEOUT_MS: '60000' };
let scene: Scene;
let sleeper: LedgerProcess;

beforeAll(async () => {
  scene = await openScene('zombie');
  sleeper = await scene.ledger.start('writer,projector', patient);
  await scene.ledger.start('writer,projector');
  await openService(scene, 'api');
}, 120_000);

afterAll(() => scene.close(), 60_000);

/** Sleeps until the other one has taken everything over, sells, and `atLeastMs` are over. */
async function sleepThrough(load: Load, atLeastMs: number): Promise<void> {
  const from = performance.now();
  sleeper.signal('SIGSTOP');
  await goesOn(load);
  await eventually(() => performance.now() - from > atLeastMs, { withinMs: atLeastMs + 1_000, what: 'a long sleep' });
  const logged = sleeper.log.length;
  sleeper.signal('SIGCONT');
  await eventually(() => sleeper.log.length > logged, { withinMs: wakesMsMax, what: 'a word of the one that woke up' });
}

test(
  'a process that wakes up with stale work in hand changes nothing',
  async () => {
    let voids = 0;
    // It must have written, or this would have shown nothing; it may have fallen asleep with empty hands.
    for (let sleep = 1; voids === 0 && sleep <= sleepsMax; sleep++) {
      const name = `a process asleep until its successor sells, ${sleep}`;
      const { history } = await underLoad(scene, name, { gapMsMax: answeringAgainMsMax }, (load) =>
        sleepThrough(load, 0),
      );
      voids = history.voids;
    }
    expect(voids).toBeGreaterThan(0);
  },
  testMsMax,
);

test(
  'SIGSTOP of a writer for 40 s, another one takes over and sells, SIGCONT',
  async () => {
    await underLoad(scene, 'a process asleep for 40 s', { gapMsMax: answeringAgainMsMax, thinkMs: 100 }, (load) =>
      sleepThrough(load, sleepMs),
    );
  },
  testMsMax,
);
