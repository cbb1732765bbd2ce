// The end of a service: nothing that takes its time keeps readiness on.
import { expect, test } from '@jest/globals';
import { stopTogether } from '../../src/cli/stop-together.ts';
import { appOf } from '../http/support.ts';
import { eventually } from '../support/servers.ts';

test('readiness is off while an audit is still being ended', async () => {
  const app = await appOf();
  expect((await app.inject('/health/ready')).statusCode).toBe(200);
  const audit = Promise.withResolvers<void>();
  const ended = stopTogether([{ stop: () => app.close() }, { stop: () => audit.promise }]);
  try {
    const isReady = (): Promise<boolean> =>
      app.inject('/health/ready').then(
        ({ statusCode }) => statusCode === 200,
        () => false,
      );
    await eventually(async () => !(await isReady()), { withinMs: 10_000 });
  } finally {
    audit.resolve();
    await ended;
  }
});

test('all are ended although one cannot be, and its failure is heard', async () => {
  const ended: string[] = [];
  const fine = (name: string) => ({ stop: () => Promise.resolve(void ended.push(name)) });
  const broken = { stop: () => Promise.reject(new Error('it will not end')) };
  await expect(stopTogether([fine('a'), broken, fine('b')])).rejects.toThrow('it will not end');
  expect(ended).toEqual(['a', 'b']);
});
