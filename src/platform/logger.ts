// Platform room: the log of a process, one JSON line an event on standard output; secrets never reach it.
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { Config } from './config.ts';

export type { Logger };

const secrets = ['authorization', 'cookie', 'password', 'token', 'key', 'api_key', 'hash', 'databaseUrl', 'redisUrl'];

/** Makes the logger of a process. `destination` is standard output unless a test wants to read the lines. */
export function createLogger(config: Pick<Config, 'logLevel'>, destination?: DestinationStream): Logger {
  const options = {
    level: config.logLevel,
    base: { pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    redact: {
      paths: secrets.flatMap((name) => [name, `*.${name}`, `*.headers.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
