// What Node's parser and the service make of bytes that are hardly HTTP, over a real connection.
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlayedClient } from '../http/support.ts';
import { appOf, playedClient, tokens } from '../http/support.ts';
import { connect, request, send } from './wire.ts';

const bearer = `Authorization: Bearer ${tokens.operator}`;
const json = 'Content-Type: application/json';

let client: PlayedClient;
let app: FastifyInstance;
let url: string;
beforeAll(async () => {
  client = playedClient();
  // The times are those of the settings' table divided by thirty, so that nobody has to wait for them.
  const env = {
    LEDGER_HEADERS_TIMEOUT_MS: '500',
    LEDGER_REQUEST_TIMEOUT_MS: '1000',
    LEDGER_CONNECTION_TIMEOUT_MS: '2000',
    LEDGER_CONNECTIONS_CHECK_MS: '100',
    LEDGER_CONNECTIONS_MAX: '20',
  };
  app = await appOf({ client, env });
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  expect(client.submitted).toEqual([]);
  await app.close();
});

const headers = (count: number) => Array.from({ length: count }, (_, i) => `a${i}: b`);
const order = (lines: readonly string[], body: string) =>
  request('POST', '/v1/orders', [bearer, json, 'Idempotency-Key: k', ...lines], body);

describe('bytes that are no request of ours', () => {
  test.each<[string, string, number, string]>([
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'bad_request'],
    ['a method that nobody knows', request('FOO', '/v1/orders'), 400, 'bad_request'],
    ['TLS', '\u0016\u0003\u0001\u0000\u0000\r\n\r\n', 400, 'bad_request'],
    ['no Host', 'GET /health/live HTTP/1.1\r\n\r\n', 400, 'bad_request'],
    ['two Hosts', request('GET', '/health/live', ['Host: other']), 400, 'bad_request'],
    ['a bare line feed in a header', request('GET', '/health/live', ['A: b\nC: d']), 400, 'bad_request'],
    ['NUL in a header', request('GET', '/health/live', ['A: b\u0000c']), 400, 'bad_request'],
    ['a bare carriage return', request('GET', '/health/live', ['A: b\rC: d']), 400, 'bad_request'],
    ['a space before the colon', request('GET', '/health/live', ['A : b']), 400, 'bad_request'],
    ['a folded header', request('GET', '/health/live', ['A: b', ' c']), 400, 'bad_request'],
    ['NUL in the path', request('GET', '/v1/products/a\u0000b', [bearer]), 400, 'bad_request'],
    ['17 KB of headers', request('GET', '/health/live', [`A: ${'x'.repeat(17_000)}`]), 431, 'headers_too_large'],
    ['2,001 headers', request('GET', '/health/live', headers(2_001)), 431, 'headers_too_large'],
    ['101 headers', request('GET', '/health/live', headers(100)), 431, 'headers_too_large'],
    ['an address of 8 KB', request('GET', `/v1/orders?reference=${'x'.repeat(8_192)}`, [bearer]), 414, 'uri_too_long'],
    ['a path that cannot be read', request('GET', '/v1/orders/%zz', [bearer]), 404, 'not_found'],
    ['a part of a path of 257', request('GET', `/v1/orders/${'x'.repeat(257)}`, [bearer]), 404, 'not_found'],
    ['two credentials', request('GET', '/v1/orders', [bearer, bearer]), 401, 'unauthenticated'],
    [
      'a length and chunks',
      order(['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
      400,
      'bad_request',
    ],
    ['two lengths', order(['Content-Length: 2', 'Content-Length: 3'], '{}'), 400, 'bad_request'],
    ['a length that is none', order(['Content-Length: -1'], '{}'), 400, 'bad_request'],
    [
      'a coding after chunks',
      order(['Transfer-Encoding: chunked, identity'], '2\r\n{}\r\n0\r\n\r\n'),
      400,
      'bad_request',
    ],
    ['chunks of no size', order(['Transfer-Encoding: chunked'], 'zz\r\n{}\r\n0\r\n\r\n'), 400, 'bad_request'],
    ['a body that is too long', order(['Content-Length: 1048577'], '{'), 413, 'body_too_large'],
    ['2 GB announced', order(['Content-Length: 2147483648'], '{'), 413, 'body_too_large'],
  ])('%s', async (_, bytes, status, code) => {
    const answer = await send(url, bytes);
    expect([answer.status, bodyOf(answer.body)]).toEqual([status, expect.objectContaining({ code, status })]);
    expectSafe(answer);
  });

  test('what follows a good request is nothing, but that request has its answer', async () => {
    const answer = await send(url, order(['Content-Length: 2'], '{}GARBAGE\r\n\r\n'));
    expect([answer.status, answer.closed]).toEqual([422, true]);
    expect(answer.body).not.toContain('HTTP/1.1');
  });

  test('more chunks than a body may have', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const answer = await send(url, order(['Transfer-Encoding: chunked'], chunk.repeat(20)));
    expect([answer.status, bodyOf(answer.body)]).toEqual([413, expect.objectContaining({ code: 'body_too_large' })]);
  });

  test('as many headers as are allowed are read', async () => {
    expect((await send(url, request('GET', '/health/live', headers(99)))).status).toBe(200);
  });
});

