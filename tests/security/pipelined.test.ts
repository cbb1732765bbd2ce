// A client that asks for much more than it reads: Node takes every request that has arrived and keeps every answer.
import { afterEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { appOf } from '../http/support.ts';
import { request, send } from './wire.ts';

let app: FastifyInstance;
afterEach(() => app.close());

async function statuses(count: number): Promise<readonly string[]> {
  app = await appOf({ env: { LEDGER_PIPELINED_MAX: '4' } });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const { head, body, closed } = await send(url, request('GET', '/health').repeat(count));
  return [...`${head}\r\n\r\n${body}`.matchAll(/http\/1\.1 (\d{3})/gi)]
    .map(([, status = '']) => status)
    .concat(closed ? ['closed'] : []);
}

test('as many requests of one connection as are allowed are all answered', async () => {
  expect(await statuses(4)).toEqual(['200', '200', '200', '200']);
});

test('one more is answered 503, and the connection is closed', async () => {
  expect(await statuses(50)).toEqual(['200', '200', '200', '200', '503', 'closed']);
});
