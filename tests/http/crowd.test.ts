// A crowd that connects at once is let in before the first of it is served; nobody waits for that beyond the limit.
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { request } from '../security/wire.ts';
import { eventually } from '../support/servers.ts';
import { firstLineOf } from './connections.ts';
import { accepted } from './flow-support.ts';
import { appOf, asService, playedClient } from './support.ts';

const crowd = 200;
const body = '{"lines":[{"product_id":"a","quantity":1}]}';
const json = ['Content-Type: application/json', `Content-Length: ${body.length}`];

/** A crowd of buyers orders at once. @returns how many were let in when the first order came to the ledger */
async function letInAtFirstOrder(crowdMsMax: number): Promise<number> {
  let letIn = 0;
  let atFirst = 0;
  const client = playedClient((sends) => {
    if (sends === 1) atFirst = letIn;
    return Promise.resolve(sends - 1);
  });
  const app = await appOf({ client, env: { LEDGER_CROWD_MS_MAX: String(crowdMsMax) } });
  app.server.on('connection', () => {
    letIn += 1;
  });
  const url = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
  const answers = Array.from({ length: crowd }, (_, i) => {
    const socket = connect(Number(url.port), url.hostname);
    const lines = [`Authorization: ${asService.authorization}`, 'Connection: close', `Idempotency-Key: k${i}`, ...json];
    socket.write(request('POST', '/v1/orders', lines, body));
    return firstLineOf(socket);
  });
  await eventually(() => client.submitted.length === crowd, { withinMs: 10_000 });
  client.submitted.forEach(({ command }, i) => client.say(accepted(command, i)));
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['HTTP/1.1 201 Created']));
  await app.close();
  return atFirst;
}

test('all of a crowd are in before the first order is put to the ledger', async () => {
  expect(await letInAtFirstOrder(10_000)).toBe(crowd);
}, 30_000);

test('where there is no time to wait for others, who is in is served', async () => {
  expect(await letInAtFirstOrder(0)).toBeLessThan(crowd);
}, 30_000);
