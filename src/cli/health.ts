// What /health says: asked of the servers and roles when somebody asks, at most 200 ms old.
import { statfs } from 'node:fs/promises';
import { loadavg } from 'node:os';
import type { Pool } from 'pg';
import type { Generation } from '../../projections/generations.ts';
import { activeGenerations } from '../../projections/generations.ts';
import type { Checkpoints } from '../../projections/projection.ts';
import { shipped } from '../../projections/registry.ts';
import { createRedisSink, redisBase } from '../../projections/sinks/redis.ts';
import type { HealthReport } from '../http/room.ts';
import { within } from '../http/timer.ts';
import type { Ends, Log, LogRecord } from '../log/port.ts';
import type { Config } from '../platform/config.ts';
import { watchEventLoop } from '../platform/event-loop.ts';
import type { Redis } from '../platform/redis.ts';

export type RoleReport = HealthReport['roles'][string];

export interface HealthSources {
  readonly config: Pick<Config, 'schemaRegistryUrl' | 'healthTimeoutMs' | 'topicPrefix'>;
  readonly log: Log;
  readonly eventsTopic: string;
  readonly pool: Pool;
  readonly redis: Redis;
  readonly roles: () => { readonly [name: string]: RoleReport };
  /** The broker's clock, ms since the epoch. */
  readonly brokerNow: () => number;
}

type Services = HealthReport['services'];
type Projections = HealthReport['projections'];

const freshMs = 200;

/** Makes the function behind /health. It never rejects: what does not answer is down. */
export function createHealth(sources: HealthSources): () => Promise<HealthReport> {
  const eventLoopMs = watchEventLoop();
  let last: { readonly at: number; readonly report: Promise<HealthReport> } | null = null;

  async function compose(): Promise<HealthReport> {
    const { log, pool, redis, eventsTopic, config } = sources;
    const msMax = config.healthTimeoutMs;
    let ends: ReadonlyMap<number, Ends> = new Map();
    const [kafka, registry, postgres, cache, disk_free] = await Promise.all([
      ask(msMax, async () => (ends = await log.ends(eventsTopic))),
      ask(msMax, () => askRegistry(config)),
      ask(msMax, () => pool.query('SELECT 1')),
      ask(msMax, () => redis.ping()),
      diskFree(),
    ]);
    const services: Services = { kafka, registry, postgres, redis: cache };
    const areUp = postgres.status === 'up' && kafka.status === 'up';
    const roles = sources.roles();
    const memory = process.memoryUsage();
    const well = Object.values(services).every(({ status }) => status === 'up');
    const working = Object.values(roles).every(({ status }) => status === 'ok');
    return {
      status: well && working ? 'ok' : 'degraded',
      services,
      roles,
      projections: areUp ? await knownLags(sources, ends) : {},
      system: {
        rss: memory.rss,
        heap: memory.heapUsed,
        event_loop_ms: eventLoopMs(),
        load: loadavg(),
        disk_free,
      },
      timestamp: new Date().toISOString(),
    };
  }

  return () => {
    const now = performance.now();
    if (last === null || now - last.at > freshMs) last = { at: now, report: compose() };
    return last.report;
  };
}

async function ask(msMax: number, question: () => Promise<unknown>): Promise<Services['kafka']> {
  const started = performance.now();
  try {
    if ((await within(question(), msMax)) === 'passed') return { status: 'down', ms: null };
    return { status: 'up', ms: Math.round(performance.now() - started) };
  } catch {
    // That it failed is the answer.
    return { status: 'down', ms: null };
  }
}

async function askRegistry({ schemaRegistryUrl, healthTimeoutMs }: HealthSources['config']): Promise<void> {
  const answer = await fetch(`${schemaRegistryUrl}/subjects`, { signal: AbortSignal.timeout(healthTimeoutMs) });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`the registry answers ${answer.status}`);
}

/** Nothing where it cannot be told: Postgres may go, or have no tables, after it answered. */
async function knownLags(sources: HealthSources, ends: ReadonlyMap<number, Ends>): Promise<Projections> {
  try {
    const known = await within(lags(sources, ends), sources.config.healthTimeoutMs);
    return known === 'passed' ? {} : known;
  } catch {
    // The figures are for people; that a server is in trouble stands in `services`.
    return {};
  }
}

/** Lag of every active generation: end of the journal minus its checkpoint, over all partitions. */
async function lags(sources: HealthSources, ends: ReadonlyMap<number, Ends>): Promise<Projections> {
  const checkpoints = await sources.pool.query<{
    projection: string;
    generation: number;
    partition: number;
    next: number;
  }>('SELECT projection, generation, partition, next_offset AS next FROM ledger.checkpoints');
  const active = await activeGenerations(sources.pool);
  const entries = active.map(async (one): Promise<readonly [string, Projections[string]]> => {
    const { projection, generation } = one;
    const own = checkpoints.rows.filter((row) => row.projection === projection && row.generation === generation);
    const inRedis = await redisCheckpoints(sources, one);
    if (inRedis === 'unknown') return [projection, { generation, lag_events: null, lag_ms: null }];
    const behind = [...ends].map(([partition, { high }]) => {
      const stored = own.find((row) => row.partition === partition)?.next ?? 0;
      const next = inRedis === null ? stored : Math.min(stored, inRedis.get(partition) ?? 0);
      return { partition, next, events: Math.max(0, high - next) };
    });
    const lag_events = behind.reduce((sum, { events }) => sum + events, 0);
    const worst = behind.reduce((a, b) => (b.events > a.events ? b : a), { partition: 0, next: 0, events: 0 });
    const lag_ms = worst.events === 0 ? 0 : await age(sources, worst);
    return [projection, { generation, lag_events, lag_ms }];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** How far what is read from Redis has come; null where a generation is read from Postgres. */
async function redisCheckpoints(
  { redis, config }: HealthSources,
  generation: Generation,
): Promise<Checkpoints | null | 'unknown'> {
  const projection = shipped.find((one) => one.projection.name === generation.projection)?.projection;
  if (projection?.tables.some(({ rankings }) => rankings !== undefined) !== true) return null;
  try {
    return await createRedisSink(redis, { base: redisBase(config.topicPrefix, generation), projection }).checkpoints();
  } catch {
    // The figure is for people; that Redis is in trouble stands in `services`.
    return 'unknown';
  }
}

/** How long ago the first event that is not applied was written, ms. */
async function age(
  sources: HealthSources,
  { partition, next }: { partition: number; next: number },
): Promise<number | null> {
  const records: LogRecord[] = [];
  try {
    const range = { topic: sources.eventsTopic, partition, from: next, to: next + 1 };
    await sources.log.read(range, (page) => void records.push(...page));
  } catch {
    // The figure is for people; that Kafka is in trouble stands in `services`.
    return null;
  }
  const [record] = records;
  return record === undefined ? null : Math.max(0, sources.brokerNow() - record.at);
}

async function diskFree(): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs('/');
    return bavail * bsize;
  } catch {
    return null;
  }
}
