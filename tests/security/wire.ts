// Requests as bytes: what fetch would never send. Every answer is read until the other side closes or falls silent.
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';

export interface WireAnswer {
  /** 0 where nothing came before the end. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Whether the service closed the connection. */
  readonly closed: boolean;
}

const silenceMs = 400;
const answerMsMax = 20_000;

/** Sends bytes and reads what comes; `silence` is how long nothing more may come before that is the answer, ms. */
export function send(url: string, bytes: string | Buffer, silence = silenceMs): Promise<WireAnswer> {
  const { promise, resolve } = Promise.withResolvers<WireAnswer>();
  const socket = connect(url);
  const chunks: Buffer[] = [];
  const finish = (closed: boolean): void => {
    clearTimeout(limit);
    socket.destroy();
    resolve(parse(Buffer.concat(chunks).toString('latin1'), closed));
  };
  const limit = setTimeout(() => finish(false), answerMsMax);
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    // Nothing has to come within a time; but once something has, its end is soon there.
    socket.setTimeout(silence, () => finish(false));
  });
  // A service that closes while it is still being written to resets the connection.
  socket.on('error', () => finish(true));
  socket.on('close', () => finish(true));
  socket.write(bytes);
  return promise;
}

/** A connection to the service; its errors are ignored, as it is there to be closed. */
export function connect(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  return socket;
}

/** The bytes of a request; `lines` follow its request line as they are. */
export function request(method: string, target: string, lines: readonly string[] = [], body = ''): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: ledger', ...lines, '', body].join('\r\n');
}

function parse(text: string, closed: boolean): WireAnswer {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  return { status, head: head.toLowerCase(), body: end < 0 ? '' : text.slice(end + 4), closed };
}
