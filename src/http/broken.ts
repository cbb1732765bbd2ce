// HTTP room: answers on the bare connection, to what Node's parser does not take as HTTP or what took too long.
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { problemType } from './failures.ts';
import type { ProblemCode } from './problems.ts';
import { problemBody, problems } from './problems.ts';

const codes = new Map<string | undefined, ProblemCode>([
  ['HPE_HEADER_OVERFLOW', 'headers_too_large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
]);

/** What the app's own answers carry, as far as it means something for one of JSON. */
const securityHeaders = [
  "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy: same-origin',
  'Referrer-Policy: no-referrer',
  'X-Content-Type-Options: nosniff',
  'X-Frame-Options: DENY',
];

export interface BrokenRequests {
  /** @returns how many requests of its connection are under way now */
  begun(request: IncomingMessage): number;
  answered(request: IncomingMessage): void;
  /** Answers with a problem and closes the connection. */
  answer(error: NodeJS.ErrnoException, socket: Socket): void;
}

/**
 * Keeps account of the requests under way, because what follows one of them on its connection may be broken while it,
 * read whole, is being done: that nothing was done must not be taken for its answer. `said` hears of every answer.
 */
export function createBrokenRequests(said: (code: ProblemCode) => void): BrokenRequests {
  const underWay = new WeakMap<Socket, Set<IncomingMessage>>();
  const doomed = new WeakSet<Socket>();
  return {
    begun: (request) => {
      const { socket } = request;
      const some = underWay.get(socket) ?? new Set();
      underWay.set(socket, some.add(request));
      return some.size;
    },
    answered: (request) => {
      const { socket } = request;
      const some = underWay.get(socket);
      if (some?.delete(request) === true && some.size === 0 && doomed.has(socket)) socket.destroySoon();
    },
    answer: (error, socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
      else if ([...(underWay.get(socket) ?? [])].some(({ complete }) => complete)) doomed.add(socket);
      else {
        const code = codes.get(error.code) ?? 'bad_request';
        said(code);
        sayWhy(code, socket);
      }
    },
  };
}

function sayWhy(code: ProblemCode, socket: Socket): void {
  const traceId = randomUUID();
  const body = JSON.stringify(problemBody(code, {}, { instance: '', traceId }));
  const { status } = problems[code];
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Trace-Id: ${traceId}`,
    ...securityHeaders,
    'Connection: close',
  ];
  // Destroyed once it is written: a client that goes on sending would hold the connection open.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
