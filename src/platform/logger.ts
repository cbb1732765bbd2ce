// Platform room: the log of a process, one JSON line an event on standard output; secrets never reach it.
import { types } from 'node:util';
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { Config } from './config.ts';
import { withoutSecrets } from './secrets.ts';

export type { Logger };

const secrets = ['authorization', 'cookie', 'password', 'token', 'key', 'api_key', 'hash', 'databaseUrl', 'redisUrl'];
const standardOutput = 1;
const causesMax = 5;

/** Makes the logger of a process. `destination` is standard output unless a test wants to read the lines. */
export function createLogger(
  config: Pick<Config, 'logLevel'>,
  destination: DestinationStream = pino.destination({ dest: standardOutput, sync: true }),
): Logger {
  const options = {
    level: config.logLevel,
    base: { pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: { err: (error: unknown) => plainError(error, causesMax) },
    redact: {
      paths: secrets.flatMap((name) => [name, `*.${name}`, `*.headers.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
  };
  return pino(options, { write: (line) => destination.write(withoutSecrets(line)) });
}

/** An error as it is logged. Clients put more into theirs: the command of Redis that failed, AUTH with its password. */
function plainError(error: unknown, causes: number): object {
  if (!types.isNativeError(error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: name,
    message,
    ...(typeof code === 'string' ? { code } : {}),
    stack,
    ...(cause === undefined || causes === 0 ? {} : { cause: plainError(cause, causes - 1) }),
  };
}
