// /v1/replays before the replays themselves: who may, what is passed on, and how what the rooms below say is answered.
import { expect, test } from '@jest/globals';
import { Problem } from '../../src/http/problems.ts';
import type { ReplayOrder, Replays } from '../../src/http/room.ts';
import type { Body } from './support.ts';
import { appOf, asOperator, asService } from './support.ts';

const never = (): Promise<never> => Promise.reject(new Error('must not be asked'));
const all: Replays = {
  start: never,
  list: never,
  find: never,
  diff: never,
  activate: never,
  rollback: never,
  drop: never,
};
const replay = { replay_id: '3f0d1c1e-0000-4000-8000-000000000001', projection: 'kpi', status: 'running' };

/** Over a real connection, because routes that take long set how long it may be silent. */
async function ask(method: string, path: string, replays: Partial<Replays>, body?: object, headers = asOperator) {
  const app = await appOf({ replays: { ...all, ...replays } });
  try {
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const payload = body === undefined ? {} : { body: JSON.stringify(body) };
    const type: { [name: string]: string } = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { ...headers, ...type, connection: 'close' },
      ...payload,
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: (text === '' ? {} : JSON.parse(text)) as Body };
  } finally {
    await app.close();
  }
}

test('a replay is begun: 202 with its address, and what was asked for is passed on', async () => {
  const orders: ReplayOrder[] = [];
  const start: Replays['start'] = (order) => {
    orders.push(order);
    return Promise.resolve(replay);
  };
  const asked = { projection: 'kpi', until: '2026-01-01T00:00:00Z', as: 'new-year', rate: 100, expires_in_s: 60 };
  const answer = await ask('POST', '/v1/replays', { start }, asked);
  expect([answer.status, answer.headers.get('location'), answer.body]).toEqual([
    202,
    `/v1/replays/${replay.replay_id}`,
    replay,
  ]);
  expect((await ask('POST', '/v1/leaderboards/rebuild', { start })).status).toBe(202);
  expect(orders).toEqual([
    { ...asked, activate: false },
    { projection: 'leaderboards', activate: true },
  ]);
});

test.each([
  {},
  { projection: 'kpi', activate: true },
  { projection: 'kpi', as: 'No Name' },
  { projection: 'kpi', rate: '5' },
  { projection: 'kpi', types: [] },
])('%j is refused', async (body) => {
  const answer = await ask('POST', '/v1/replays', {}, body);
  expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
});

test('one is shown, compared, read, rolled back and dropped by its id', async () => {
  const id = replay.replay_id;
  const heard: unknown[] = [];
  const replays: Partial<Replays> = {
    find: (one) => Promise.resolve({ ...replay, replay_id: one }),
    diff: (one) => Promise.resolve({ kind: 'compared', of: one }),
    activate: (one, despite) => {
      heard.push([one, despite]);
      return Promise.resolve(replay);
    },
    rollback: () => Promise.resolve(replay),
    drop: (one) => {
      heard.push(one);
      return Promise.resolve();
    },
  };
  expect((await ask('GET', `/v1/replays/${id}`, replays)).body).toEqual(replay);
  expect((await ask('GET', `/v1/replays/${id}/diff`, replays)).body).toEqual({ kind: 'compared', of: id });
  expect((await ask('POST', `/v1/replays/${id}/activate`, replays)).status).toBe(200);
  expect((await ask('POST', `/v1/replays/${id}/activate`, replays, { despite_differences: true })).status).toBe(200);
  expect((await ask('POST', `/v1/replays/${id}/rollback`, replays)).status).toBe(200);
  expect((await ask('DELETE', `/v1/replays/${id}`, replays)).status).toBe(204);
  expect(heard).toEqual([[id, false], [id, true], id]);
});

test('the list has pages like every list', async () => {
  const list: Replays['list'] = (paging) =>
    Promise.resolve({
      rows: [replay],
      next: paging.kind === 'cursor' ? 'abc' : null,
      total: paging.kind === 'page' ? 1 : null,
    });
  expect((await ask('GET', '/v1/replays?limit=1', { list })).body).toEqual({ data: [replay], next_cursor: 'abc' });
  const pages = (await ask('GET', '/v1/replays?page=1&per_page=10', { list })).body;
  expect(pages).toMatchObject({ data: [replay], meta: { page: 1, per_page: 10, total: 1, last_page: 1 } });
});

test('refusals are answered as they are: not ready, different, unknown, too many', async () => {
  const refuse = (problem: Problem) => (): Promise<never> => Promise.reject(problem);
  const answers = await Promise.all([
    ask('POST', '/v1/replays/x/activate', { activate: refuse(new Problem('replay_differs')) }),
    ask('DELETE', '/v1/replays/x', { drop: refuse(new Problem('replay_not_ready')) }),
    ask('GET', '/v1/replays/x', { find: refuse(new Problem('not_found')) }),
    ask('POST', '/v1/replays', { start: refuse(new Problem('overloaded')) }, { projection: 'kpi' }),
  ]);
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
    [409, 'replay_differs'],
    [409, 'replay_not_ready'],
    [404, 'not_found'],
    [503, 'overloaded'],
  ]);
});

test('a key that only orders: 403', async () => {
  expect((await ask('GET', '/v1/replays', {}, undefined, asService)).status).toBe(403);
  expect((await ask('POST', '/v1/leaderboards/rebuild', {}, undefined, asService)).status).toBe(403);
});
