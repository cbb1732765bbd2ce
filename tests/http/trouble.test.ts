// When the log does not do what it should: what is sent again, what is given up, and who is told to come back.
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { Claims } from '../../src/http/claims.ts';
import { LogError } from '../../src/log/port.ts';
import { accepted, given, order, orderRow, refused } from './flow-support.ts';
import { eventually } from '../support/servers.ts';
import type { Body } from './support.ts';
import { asService, playedClient, playedViews } from './support.ts';

describe('trouble with the log', () => {
  const claimsOf = (log: string[], held: number | null = null): Claims => ({
    take: (id) => {
      log.push(`take ${id}`);
      return Promise.resolve(held === null ? { kind: 'taken' } : { kind: 'held', partition: held });
    },
    release: (id) => {
      log.push(`release ${id}`);
      return Promise.resolve();
    },
  });

  test('nothing was sent: 503, and the claim is given up', async () => {
    const log: string[] = [];
    const client = playedClient(() => Promise.reject(new LogError('unavailable', 'no broker')));
    const answer = await order(await given({ client, claims: claimsOf(log) }));
    expect([answer.statusCode, answer.json<Body>().code, answer.headers['retry-after']]).toEqual([
      503,
      'dependency_down',
      '2',
    ]);
    expect(client.submitted).toHaveLength(1);
    expect(log.map((entry) => entry.split(' ')[0])).toEqual(['take', 'release']);
  });

  test('a claim of an earlier request is not given up', async () => {
    const log: string[] = [];
    const client = playedClient(() => Promise.reject(new LogError('unavailable', 'no broker')));
    await order(await given({ client, claims: claimsOf(log, client.partitionOf('a')) }));
    expect(log.map((entry) => entry.split(' ')[0])).toEqual(['take']);
  });

  test('the key was used in another partition: 422, and nothing is sent', async () => {
    const client = playedClient();
    const answer = await order(await given({ client, claims: claimsOf([], 7 - client.partitionOf('a')) }));
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([422, 'idempotency_key_reused']);
    expect(client.submitted).toEqual([]);
  });

  test('a send of unknown fate is sent once more under the same identity, and its outcome is the answer', async () => {
    const log: string[] = [];
    const client = playedClient((sends, played, command) => {
      if (sends === 2) queueMicrotask(() => played.say(accepted(command, 0)));
      return sends === 1 ? Promise.reject(new LogError('unknown', 'no answer')) : Promise.resolve(1);
    });
    const answer = await order(await given({ client, claims: claimsOf(log) }));
    expect(answer.statusCode).toBe(201);
    const [first, second] = client.submitted;
    expect(second).toEqual(first);
    expect(log.map((entry) => entry.split(' ')[0])).toEqual(['take']);
  });

  test('never acknowledged and no outcome: 503 at the deadline, and the claim stays', async () => {
    const log: string[] = [];
    const client = playedClient(() => Promise.reject(new LogError('unknown', 'no answer')));
    const answer = await order(await given({ client, claims: claimsOf(log) }));
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([503, 'dependency_down']);
    expect(client.submitted).toHaveLength(2);
    expect(log.map((entry) => entry.split(' ')[0])).toEqual(['take']);
  });

  test('an answer that never comes ends at the deadline', async () => {
    const client = playedClient(() => Promise.withResolvers<number>().promise);
    const answer = await order(await given({ client }));
    expect([answer.statusCode, answer.json<Body>().code]).toEqual([503, 'dependency_down']);
  });

  test('a command that came too late is made once more, then given up', async () => {
    const late = playedClient((sends, played, command) => {
      queueMicrotask(() => played.say(refused(command, sends - 1, 'too_late', false)));
      return Promise.resolve(sends - 1);
    });
    const answer = await order(await given({ client: late }));
    expect([answer.statusCode, answer.json<Body>().code, late.submitted.length]).toEqual([
      503,
      'writer_unavailable',
      2,
    ]);
    const once = playedClient((sends, played, command) => {
      queueMicrotask(() => played.say(sends === 1 ? refused(command, 0, 'too_late', false) : accepted(command, 1)));
      return Promise.resolve(sends - 1);
    });
    expect((await order(await given({ client: once }))).statusCode).toBe(201);
  });

  test('while Kafka is away orders are answered 503 at once, and reads say that they may be old', async () => {
    const client = playedClient();
    client.up = false;
    const row = orderRow('00059a6f-7b0c-8000-8000-000000000001');
    const app = await given({ client, views: playedViews({ orders: [row] }) });
    expect((await order(app)).json<Body>().code).toBe('dependency_down');
    expect(client.submitted).toEqual([]);
    const read = await app.inject({ url: `/v1/orders/${row.order_id}`, headers: asService });
    expect([read.statusCode, read.headers['ledger-stale']]).toEqual([200, 'true']);
    const list = await app.inject({ url: '/v1/orders', headers: asService });
    expect([list.statusCode, list.headers['ledger-stale']]).toEqual([200, 'true']);
  });

  test('a client that hangs up leaves the queue; its command stands', async () => {
    const client = playedClient();
    const app = await given({ client, env: { LEDGER_OUTCOME_WAIT_MS_MAX: '60000' } });
    const url = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
    const waiting = async () => /^ledger_waiters (\d+)$/m.exec((await app.inject({ url: '/metrics' })).payload)?.[1];
    const body = '{"lines":[{"product_id":"a","quantity":1}]}';
    const socket = connect(Number(url.port), url.hostname);
    socket.write(
      `POST /v1/orders HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: ${asService.authorization}\r\n` +
        `Idempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await eventually(async () => (await waiting()) === '1', { withinMs: 5_000 });
    socket.destroy();
    await eventually(async () => (await waiting()) === '0', { withinMs: 5_000 });
    expect(client.submitted).toHaveLength(1);
  });

  test('too many waiting requests: 503 at once', async () => {
    const client = playedClient();
    const app = await given({ client, env: { LEDGER_WAITERS_MAX: '1', LEDGER_OUTCOME_WAIT_MS_MAX: '1000' } });
    const first = order(app, {}, 'k1');
    while (client.submitted.length === 0) await new Promise(setImmediate);
    const second = await order(app, {}, 'k2');
    expect([second.statusCode, second.json<Body>().code, second.headers['retry-after']]).toEqual([
      503,
      'overloaded',
      '1',
    ]);
    const [sent] = client.submitted;
    if (sent !== undefined) client.say(accepted(sent.command, 0));
    expect((await first).statusCode).toBe(201);
  });
});
