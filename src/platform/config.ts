// The only reader of the environment. Every limit of the ledger stands here with its name, default and unit; all
// faults are reported at once.
import { z } from 'zod';
import type { CrashAt } from './crash-points.ts';
import { crashPoints } from './crash-points.ts';
import { httpLimits } from './http-limits.ts';
import { logLimits } from './log-limits.ts';
import { workerLimits } from './worker-limits.ts';
import { replayLimits } from './replay-limits.ts';
import type { Environment, ReadSetting, Setting } from './setting.ts';
import { list, readSetting, setting, whole } from './setting.ts';

const crashAt = z
  .string()
  .regex(new RegExp(`^(never|(${crashPoints.join('|')})(:[1-9]\\d{0,8})?)$`))
  .transform((text): CrashAt | null => {
    const [name, nth = '1'] = text.split(':');
    const point = crashPoints.find((one) => one === name);
    return point === undefined ? null : { point, nth: Number(nth) };
  });

/** Every setting: its variable, what it accepts, its default and its meaning. README's table is made from it. */
export const settings = {
  port: setting('PORT', whole(0, 65_535), '3000', 'TCP port of the HTTP service; 0 for any free one.'),
  host: setting('HOST', z.string().min(1), '127.0.0.1', 'Address it listens on.'),
  kafkaBrokers: setting('KAFKA_BROKERS', list, '127.0.0.1:9092', 'Kafka brokers, host:port, comma separated.'),
  schemaRegistryUrl: setting(
    'SCHEMA_REGISTRY_URL',
    z.url(),
    'http://127.0.0.1:8081/apis/ccompat/v7',
    'Schema registry with the Confluent API.',
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    z.string().min(1),
    'postgres://ledger:ledger@127.0.0.1:5432/ledger',
    'Postgres of the projections and API keys.',
  ),
  redisUrl: setting('REDIS_URL', z.string().min(1), 'redis://127.0.0.1:6379', 'Redis of claims and leaderboards.'),
  logLevel: setting(
    'LOG_LEVEL',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
    'Least severe level that is logged.',
  ),
  topicPrefix: setting(
    'LEDGER_TOPIC_PREFIX',
    z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
    'ledger',
    'First part of the topic and group names; one prefix is one ledger.',
  ),
  partitions: setting(
    'LEDGER_PARTITIONS',
    whole(1, 1_000),
    '8',
    'Partitions of both topics; fixed for the life of a ledger.',
  ),
  replicationFactor: setting(
    'LEDGER_REPLICATION_FACTOR',
    whole(1, 9),
    '1',
    'Copies of each partition that `ledger prepare` asks for.',
  ),
  currency: setting(
    'LEDGER_CURRENCY',
    z.string().regex(/^[A-Z]{3}$/),
    'USD',
    'ISO 4217 code used where none is given.',
  ),
  expireAfterS: setting(
    'LEDGER_EXPIRE_AFTER_S',
    whole(1, 31_536_000),
    '900',
    'Seconds after which an unpaid order may expire.',
  ),
  repeatWindowS: setting(
    'LEDGER_REPEAT_WINDOW_S',
    whole(0, 86_400),
    '0',
    "Seconds within which the same customer's equal order under another key is refused as repeated_order; 0: never.",
  ),
  keyRememberS: setting(
    'LEDGER_KEY_REMEMBER_S',
    // An order's id is the same for a key within 12 hours: a key that is forgotten sooner would name two orders alike.
    whole(43_200, 2_592_000),
    '86400',
    'Seconds of log time for which an Idempotency-Key is remembered; at least 12 hours.',
  ),
  unkeyedRememberS: setting(
    'LEDGER_UNKEYED_REMEMBER_S',
    whole(60, 86_400),
    '600',
    'Seconds of log time for which a command without a key is remembered.',
  ),
  claimsMax: setting(
    'LEDGER_CLAIMS_MAX',
    whole(1, 100_000_000),
    '1000000',
    'Idempotency keys whose partition Redis remembers at most.',
  ),
  outcomeWaitMsMax: setting(
    'LEDGER_OUTCOME_WAIT_MS_MAX',
    whole(1, 60_000),
    '5000',
    'Milliseconds that a request waits for its decision before it is answered 202.',
  ),
  waitersMax: setting(
    'LEDGER_WAITERS_MAX',
    whole(1, 1_000_000),
    '10000',
    'Requests that may wait for a decision at one API instance; more are answered 503.',
  ),
  waitersPerPartitionMax: setting(
    'LEDGER_WAITERS_PER_PARTITION_MAX',
    whole(1, 1_000_000),
    '5000',
    'The same for one partition.',
  ),
  writerStalledMsMax: setting(
    'LEDGER_WRITER_STALLED_MS_MAX',
    whole(100, 600_000),
    '10000',
    'Milliseconds that the oldest request of a partition may wait before new ones are answered 503.',
  ),
  decisionLateMs: setting(
    'LEDGER_DECISION_LATE_MS',
    whole(10, 60_000),
    '1000',
    'Milliseconds that a decision may take; after a later one new requests of its partition are answered 503 until those that wait are decided.',
  ),
  turnMsMax: setting(
    'LEDGER_TURN_MS_MAX',
    whole(10, 60_000),
    '250',
    'Milliseconds for which one turn of the event loop takes requests in; the rest of what has arrived by then is answered 503.',
  ),
  viewWaitMsMax: setting(
    'LEDGER_VIEW_WAIT_MS_MAX',
    whole(0, 60_000),
    '2000',
    'Milliseconds that a read waits for the projection to catch up.',
  ),
  viewPollMs: setting(
    'LEDGER_VIEW_POLL_MS',
    whole(1, 1_000),
    '4',
    "Milliseconds between two looks at the projection's checkpoints while a read waits.",
  ),
  ...httpLimits,
  credentialCacheMs: setting(
    'LEDGER_CREDENTIAL_CACHE_MS',
    whole(0, 600_000),
    '60000',
    'Milliseconds for which a verified credential is trusted without asking Postgres.',
  ),
  credentialCacheMax: setting(
    'LEDGER_CREDENTIAL_CACHE_MAX',
    whole(1, 1_000_000),
    '10000',
    'Credentials kept in that cache.',
  ),
  shutdownMsMax: setting('LEDGER_SHUTDOWN_MS_MAX', whole(100, 600_000), '10000', 'Milliseconds from SIGTERM to exit.'),
  drainMs: setting(
    'LEDGER_DRAIN_MS',
    whole(0, 60_000),
    '1000',
    'Milliseconds after SIGTERM in which open connections may still bring requests.',
  ),
  healthTimeoutMs: setting(
    'LEDGER_HEALTH_TIMEOUT_MS',
    whole(100, 60_000),
    '2000',
    'Milliseconds after which a server that does not answer counts as down in /health.',
  ),
  ...logLimits,
  ...workerLimits,
  projectorBatchMax: setting(
    'LEDGER_PROJECTOR_BATCH_MAX',
    whole(1, 100_000),
    '5000',
    'Events applied in one transaction.',
  ),
  projectorQueueMax: setting(
    'LEDGER_PROJECTOR_QUEUE_MAX',
    whole(1, 1_000_000),
    '20000',
    'Events of one partition that a projector holds before it pauses the partition.',
  ),
  followRestMs: setting(
    'LEDGER_FOLLOW_REST_MS',
    whole(0, 1_000),
    '75',
    'Milliseconds for which projectors and payment workers leave the journal alone after events of it, so that the next fetch brings more.',
  ),
  ...replayLimits,
  postgresPoolMax: setting(
    'LEDGER_POSTGRES_POOL_MAX',
    whole(1, 1_000),
    '10',
    'Connections to Postgres of one process.',
  ),
  postgresTimeoutMs: setting(
    'LEDGER_POSTGRES_TIMEOUT_MS',
    whole(100, 600_000),
    '5000',
    'Milliseconds to connect to Postgres, and for one read.',
  ),
  figuresDaysMax: setting(
    'LEDGER_FIGURES_DAYS_MAX',
    whole(1, 10_000),
    '366',
    'Days that one request for figures may cover.',
  ),
  auditMsMax: setting(
    'LEDGER_AUDIT_MS_MAX',
    whole(1, 86_400_000),
    '600000',
    'Milliseconds that an audit asked for over HTTP may take before it is ended.',
  ),
  redisTimeoutMs: setting('LEDGER_REDIS_TIMEOUT_MS', whole(10, 60_000), '250', 'Milliseconds for one answer of Redis.'),
  mirrorTimeoutMs: setting(
    'LEDGER_MIRROR_TIMEOUT_MS',
    whole(100, 600_000),
    '10000',
    'Milliseconds for one answer of Redis to a projector, which writes much at once.',
  ),
  mirrorChangesMax: setting(
    'LEDGER_MIRROR_CHANGES_MAX',
    whole(1, 10_000_000),
    '200000',
    'Changes of leaderboards that may wait for Redis in a projector; with more, Redis is built anew from Postgres when it answers.',
  ),
  crashAt: setting(
    'CRASH_AT',
    crashAt,
    'never',
    `For tests: \`point:n\` kills the process at its n-th pass of ${crashPoints.join(', ')}.`,
  ),
} as const;

export type Config = {
  readonly [K in keyof typeof settings]: (typeof settings)[K] extends Setting<infer T> ? T : never;
};

export class ConfigError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : 'faults'}:\n${faults.map((f) => `  ${f}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** Every setting as an environment has it, acceptable or not. */
export function readSettings(env: Environment = process.env): readonly (ReadSetting & { readonly name: string })[] {
  return Object.entries(settings).map(([name, setting]) => ({ name, ...readSetting(setting, env) }));
}

/** Reads the settings from an environment. An empty variable counts as absent. @throws ConfigError naming every fault */
export function readConfig(env: Environment = process.env): Config {
  const all = readSettings(env);
  const faults = all.flatMap(({ fault }) => (fault === null ? [] : [fault]));
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.fromEntries(all.map(({ name, value }) => [name, value])) as Config;
}
