// What callers over HTTP hear of a verb that ran beside the service, and what they hear while its servers are away.
import { afterAll, expect, test } from '@jest/globals';
import type { Said } from '../../src/cli/child-verb.ts';
import { createLogParts } from '../../src/cli/parts.ts';
import { createReplays } from '../../src/cli/replays.ts';
import { refusalOf, reportOf } from '../../src/cli/verb-answers.ts';
import { problemOfError } from '../../src/http/failures.ts';
import { readConfig } from '../../src/platform/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createPool } from '../../src/platform/postgres.ts';

const said = (given: Partial<Said>): Said => ({ code: 1, report: '', words: '', ...given });
const words = 'ledger: connect ECONNREFUSED 10.0.0.7:5432\n    at main.ts:7';

test.each([
  [said({ report: '{"not_ready": "the replay is running"}', words }), 'replay_not_ready', 'the replay is running.'],
  [said({ report: '{"refused": "it differs", "diff": {}}', words }), 'replay_differs', 'it differs.'],
  [said({ words }), 'dependency_down', undefined],
  [said({ code: null, report: '{"refu', words }), 'dependency_down', undefined],
  [said({ report: '[1', words }), 'dependency_down', undefined],
])('a verb that said %j: %s', (ended, code, detail) => {
  const problem = refusalOf(ended);
  expect([problem.code, problem.facts.detail]).toEqual([code, detail]);
});

test('why a verb failed goes to the log', () => {
  expect(refusalOf(said({ words })).facts.cause).toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
});

test('a report counts whatever the exit code; half of one does not', () => {
  expect(reportOf(said({ report: '{"ok": false}' }))).toEqual({ ok: false });
  for (const report of ['', '{"ok": fal', 'null', '7']) {
    expect(() => reportOf(said({ code: null, report }))).toThrow(expect.objectContaining({ code: 'dependency_down' }));
  }
});

// Nobody listens on these ports.
const config = readConfig({
  LOG_LEVEL: 'silent',
  KAFKA_BROKERS: '127.0.0.1:1',
  DATABASE_URL: 'postgres://nobody:nothing@127.0.0.1:1/none',
});
const logger = createLogger(config);
const { log, topics } = createLogParts(config, logger, 'test');
const pool = createPool(config, logger);
const replays = createReplays({ config, logger, log, topic: topics.events, pool });
afterAll(async () => {
  await replays.stop();
  await Promise.all([pool.end(), log.close()]);
});

const id = '3f0d1c1e-0000-4000-8000-000000000001';
const { signal } = new AbortController();
test.each([
  ['start', () => replays.start({ projection: 'kpi', activate: false })],
  ['list', () => replays.list({ kind: 'cursor', limit: 1, after: null })],
  ['find', () => replays.find(id)],
  ['diff', () => replays.diff(id, signal)],
  ['activate', () => replays.activate(id, false, signal)],
  ['rollback', () => replays.rollback(id, signal)],
  ['drop', () => replays.drop(id)],
])(
  '%s of a replay with Kafka and Postgres away: 503 dependency_down',
  async (_name, ask) => {
    const error = await ask().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(problemOfError(error).code).toBe('dependency_down');
  },
  60_000,
);
