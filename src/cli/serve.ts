// `ledger serve`: checks, then starts the roles that were asked for, and ends them in order. The one place where the
// rooms are wired together.
import type { FastifyInstance } from 'fastify';
import { startProjector } from '../../consumers/projector.ts';
import type { Mirrors } from '../../consumers/projector/mirrors.ts';
import { createMirrors } from '../../consumers/projector/mirrors.ts';
import type { RunningProjector } from '../../consumers/projector/options.ts';
import type { WriterRole } from '../../consumers/writer.ts';
import { startWriterRole } from '../../consumers/writer.ts';
import { createFigures } from '../../projections/figures.ts';
import { createViews } from '../../projections/views-postgres.ts';
import * as decider from '../domain/decider.ts';
import type { State } from '../domain/decider.ts';
import { stateCodec } from '../domain/snapshot.ts';
import { createApp, createVitalsApp } from '../http/app.ts';
import { findApiKey } from '../http/api-keys.ts';
import { createCredentials } from '../http/auth.ts';
import { createCustomers } from '../http/customers.ts';
import { createClaims } from '../http/claims.ts';
import { apiGroup, startLedgerClient } from '../log/client.ts';
import type { RunningClient } from '../log/client.ts';
import { createSnapshots } from '../log/snapshots.ts';
import type { AppendedBatch } from '../log/writer.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { nextTurn, realPace } from '../platform/pace.ts';
import { createRedis } from '../platform/redis.ts';
import type { Parts } from './connect.ts';
import { connect } from './connect.ts';
import { groupsOf } from './groups.ts';
import { createHealth } from './health.ts';
import { watchPartitions } from './partition-metrics.ts';
import { createProjectorMetrics } from './projector-metrics.ts';
import type { Roles } from './role-reports.ts';
import { reportRoles } from './role-reports.ts';
import type { RoleName } from './roles.ts';
import { withAdvice } from './replay/advice.ts';
import type { Stoppable } from './stop-together.ts';
import { stopTogether } from './stop-together.ts';
import { version } from './version.ts';
import { startWorkers } from './workers.ts';
import { createWriterMetrics } from './writer-metrics.ts';

