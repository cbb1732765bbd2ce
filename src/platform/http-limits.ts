// Platform room: how much of a request the HTTP service takes, and how long it waits for it.
import { setting, whole } from './setting.ts';

export const httpLimits = {
  bodyBytesMax: setting('LEDGER_BODY_BYTES_MAX', whole(1_024, 67_108_864), '1048576', 'Bytes of a request body.'),
  urlCharsMax: setting(
    'LEDGER_URL_CHARS_MAX',
    whole(256, 65_536),
    '8000',
    "Characters of a request's path and query; more are answered 414.",
  ),
  headerBytesMax: setting(
    'LEDGER_HEADER_BYTES_MAX',
    whole(2_048, 1_048_576),
    '16384',
    'Bytes of the request line and headers; more are answered 431.',
  ),
  headersMax: setting('LEDGER_HEADERS_MAX', whole(20, 2_000), '100', 'Headers of a request; more are answered 431.'),
  connectionsMax: setting(
    'LEDGER_CONNECTIONS_MAX',
    whole(10, 1_000_000),
    '10000',
    'Open connections of the HTTP service; more are closed at once.',
  ),
  connectionsBacklog: setting(
    'LEDGER_CONNECTIONS_BACKLOG',
    whole(1, 65_535),
    '4096',
    'New connections that may wait to be taken; the kernel lowers it to net.core.somaxconn. More must try again.',
  ),
  crowdMsMax: setting(
    'LEDGER_CROWD_MS_MAX',
    whole(0, 10_000),
    '100',
    'Milliseconds for which requests wait while new connections come in, so that a crowd is let in before it is served.',
  ),
  pipelinedMax: setting(
    'LEDGER_PIPELINED_MAX',
    whole(1, 10_000),
    '16',
    'Requests of one connection that may be under way at once; one more is answered 503, and the connection is closed.',
  ),
  headersTimeoutMs: setting(
    'LEDGER_HEADERS_TIMEOUT_MS',
    whole(100, 600_000),
    '15000',
    'Milliseconds for the request line and headers to arrive.',
  ),
  connectionsCheckMs: setting(
    'LEDGER_CONNECTIONS_CHECK_MS',
    whole(50, 60_000),
    '5000',
    'Milliseconds between two looks for connections that are too slow; a limit of time is kept that exactly.',
  ),
  requestTimeoutMs: setting(
    'LEDGER_REQUEST_TIMEOUT_MS',
    whole(100, 600_000),
    '30000',
    'Milliseconds for a request to arrive whole.',
  ),
  connectionTimeoutMs: setting(
    'LEDGER_CONNECTION_TIMEOUT_MS',
    whole(100, 600_000),
    '65000',
    'Milliseconds of silence after which a connection is closed.',
  ),
} as const;
