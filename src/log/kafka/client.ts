// How this process talks to Kafka: time-outs, retries and logging of every kafkajs client, written down once.
import type { RetryOptions } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import { stopIdleTimers } from './idle-timer.ts';

/** The part of a pino logger that is used. */
export interface KafkaLogger {
  warn(details: object, message: string): void;
  debug(details: object, message: string): void;
  trace(details: object, message: string): void;
}

export interface KafkaClientOptions {
  /** host:port of some brokers. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Milliseconds that a request may go unanswered; appends have a limit of their own. */
  readonly requestTimeoutMs: number;
  readonly logger: KafkaLogger;
}

/** Waits and sizes that no setting changes, ms and bytes. */
export const limits = {
  connectTimeoutMs: 1_000,
  metadataMaxAgeMs: 300_000,
  /** A member that was killed is noticed after this long; heart-beats go out at a quarter of it. */
  sessionTimeoutMs: 6_000,
  heartbeatMs: 1_500,
  rebalanceTimeoutMs: 10_000,
  /** Whoever leaves a group waits no longer than this for a broker that is silent. */
  leaveMsMax: 3_000,
  /** A stored offset is a metric: nobody waits long for it. */
  commitMsMax: 1_000,
  /** How long the broker holds an empty fetch; also how late a resumed partition may be. */
  fetchWaitMs: 250,
  /** Partitions of one fetch that are handed over at once; of more, some wait until others have rested. */
  batchesAtOnceMax: 64,
  fetchBytesPerPartitionMax: 1_048_576,
  fetchBytesMax: 10_485_760,
  /** A whole read in one go: few long fetches, and no long poll at its end. */
  readWaitMs: 20,
  readBytesPerPartitionMax: 4_194_304,
  /** What is handed over of it at once: to fold that much takes some milliseconds. */
  readSliceBytes: 131_072,
  readSessionTimeoutMs: 30_000,
  /** A read that gets nothing for this long gives up. */
  readStallMsMax: 30_000,
  /** Back-off of whatever is tried again for ever. */
  backOffMs: 100,
  backOffMsMax: 2_000,
  /** A consumer that shows no sign of life for this long is replaced. */
  silentMsMax: 30_000,
} as const;

/**
 * Makes a kafkajs client of its own. One is made for each connection, because clients made by one `Kafka` share what
 * they think was committed, and two members of a group in one process disturb each other by it.
 */
export function createKafka(options: KafkaClientOptions, requestTimeoutMs: number, retries: number): Kafka {
  stopIdleTimers();
  return new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: limits.connectTimeoutMs,
    authenticationTimeout: limits.connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: retryOptions(retries),
    logLevel: logLevel.INFO,
    logCreator:
      () =>
      ({ namespace, level, log: { timestamp: _at, message, ...details } }) => {
        // What kafkajs calls an error it mostly tries again, many times; what is one is thrown or reported as trouble.
        const write = level > logLevel.INFO ? 'trace' : 'debug';
        options.logger[write]({ kafka: namespace, ...details }, message);
      },
  });
}

/** All of kafkajs' retry options: its defaults depend on NODE_ENV. */
export function retryOptions(retries: number): Required<Omit<RetryOptions, 'restartOnFailure'>> {
  return { retries, initialRetryTime: limits.backOffMs, maxRetryTime: limits.backOffMsMax, multiplier: 2, factor: 0.2 };
}
