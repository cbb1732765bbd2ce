// The end of the service: nobody who has sent a request is left without its answer, and nothing holds the end up.
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { eventually } from '../support/servers.ts';
import { firstLineOf } from './connections.ts';
import { accepted } from './flow-support.ts';
import type { PlayedClient } from './support.ts';
import { appOf, asService, playedClient } from './support.ts';

interface Heard {
  readonly status: number | string;
  readonly connection: string | undefined;
}

/** Asks on a connection of the agent; an error is told by its code. */
function ask(url: URL, agent: Agent, path: string, key?: string): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<Heard>();
  const order = { ...asService, 'content-type': 'application/json', 'idempotency-key': key };
  const asking = request(new URL(path, url), key === undefined ? { agent } : { agent, method: 'POST', headers: order });
  asking.on('response', (answer) => {
    answer.resume();
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection }));
  });
  asking.on('error', (error: NodeJS.ErrnoException) => resolve({ status: error.code ?? '', connection: undefined }));
  asking.end(key === undefined ? undefined : '{"lines":[{"product_id":"a","quantity":1}]}');
  return promise;
}

async function listening(client: PlayedClient, env: { readonly [name: string]: string } = {}) {
  const app = await appOf({ client, env: { LEDGER_OUTCOME_WAIT_MS_MAX: '60000', ...env } });
  return { app, url: new URL(await app.listen({ port: 0, host: '127.0.0.1' })) };
}

const refusesNew = async (url: URL, app: FastifyInstance): Promise<boolean> =>
  !app.server.listening && (await ask(url, new Agent(), '/health/live')).status === 'ECONNREFUSED';

test('a request under way is answered, and so is one that comes on an open connection; new ones are refused', async () => {
  const client = playedClient();
  const { app, url } = await listening(client);
  const [busy, idle] = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
  expect(await ask(url, idle, '/health/ready')).toEqual({ status: 200, connection: 'keep-alive' });
  const underWay = ask(url, busy, '/v1/orders', 'k');
  await eventually(() => client.submitted.length === 1, { withinMs: 5_000 });

  const closed = app.close();
  await eventually(() => refusesNew(url, app), { withinMs: 5_000 });
  expect(await ask(url, idle, '/health/ready')).toEqual({ status: 503, connection: 'close' });
  const [sent] = client.submitted;
  if (sent !== undefined) client.say(accepted(sent.command, 0));
  expect(await underWay).toEqual({ status: 201, connection: 'close' });
  await closed;
}, 20_000);

test('where no connection is open the end takes no time', async () => {
  const { app, url } = await listening(playedClient(), { LEDGER_DRAIN_MS: '60000', LEDGER_SHUTDOWN_MS_MAX: '600000' });
  await ask(url, new Agent(), '/health/live');
  await app.close();
}, 20_000);

test('a connection that says nothing, and a request without an end, hold nobody up', async () => {
  const { app, url } = await listening(playedClient(), { LEDGER_DRAIN_MS: '50', LEDGER_SHUTDOWN_MS_MAX: '500' });
  const [silent, halfway] = [connect(Number(url.port), url.hostname), connect(Number(url.port), url.hostname)];
  halfway.write(
    `POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: ${asService.authorization}\r\nIdempotency-Key: k\r\n` +
      'Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
  );
  await eventually(async () => (await connectionsOf(app)) === 2, { withinMs: 5_000 });
  const ends = [silent, halfway].map((socket) => once(socket.resume(), 'close'));
  await app.close();
  await Promise.all(ends);
}, 20_000);

test('whoever had connected before the end is answered, however many wait to be taken in', async () => {
  const { app, url } = await listening(playedClient(), { LEDGER_DRAIN_MS: '7000' });
  const sockets = Array.from({ length: 200 }, () => connect(Number(url.port), url.hostname));
  const answers = sockets.map(firstLineOf);
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await connectionsOf(app)).toBeLessThan(sockets.length);
  const closed = app.close();
  const lines = await Promise.all(answers);
  expect(lines.filter((line) => !line.startsWith('HTTP/1.1 '))).toEqual([]);
  await closed;
}, 20_000);

function connectionsOf(app: FastifyInstance): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  app.server.getConnections((_error, count) => resolve(count));
  return promise;
}
