// How many verbs a service runs for replays: room is taken before anything is entered, and given back in the end.
import { expect, test } from '@jest/globals';
import { createRunner } from '../../src/cli/replay/runner.ts';

const limits = { replaysMax: 1, replayHeapMbMax: 100 };
const never = new AbortController().signal;

test('room that was reserved is taken, before anything runs and until it has ended', async () => {
  const ends: (() => void)[] = [];
  const runner = createRunner(limits, () => {
    const { promise, resolve } = Promise.withResolvers<{ code: number; report: string; words: string }>();
    ends.push(() => resolve({ code: 0, report: '', words: '' }));
    return promise;
  });
  const slot = runner.reserve();
  expect(() => runner.reserve()).toThrow(/Other replays are under way/);
  const running = slot.run(['replay'], never);
  expect(() => runner.reserve()).toThrow(/Other replays are under way/);
  ends[0]?.();
  expect((await running).code).toBe(0);
  const next = runner.reserve();
  next.release();
  runner.reserve();
});

test('a verb that cannot be run gives its room back, and the end of the service ends what runs', async () => {
  const runner = createRunner(limits, (_args, signal) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(new Error('ended')));
    return promise;
  });
  const running = runner.reserve().run(['replay'], never);
  await Promise.all([expect(running).rejects.toThrow('ended'), runner.stop()]);
  runner.reserve();
  expect(runner.stopping.aborted).toBe(true);
});
