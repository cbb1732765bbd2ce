// HTTP room: answers on the bare connection, to what Node's parser does not take as HTTP or what took too long.
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
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

/** Answers with a problem and closes the connection. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = codes.get(error.code) ?? 'bad_request';
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
