// How far the partitions of this process are, asked when somebody asks for the figures.
import type { Registry } from 'prom-client';
import type { RunningProjector } from '../../consumers/projector/options.ts';
import type { WriterRole } from '../../consumers/writer.ts';
import type { Topics } from '../../schemas/topics.ts';
import { within } from '../http/timer.ts';
import type { Ends, Log } from '../log/port.ts';
import { metricTable } from '../platform/metric-table.ts';
import { gaugeIn } from '../platform/metric.ts';
import type { RunningWorkers } from './workers.ts';

/** What of the roles is looked at; null is one that the process does not have. */
interface Followers {
  readonly writer: Pick<WriterRole, 'status'> | null;
  readonly projector: Pick<RunningProjector, 'status'> | null;
  readonly workers: Pick<RunningWorkers, 'places'> | null;
}

interface Sources {
  readonly log: Pick<Log, 'ends'>;
  readonly topics: Pick<Topics, 'commands' | 'events' | 'deadLetters'>;
  /** How long the figures may wait for Kafka. */
  readonly msMax: number;
}

/** `next`: offset of the next record that is to be done; null while it is not known. */
interface Place {
  readonly partition: number;
  readonly next: number | null;
}

interface Follows<P extends Place> {
  readonly role: 'writer' | 'projector' | 'payments' | 'dead-letters';
  readonly topic: string;
  readonly partitions: () => readonly P[];
}

type FollowingRole = Follows<Place & { readonly status: string }>;

/** Makes the gauges of the roles' partitions, where the process has such roles. */
export function watchPartitions(registry: Registry, followers: Followers, { log, topics, msMax }: Sources): void {
  const roles = rolesOf(followers, topics);
  if (roles.length > 0) {
    gaugeIn(registry, metricTable.partitions, (gauge) => {
      gauge.reset();
      for (const { role, partitions } of roles) for (const { status } of partitions()) gauge.inc({ role, status });
    });
  }
  watchOutboxes(registry, followers);
  watchProjections(registry, followers, { log, topics, msMax });
  watchLag(registry, [...roles, ...workersOf(followers, topics)], { log, msMax });
}

/** How much each of them has still to do. */
function watchLag(
  registry: Registry,
  all: readonly Follows<Place>[],
  { log, msMax }: Pick<Sources, 'log' | 'msMax'>,
): void {
  if (all.length === 0) return;
  gaugeIn(registry, metricTable.lag, async (gauge) => {
    const known = await Promise.all(all.map(async (one) => ({ ...one, ends: await endsOf(one.topic, log, msMax) })));
    gauge.reset();
    for (const { role, partitions, ends } of known) {
      for (const { partition, next } of partitions()) {
        const end = ends?.get(partition)?.high;
        if (end !== undefined && next !== null) gauge.set({ role, partition }, Math.max(0, end - next));
      }
    }
  });
}

/** Messages to other partitions that wait for Kafka. */
function watchOutboxes(registry: Registry, { writer }: Followers): void {
  if (writer === null) return;
  gaugeIn(registry, metricTable.outboxMessages, (gauge) => {
    gauge.reset();
    for (const [partition, { outbox }] of writer.status()) gauge.set({ partition }, outbox.messages);
  });
  gaugeIn(registry, metricTable.outboxOldest, (gauge) => {
    gauge.reset();
    for (const [partition, { outbox }] of writer.status()) gauge.set({ partition }, outbox.oldestMs / 1_000);
  });
}

/** The lag of each projection, over the partitions of this process. */
function watchProjections(registry: Registry, { projector }: Followers, { log, topics, msMax }: Sources): void {
  if (projector === null) return;
  gaugeIn(registry, metricTable.projectionLag, async (gauge) => {
    const ends = await endsOf(topics.events, log, msMax);
    gauge.reset();
    for (const { partition, next } of projector.status().partitions) {
      const end = ends?.get(partition)?.high;
      if (end === undefined) continue;
      for (const [projection, offset] of Object.entries(next)) gauge.inc({ projection }, Math.max(0, end - offset));
    }
  });
}

function rolesOf({ writer, projector }: Followers, topics: Sources['topics']): readonly FollowingRole[] {
  const roles: FollowingRole[] = [];
  if (writer !== null) {
    const partitions: FollowingRole['partitions'] = () =>
      // Without a journal it does not know how far it is; what comes before the first command is at -1.
      [...writer.status()].map(([partition, { status, progress }]) => {
        return { partition, status, next: progress < -1 ? null : progress + 1 };
      });
    roles.push({ role: 'writer', topic: topics.commands, partitions });
  }
  if (projector !== null) {
    const partitions: FollowingRole['partitions'] = () =>
      projector.status().partitions.map(({ partition, state, next }) => {
        return { partition, status: state, next: Math.min(...Object.values(next)) };
      });
    roles.push({ role: 'projector', topic: topics.events, partitions });
  }
  return roles;
}

function workersOf({ workers }: Followers, topics: Sources['topics']): readonly Follows<Place>[] {
  if (workers === null) return [];
  const placesIn = (next: ReadonlyMap<number, number>): readonly Place[] =>
    [...next].map(([partition, offset]) => ({ partition, next: offset }));
  return [
    { role: 'payments', topic: topics.events, partitions: () => placesIn(workers.places().payments) },
    { role: 'dead-letters', topic: topics.deadLetters, partitions: () => placesIn(workers.places().deadLetters) },
  ];
}

/** Null where Kafka does not tell in time. */
async function endsOf(topic: string, log: Pick<Log, 'ends'>, msMax: number): Promise<ReadonlyMap<number, Ends> | null> {
  try {
    const ends = await within(log.ends(topic), msMax);
    return ends === 'passed' ? null : ends;
  } catch {
    // That there is no figure says it.
    return null;
  }
}
