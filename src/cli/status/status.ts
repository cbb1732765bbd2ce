// What two looks at a ledger tell: who does what, how far it is behind, and how fast it goes.
import type { GroupMember } from '../../log/kafka/group-admin.ts';
import type { RoleName } from '../roles.ts';
import { roleNames } from '../roles.ts';
import type { ServiceWords } from './service.ts';
import type { Look } from './look.ts';

export interface ProcessStatus {
  /** What it calls itself to Kafka. */
  readonly client_id: string;
  readonly host: string;
  /** The partitions of each role that it has. */
  readonly roles: { readonly [role in RoleName]?: readonly number[] };
}

export interface PartitionStatus {
  readonly partition: number;
  /** client_id of the process that owns it; null where nobody does. */
  readonly writer: string | null;
  readonly projector: string | null;
  /** Commands in the log. */
  readonly commands: number;
  /** Commands without an outcome; null where the journal does not tell. */
  readonly undecided: number | null;
  readonly commands_per_s: number;
  /** Where the journal ends. */
  readonly events: number;
  readonly events_per_s: number;
  /** Events that each projection has not applied. */
  readonly lag: { readonly [projection: string]: number };
  readonly error: string | null;
}

export interface StatusReport {
  /** ISO 8601, by this machine's clock */
  readonly at: string;
  /** Between the looks that the rates are from. */
  readonly interval_ms: number;
  readonly processes: readonly ProcessStatus[];
  readonly partitions: readonly PartitionStatus[];
  /** What the service says of itself; null where it was not asked. */
  readonly service: ServiceWords | null;
  /** What else is not as it should be. */
  readonly trouble: readonly string[];
}

/** The report of the second look. */
export function compareLooks(before: Look, now: Look, service: ServiceWords | null): StatusReport {
  const seconds = Math.max(1, now.at - before.at) / 1_000;
  const perSecond = (from: number, to: number): number => Math.round((Math.max(0, to - from) / seconds) * 10) / 10;
  const partitions = now.partitions.map((one) => {
    const last = before.partitions.find(({ partition }) => partition === one.partition) ?? one;
    const lag = [...one.projected].map(([name, next]) => [name, Math.max(0, one.events - next)] as const);
    return {
      partition: one.partition,
      writer: ownerOf(now.members.writer, one.partition),
      projector: ownerOf(now.members.projector, one.partition),
      commands: one.commands,
      undecided: one.decided === null ? null : Math.max(0, one.commands - one.decided),
      commands_per_s: perSecond(last.commands, one.commands),
      events: one.events,
      events_per_s: perSecond(last.events, one.events),
      lag: Object.fromEntries(lag),
      error: one.error,
    };
  });
  return {
    at: new Date(now.at).toISOString(),
    interval_ms: now.at - before.at,
    processes: processesOf(now),
    partitions,
    service,
    trouble: troubleOf(now, partitions),
  };
}

function ownerOf(members: readonly GroupMember[], partition: number): string | null {
  return members.find(({ partitions }) => partitions.includes(partition))?.clientId ?? null;
}

/** A process is a member of one group for each of its roles. */
function processesOf({ members }: Look): readonly ProcessStatus[] {
  const all = new Map<string, ProcessStatus>();
  for (const role of roleNames) {
    for (const { clientId, host, partitions } of members[role]) {
      const known = all.get(clientId) ?? { client_id: clientId, host, roles: {} };
      all.set(clientId, { ...known, roles: { ...known.roles, [role]: partitions } });
    }
  }
  return [...all.values()].sort((a, b) => (a.client_id < b.client_id ? -1 : 1));
}

function troubleOf({ postgres, members }: Look, partitions: readonly PartitionStatus[]): readonly string[] {
  const orphans = (role: 'writer' | 'projector'): readonly string[] => {
    const alone = partitions.filter((one) => one[role] === null).map(({ partition }) => partition);
    if (alone.length === 0) return [];
    return [members[role].length === 0 ? `no ${role} is running` : `no ${role} owns partition ${alone.join(', ')}`];
  };
  return [
    ...orphans('writer'),
    ...orphans('projector'),
    ...partitions.flatMap(({ error }) => (error === null ? [] : [error])),
    ...(postgres === null ? [] : [`postgres: ${postgres}`]),
  ];
}
