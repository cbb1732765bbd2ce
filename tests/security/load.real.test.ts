// Clients that take more than their share of a real process: of its connections, its time, its memory. Others must not
// feel it, and the process must not grow by it.
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/platform/config.ts';
import type { LedgerProcess, TestLedger } from '../support/ledger.ts';
import { prepareLedger } from '../support/ledger.ts';
import { eventually } from '../support/servers.ts';
import { connect, request, send } from './wire.ts';

const megabyte = 1_048_576;
const growthMax = 50 * megabyte;
const healthyMsMax = 500;
const slowClients = 500;
const { pipelinedMax } = readConfig({});
const headersMs = 4_000;
const testMsMax = 60_000;

let ledger: TestLedger;
let service: LedgerProcess;
let bearer: string;

beforeAll(async () => {
  ledger = await prepareLedger('greedy', 2);
  // A quarter of what they are by default and less, so that nobody has to wait for them.
  service = await ledger.start('api,writer,projector', {
    LEDGER_HEADERS_TIMEOUT_MS: String(headersMs),
    LEDGER_REQUEST_TIMEOUT_MS: '6000',
    LEDGER_CONNECTION_TIMEOUT_MS: '5000',
    LEDGER_CONNECTIONS_CHECK_MS: '250',
  });
  bearer = `Authorization: Bearer ${ledger.key}`;
  // What is loaded with the first requests is no growth.
  for (let i = 0; i < 20; i++) {
    await healthyMs();
    await Promise.all(Array.from({ length: 50 }, async () => (await fetch(`${service.url}/openapi.json`)).text()));
  }
}, 120_000);
afterAll(() => ledger.close(), 30_000);

describe('slow clients', () => {
  test(
    '500 that send a byte at a time are cut off, and do not slow others down',
    async () => {
      const sockets = Array.from({ length: slowClients }, () => connect(service.url));
      let open = sockets.length;
      for (const socket of sockets) socket.once('close', () => (open -= 1));
      const started = performance.now();
      const head = request('GET', '/v1/orders', [bearer, `X-Slow: ${'x'.repeat(400)}`]);
      const times: number[] = [];
      for (let sent = 0; open > 0; sent++) {
        expect(performance.now() - started).toBeLessThan(testMsMax - 10_000);
        for (const socket of sockets) if (socket.writable) socket.write(head.charAt(sent % 300));
        times.push(await healthyMs());
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(performance.now() - started).toBeGreaterThan(headersMs - 500);
      expect(times.length).toBeGreaterThan(10);
      expect(percentile(times, 0.95)).toBeLessThan(healthyMsMax);
    },
    testMsMax,
  );

  test(
    'those that ask for much and read nothing are cut off, and cost little memory',
    async () => {
      const size = (await (await fetch(`${service.url}/openapi.json`)).arrayBuffer()).byteLength;
      const before = await memory();
      const sockets = Array.from({ length: 20 }, () => connect(service.url));
      const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets) {
        socket.pause();
        socket.write(request('GET', '/openapi.json').repeat(200));
      }
      const highest = await highestWhile(Promise.all(closed.map((one, i) => Promise.race([one, cutOff(sockets[i])]))));
      // Of the 200 answers that each asked for, no more lie in memory than a client may ask for ahead of reading.
      expect(highest - before).toBeLessThan(sockets.length * pipelinedMax * size + growthMax);
      for (const socket of sockets) socket.destroy();
    },
    testMsMax,
  );
});

describe('big requests', () => {
  test(
    'a body that goes on and on in chunks is cut off',
    async () => {
      const before = await memory();
      const chunk = `100000\r\n${'x'.repeat(megabyte)}\r\n`;
      const lines = [bearer, 'Content-Type: application/json', 'Idempotency-Key: k', 'Transfer-Encoding: chunked'];
      const { sent, answer } = await pour(request('POST', '/v1/orders', lines), chunk, 2_048);
      // A client that goes on writing to a closed connection may lose what came before that.
      expect(answer).toMatch(/^$|^HTTP\/1.1 413 .*"code":"body_too_large"/s);
      // What lies in the buffers of both sides when the service closes.
      expect(sent).toBeLessThan(64);
      expect((await memory()) - before).toBeLessThan(growthMax);
    },
    testMsMax,
  );

  test(
    'a bomb of gzip is not unpacked',
    async () => {
      const before = await memory();
      const bomb = gzipSync(Buffer.alloc(256 * megabyte, ' '));
      const reply = await fetch(`${service.url}/v1/orders`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${ledger.key}`,
          'content-type': 'application/json',
          'content-encoding': 'gzip',
          'idempotency-key': 'bomb',
        },
        body: bomb,
      });
      expect(bomb.length).toBeLessThan(megabyte);
      expect([reply.status, await reply.json()]).toEqual([
        415,
        expect.objectContaining({ code: 'unsupported_media_type' }),
      ]);
      expect((await memory()) - before).toBeLessThan(growthMax);
    },
    testMsMax,
  );

  test(
    'deep bodies leave nothing behind',
    async () => {
      await sendDeep(100);
      const before = await memory();
      await sendDeep(100);
      await eventually(async () => (await memory()) - before < growthMax, { withinMs: 10_000, what: 'memory' });
    },
    testMsMax,
  );
});

/** Bodies whose JSON is 100,000 deep, five at once. */
async function sendDeep(count: number): Promise<void> {
  const body = `{"lines":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  const lines = [bearer, 'Content-Type: application/json', 'Idempotency-Key: k', 'Connection: close'];
  const bytes = request('POST', '/v1/orders', [...lines, `Content-Length: ${body.length}`], body);
  for (let i = 0; i < count; i += 5) {
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(service.url, bytes)));
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422]);
  }
}

/** How long somebody waits who does nothing wrong, ms: a connection of its own, and rows of the database. */
async function healthyMs(): Promise<number> {
  const started = performance.now();
  const answer = await send(service.url, request('GET', '/v1/products', [bearer, 'Connection: close']));
  expect(answer.status).toBe(200);
  return performance.now() - started;
}

function percentile(times: readonly number[], share: number): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length * share)] ?? Number.NaN;
}

/** Resident bytes of the process. */
async function memory(): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const bytes = Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
  if (Number.isNaN(bytes)) throw new Error(`no memory in ${text.slice(0, 1_000)}`);
  return bytes;
}

async function highestWhile(work: Promise<unknown>): Promise<number> {
  let done = false;
  void work.finally(() => (done = true));
  let highest = 0;
  while (!done) {
    highest = Math.max(highest, await memory());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return highest;
}

/** Resolves when the service has let go of a socket that does not read: writing to it fails. */
async function cutOff(socket: Socket | undefined): Promise<void> {
  while (socket?.writable === true) {
    socket.write('\r\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Sends a head and then a chunk over and over, at most `times`; answers how often, and what came back. */
async function pour(
  head: string,
  chunk: string,
  times: number,
): Promise<{ readonly sent: number; readonly answer: string }> {
  const socket = connect(service.url);
  let answer = '';
  socket.on('data', (data) => (answer += data.toString('latin1')));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(head);
  let sent = 0;
  for (; sent < times && socket.writable; sent++) {
    if (socket.write(chunk)) continue;
    await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  await closed;
  return { sent, answer };
}
