// POST /v1/audits before the audit itself: who may, what is passed on, and what becomes of a missing report.
import { expect, test } from '@jest/globals';
import type { Audits } from '../../src/http/room.ts';
import type { Body } from './support.ts';
import { appOf, asOperator, asService } from './support.ts';

const report = { ok: false, findings: [{ rule: 'oversold' }] };

/** Over a real connection, because the route sets how long that may be silent. */
async function ask(run: Audits['run'], path = '/v1/audits', headers: { readonly authorization: string } = asOperator) {
  const app = await appOf({ audits: { run } });
  try {
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers: { ...headers, connection: 'close' } });
    return { statusCode: answer.status, headers: answer.headers, body: (await answer.json()) as Body };
  } finally {
    await app.close();
  }
}

test('the report is answered with 200, whatever it says', async () => {
  const asked: unknown[] = [];
  const run: Audits['run'] = (options) => {
    asked.push(options);
    return Promise.resolve(report);
  };
  const answer = await ask(run);
  expect([answer.statusCode, answer.body]).toEqual([200, report]);
  await ask(run, '/v1/audits?at_rest=true');
  expect(asked).toEqual([{ atRest: false }, { atRest: true }]);
});

test('while another one is under way: 503 overloaded, with Retry-After', async () => {
  const answer = await ask(() => Promise.resolve(null));
  expect([answer.statusCode, answer.body.code]).toEqual([503, 'overloaded']);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('without a report: 503 dependency_down, and nothing of what went wrong inside', async () => {
  const answer = await ask(() => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:9092')));
  expect([answer.statusCode, answer.body.code]).toEqual([503, 'dependency_down']);
  expect(JSON.stringify(answer.body)).not.toMatch(/ECONNREFUSED|10\.0\.0\.7/);
});

test('a key without the permission: 403; a query that the route does not know: 422', async () => {
  const never: Audits['run'] = () => Promise.reject(new Error('must not run'));
  expect((await ask(never, '/v1/audits', asService)).statusCode).toBe(403);
  expect((await ask(never, '/v1/audits?deep=true')).statusCode).toBe(422);
});
