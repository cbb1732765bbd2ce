// A start against a registry that answers before it knows what was registered.
import { expect, test } from '@jest/globals';
import { RegistryUnavailable, SchemaError } from '../../schemas/registry.ts';
import { outlastLack } from '../../src/cli/start-checks.ts';

const lack = new SchemaError('the registry lacks the schemas of A: run `ledger prepare`');
const silence = new RegistryUnavailable('no answer');

/** Asks a registry that gives these answers by turns, the last one for ever; time passes only in waits. */
async function start(answers: readonly (Error | string)[], signal = new AbortController().signal) {
  const lines: object[] = [];
  let asked = 0;
  let now = 0;
  const ask = async (): Promise<string> => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? '';
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const pace = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const logger = { warn: (facts: object) => void lines.push(facts) };
  const end = await outlastLack(ask, { schemasLackMsMax: 10_000, logger, pace, signal }).catch((err: unknown) => err);
  return { end, asked, now, lines };
}

test('schemas that turn up a little later let the start go on; the log says once what was missing', async () => {
  const { end, asked, lines } = await start([lack, lack, lack, 'ids']);
  expect([end, asked]).toEqual(['ids', 4]);
  expect(lines).toEqual([{ err: lack, ms: 10_000 }]);
});

test('a lack that lasts refuses the start as ever, after the time given for it', async () => {
  const { end, now, lines } = await start([lack]);
  expect([end, now, lines.length]).toEqual([lack, 10_000, 1]);
});

test('whatever else is wrong is not asked for again here', async () => {
  expect(await start([silence])).toMatchObject({ end: silence, asked: 1, lines: [] });
});

test('a stop ends the asking', async () => {
  expect(await start([lack], AbortSignal.abort('stop'))).toMatchObject({ end: 'stop', asked: 0 });
});
