// The workers role: payments, the table of dead letters and the sweeper, wired together.
import type { Pool } from 'pg';
import { keepLetterTable } from '../../consumers/dead-letters/table.ts';
import { startPayments } from '../../consumers/payments.ts';
import { createPropose } from '../../consumers/propose.ts';
import { startSweeper } from '../../consumers/sweeper.ts';
import { createSweepStore } from '../../consumers/sweeper/store.ts';
import type { RunningPayments } from '../../consumers/payments/options.ts';
import type { Topics } from '../../schemas/topics.ts';
import type { RunningClient } from '../log/client.ts';
import type { Log } from '../log/port.ts';
import type { Reading } from '../log/reading.ts';
import type { Config } from '../platform/config.ts';
import type { PassCrashPoint } from '../platform/crash-points.ts';
import type { Logger } from '../platform/logger.ts';
import { metricTable } from '../platform/metric-table.ts';
import { counterIn } from '../platform/metric.ts';
import type { Metrics } from '../platform/metrics.ts';
import { realPace } from '../platform/pace.ts';
import { groupsOf } from './groups.ts';
import type { RoleReport } from './health.ts';
import { dropExpired } from './replay/expire.ts';
import { createPaymentMetrics, watchPayments } from './worker-metrics.ts';

export interface WorkerParts {
  readonly log: Log;
  readonly pool: Pool;
  readonly topics: Topics;
  readonly reading: Reading;
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly instanceId: string;
  readonly passing: PassCrashPoint;
  readonly trouble: (error: unknown) => void;
  /** Hears of every error of this role. */
  readonly note: (error: unknown) => void;
}

/** How far each of them is: offsets of what is to be done next, by partition. */
export interface WorkerPlaces {
  readonly payments: ReadonlyMap<number, number>;
  readonly deadLetters: ReadonlyMap<number, number>;
}

export interface RunningWorkers {
  report(): Omit<RoleReport, 'last_error'>;
  places(): WorkerPlaces;
  stop(): Promise<void>;
}

/** Starts the workers. They put commands to the ledger and hear their outcomes through `client`. @throws LogError */
export async function startWorkers(parts: WorkerParts, client: RunningClient): Promise<RunningWorkers> {
  const { config, metrics, topics, reading, passing, instanceId, trouble, note } = parts;
  const groups = groupsOf(config.topicPrefix);
  const propose = createPropose({ client, pace: realPace, outcomeWaitMsMax: config.outcomeWaitMsMax, trouble });
  const payments = await startPayments({
    ...parts,
    client,
    propose,
    journal: topics.events,
    deadLetters: topics.deadLetters,
    group: groups.payments,
    ownGroup: `${topics.deadLetters}.${instanceId}`,
    decode: (partition, record, signal) => reading.event(partition, record, signal),
    pace: realPace,
    events: createPaymentMetrics(metrics.registry, note),
    charged: () => passing('charge'),
  });
  watchPayments(metrics.registry, payments);
  const table = await keepLetterTable({
    ...parts,
    topic: topics.deadLetters,
    group: groups.deadLetters,
    pace: realPace,
  });
  const proposals = counterIn(metrics.registry, metricTable.sweepProposals);
  const sweeper = startSweeper({
    ...parts,
    store: createSweepStore(parts.pool),
    propose,
    partitions: () => payments.status().partitions,
    commandsWaiting: () => commandsWaiting(parts, groups.writer),
    brokerNow: client.brokerNow,
    pace: realPace,
    dropExpired: (now) => dropExpired(parts.pool, now),
    decided: (outcome) => proposals.inc({ outcome }),
  });
  const stop = async (): Promise<void> => void (await Promise.all([sweeper.stop(), payments.stop(), table.stop()]));
  const places = (): WorkerPlaces => {
    const next = table.next();
    return { payments: payments.status().checkpoints, deadLetters: new Map(next === null ? [] : [[0, next]]) };
  };
  return { report: () => reportOf(payments), places, stop };
}

/** Commands that are in the log and, as far as the writers have stated, not decided. */
async function commandsWaiting({ log, topics }: WorkerParts, group: string): Promise<number> {
  const [ends, decided] = await Promise.all([log.ends(topics.commands), log.committed(group, topics.commands)]);
  return [...ends].reduce((sum, [partition, { high }]) => sum + Math.max(0, high - (decided.get(partition) ?? 0)), 0);
}

function reportOf(payments: RunningPayments): ReturnType<RunningWorkers['report']> {
  const { partitions, breaker, halted } = payments.status();
  return { status: halted.size > 0 ? 'halted' : breaker === 'closed' ? 'ok' : 'waiting', partitions };
}