describe('paths that a client would have tidied up', () => {
  test.each([
    '/v1/./orders',
    '/v1/x/../orders',
    '/v1/%2e/orders',
    '/v1/x/%2e%2e/orders',
    '/v1/orders/../../.git/config',
    '/docs/../.git/config',
    '/docs/%2e%2e/package.json',
    '/docs/static/../../../../package.json',
    '/v1\\orders',
    'v1/orders',
    '*',
  ])('%s leads nowhere', async (path) => {
    const answer = await send(url, request('GET', path, [bearer]));
    expect([404, 400]).toContain(answer.status);
    expect(answer.body).not.toContain('"data"');
    expectSafe(answer);
  });
});

describe('connections that are too slow', () => {
  test.each([
    ['headers that do not end', 'GET /health/live HTTP/1.1\r\nHost: ledger\r\nA: '],
    ['a body that does not come', order(['Content-Length: 100'], '{')],
    ['chunks that do not come', order(['Transfer-Encoding: chunked'], '1\r\n{\r\n')],
  ])('%s: 408', async (_, bytes) => {
    const answer = await send(url, bytes);
    expect([answer.status, bodyOf(answer.body)]).toEqual([408, expect.objectContaining({ code: 'request_timeout' })]);
    expect(answer.closed).toBe(true);
    expectSafe(answer);
  });

  test('one that says nothing is closed', async () => {
    const answer = await send(url, '');
    expect(answer.closed).toBe(true);
  });

  test('one too many is closed at once, and the next one is not', async () => {
    const held = Array.from({ length: 20 }, () => connect(url));
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    expect(await send(url, request('GET', '/health/live'))).toMatchObject({ status: 0, closed: true });
    const ended = held.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of held) socket.destroy();
    await Promise.all(ended);
    await waitForRoom();
    expect((await send(url, request('GET', '/health/live', ['Connection: close']))).status).toBe(200);
  });
});

describe('every answer', () => {
  test.each([
    ['200', request('GET', '/health/live', ['Connection: close'])],
    ['401', request('GET', '/v1/orders', ['Connection: close'])],
    ['404', request('GET', '/nothing', ['Connection: close'])],
    ['405', request('TRACE', '/v1/orders', ['Connection: close', 'X-Secret: canary'])],
    ['422', request('GET', '/v1/orders?x=1', [bearer, 'Connection: close'])],
  ])('%s carries the security headers and no banner', async (status, bytes) => {
    const answer = await send(url, bytes);
    expect(answer.status).toBe(Number(status));
    expectSafe(answer);
    // TRACE must not send back what it was sent.
    expect(answer.head + answer.body).not.toContain('canary');
  });
});

function bodyOf(text: string): unknown {
  return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
}

function expectSafe({ head, body }: { readonly head: string; readonly body: string }): void {
  expect(head).toMatch(/^x-trace-id: [a-z0-9-]{8,64}$/m);
  expect(head).toMatch(/^x-content-type-options: nosniff$/m);
  expect(head).toMatch(/^x-frame-options: deny$/m);
  expect(head).toMatch(/^content-security-policy: default-src 'none'/m);
  expect(head).not.toMatch(/^(server|x-powered-by):/m);
  expect(head + body).not.toMatch(/fastify|node_modules|\.ts:|stack|v?\d+\.\d+\.\d+/i);
}

/** The server hears of a closed connection a moment after its client does. */
async function waitForRoom(): Promise<void> {
  const count = (): Promise<number> =>
    new Promise((resolve, reject) =>
      app.server.getConnections((error, connections) => (error === null ? resolve(connections) : reject(error))),
    );
  while ((await count()) > 0) await new Promise((resolve) => setImmediate(resolve));
}