export interface Serving {
  /** URL of the HTTP service; it listens in every role, for health and metrics. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts the roles in this process; resolves when they work.
 * @throws StartRefused and others when the ledger must not run like this; the signal's reason when stopped before
 */
export async function serve(
  config: Config,
  logger: Logger,
  roles: ReadonlySet<RoleName>,
  exit: (why: string) => void,
  signal: AbortSignal,
): Promise<Serving> {
  const running = new AsyncDisposableStack();
  try {
    const parts = await connect(config, logger, running, signal);
    // Ended after the projector, so that Redis gets what Postgres got.
    const mirrors = roles.has('projector') ? openMirrors(parts, running) : null;
    const started: Stoppable[] = [];
    // Nobody waits for an answer any more; where Kafka is silent each of them waits for its time-out.
    running.defer(() => stopTogether(started));
    const stopLater = <T extends Stoppable>(role: T): T => {
      started.push(role);
      return role;
    };
    let client: RunningClient | null = null;
    const appended = (batch: AppendedBatch): void => client?.appended(batch);
    const writer = roles.has('writer') ? stopLater(await startWriter(parts, exit, appended)) : null;
    const projector = mirrors === null ? null : stopLater(await startProjecting(parts, mirrors));
    // Workers put commands to the ledger as an API does, and in its process through the same connections.
    if (roles.has('api') || roles.has('workers'))
      client = stopLater(await startClient(parts, writer, roles.has('api')));
    const workerParts = {
      ...parts,
      trouble: parts.troubleOf('workers'),
      note: (error: unknown) => parts.lastErrors.note('workers', error),
    };
    // They end before what they ask.
    const startWorking = async (asked: RunningClient) =>
      running.adopt(await startWorkers(workerParts, asked), (role) => role.stop());
    const workers = roles.has('workers') && client !== null ? await startWorking(client) : null;
    const api = roles.has('api') ? client : null;
    watchPartitions(
      parts.metrics.registry,
      { writer, projector, workers },
      { ...parts, msMax: config.healthTimeoutMs },
    );
    // Together: readiness goes off at once, and requests under way hear how their audit or replay ended.
    const app = running.adopt(await createHttp(parts, { client: api, writer, projector, workers }), (http) =>
      stopTogether([{ stop: () => http.close() }, parts.audits, parts.replays]),
    );
    if (api !== null) parts.replays.resumeInterrupted();
    await app.listen({ port: config.port, host: config.host, backlog: config.connectionsBacklog });
    // In reverse: requests first, then what they rest on, so that nobody waits for an answer that can no longer come.
    return { url: urlOf(app), stop: () => running.disposeAsync() };
  } catch (error) {
    await running.disposeAsync();
    throw error;
  }
}

/** `appended` hears of every batch that stands, for the callers who wait in this process. */
function startWriter(
  parts: Parts,
  exit: (why: string) => void,
  appended: (batch: AppendedBatch) => void,
): Promise<WriterRole> {
  const { config, logger, topics, codec, metrics, lastErrors } = parts;
  const { events, snapshotEvents, ...hooks } = createWriterMetrics(metrics.registry, logger, (err) =>
    lastErrors.note('writer', err),
  );
  const snapshots = createSnapshots<State>({
    ...parts,
    ...snapshotEvents,
    states: stateCodec,
    topic: topics.snapshots,
    eventsTopic: topics.events,
    codeVersion: version,
    every: config.snapshotEvery,
    bytesPerEventMax: config.snapshotBytesPerEventMax,
    stopMsMax: config.snapshotStopMsMax,
    stepMsMax: config.snapshotStepMsMax,
    pace: realPace,
  });
  return startWriterRole<State>({
    ...parts,
    ...hooks,
    trouble: parts.troubleOf('writer'),
    events: {
      ...events,
      appended: (batch) => {
        events.appended(batch);
        appended(batch);
      },
    },
    decider,
    snapshots,
    eventsTopic: topics.events,
    commandsTopic: topics.commands,
    deadLettersTopic: topics.deadLetters,
    partitions: config.partitions,
    group: groupsOf(config.topicPrefix).writer,
    encode: (event) => codec.encode(event),
    limits: {
      recordsMax: config.sendRecordsMax,
      bytesMax: config.sendBytesMax,
      msMax: config.writerBatchMsMax,
      commandsMax: config.writerBatchMax,
    },
    pace: realPace,
    queueMax: config.writerQueueMax,
    watchdogMs: config.watchdogMs,
    commitEveryMs: config.commitEveryMs,
    alarmRereadMs: config.alarmRereadMs,
    outboxMax: config.outboxMax,
    stuck: (partition) => exit(`partition ${partition} makes no progress although the broker answers`),
  });
}

function openMirrors({ config, pool, logger }: Parts, running: AsyncDisposableStack): Mirrors {
  // A connection of its own: claims wait for nobody who writes much at once.
  const own = { ...config, redisTimeoutMs: config.mirrorTimeoutMs };
  const redis = running.adopt(createRedis(own, logger), (one) => one.disconnect());
  return running.adopt(createMirrors({ pool, redis, config, logger }), (all) => all.stop());
}

async function startProjecting(parts: Parts, mirrors: Mirrors): Promise<RunningProjector> {
  const { log, topics, config, reading, pool, logger, passing, metrics } = parts;
  const projector = await startProjector({
    log,
    journal: topics.events,
    group: groupsOf(config.topicPrefix).projector,
    decode: (partition, record, signal) => reading.event(partition, record, signal),
    pool,
    mirrors,
    config,
    logger,
    pace: realPace,
    passing,
    events: createProjectorMetrics(metrics.registry, (error) => parts.lastErrors.note('projector', error)),
  });
  return withAdvice({ log, topic: topics.events, reading, pool, logger }, projector);
}

/** A writer of this process gets the commands of its callers at once. */
function startClient(parts: Parts, writer: WriterRole | null, isApi: boolean): Promise<RunningClient> {
  const { config, codec, topics, instanceId } = parts;
  return startLedgerClient({
    ...parts,
    partitions: config.partitions,
    group: isApi ? apiGroup(topics.events, instanceId) : `${topics.events}.workers.${instanceId}`,
    encode: (command) => codec.encode(command),
    landed: (partition, records) => writer?.offer(partition, records),
    messagesWaiting: (partition) => writer?.messagesWaiting(partition) ?? 0,
    sendRecordsMax: config.sendRecordsMax,
    sendBytesMax: config.sendBytesMax,
    gather: nextTurn,
    trouble: parts.troubleOf(isApi ? 'api' : 'workers'),
    pace: realPace,
  });
}

function createHttp(parts: Parts, roles: Roles): Promise<FastifyInstance> {
  const { config, pool, redis, metrics, logger, log, topics, passing } = parts;
  const { client } = roles;
  const now = (): number => client?.brokerNow() ?? Date.now();
  const sources = { config, log, eventsTopic: topics.events, pool, redis, brokerNow: now };
  const vitals = {
    config,
    logger,
    metrics,
    credentials: createCredentials({ ...config, find: (hash) => findApiKey(pool, hash), now: Date.now }),
    health: createHealth({ ...sources, roles: () => reportRoles(config, roles, parts.lastErrors) }),
  };
  if (client === null) {
    // A gateway that is away is no reason to start another process in place of this one.
    const ready = (): boolean =>
      Object.entries(reportRoles(config, roles, parts.lastErrors)).every(
        ([role, { status }]) => status === 'ok' || role === 'workers',
      );
    return createVitalsApp({ ...vitals, ready });
  }
  const claims = { prefix: config.topicPrefix, claimsMax: config.claimsMax, rememberS: config.keyRememberS };
  const views = createViews(pool);
  const commandEnds = () => log.ends(topics.commands);
  const figures = createFigures({ pool, redis, prefix: config.topicPrefix, now, commandEnds });
  const { audits, replays } = parts;
  return createApp({
    ...vitals,
    client,
    views,
    figures,
    claims: createClaims(redis, claims),
    passing,
    audits,
    customers: createCustomers(pool),
    deadLetters: parts.deadLetters,
    replays,
  });
}

function urlOf(app: FastifyInstance): string {
  const [address] = app.addresses();
  if (address === undefined || typeof address === 'string') return address ?? '';
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
