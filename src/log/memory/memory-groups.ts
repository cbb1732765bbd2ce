// Consumer groups of the in-memory log: who owns which partition, what was delivered to whom, stored offsets.
import type { Follower, FollowOptions } from '../port.ts';
import { LogError } from '../port.ts';
import { divide } from '../sticky.ts';
import type { MemberDelivery } from './memory-delivery.ts';
import { createDelivery } from './memory-delivery.ts';
import type { MemoryTopics } from './memory-topics.ts';
import { partitionsOf } from './memory-topics.ts';

type Schedule = (step: () => void) => void;

interface Member {
  readonly id: string;
  readonly options: FollowOptions;
  readonly schedule: Schedule;
  readonly delivery: MemberDelivery;
  /** What the broker gave it last; the member hears of it a step later. */
  assigned: readonly number[];
}

/** The followers of one client. */
export interface Memberships {
  join(options: FollowOptions): Follower;
  leaveAll(): Promise<void>;
  expel(): void;
}

export interface Groups {
  memberships(schedule: Schedule): Memberships;
  committed(group: string, topic: string): ReadonlyMap<number, number>;
}

export function createGroups(topics: MemoryTopics): Groups {
  const groups = new Map<string, Set<Member>>();
  const offsets = new Map<string, Map<number, number>>();
  let joined = 0;

  const keyOf = ({ group, topic }: Pick<FollowOptions, 'group' | 'topic'>): string => `${group} ${topic}`;
  const isMember = (member: Member): boolean => groups.get(keyOf(member.options))?.has(member) ?? false;

  function enter(member: Member): void {
    const members = groups.get(keyOf(member.options)) ?? new Set();
    groups.set(keyOf(member.options), members.add(member));
    rebalance(member.options, member);
  }

  function leave(member: Member): void {
    if (!groups.get(keyOf(member.options))?.delete(member)) return;
    rebalance(member.options);
  }

  /** Divides the partitions anew. `now` hears of it at once, the others by a step of theirs. */
  function rebalance(options: FollowOptions, now?: Member): void {
    const members = [...(groups.get(keyOf(options)) ?? [])];
    const partitions = partitionsOf(topics, options.topic).map((_, partition) => partition);
    const owners = members.map(({ id, assigned }) => ({ id, owned: assigned }));
    const shares = members.length === 0 ? new Map<string, readonly number[]>() : divide(owners, partitions);
    for (const member of members) {
      member.assigned = options.assignment === 'all' ? partitions : (shares.get(member.id) ?? []);
      const tell = (): void => {
        if (isMember(member)) member.delivery.assign(member.assigned);
      };
      if (member === now) tell();
      else member.schedule(tell);
    }
  }

  function commit(member: Member, partition: number, next: number): void {
    if (!isMember(member) || !member.assigned.includes(partition)) {
      member.options.trouble(new LogError('rejected', `partition ${partition} is not this member's`));
      return;
    }
    const stored = offsets.get(keyOf(member.options)) ?? new Map<number, number>();
    offsets.set(keyOf(member.options), stored.set(partition, next));
  }

  function memberships(schedule: Schedule): Memberships {
    const members = new Set<Member>();

    function stop(member: Member): void {
      members.delete(member);
      leave(member);
      member.delivery.stop();
      if (member.options.assignment === 'all') offsets.delete(keyOf(member.options));
    }

    return {
      join(options) {
        const delivery = createDelivery(partitionsOf(topics, options.topic), options, schedule);
        joined += 1;
        const id = `member-${String(joined).padStart(6, '0')}`;
        const member: Member = { id, options, schedule, delivery, assigned: [] };
        members.add(member);
        enter(member);
        const later = (act: () => void): Promise<void> => new Promise<void>((resolve) => schedule(resolve)).then(act);
        return {
          owned: delivery.owned,
          pause: delivery.pause,
          resume: delivery.resume,
          restart: delivery.restart,
          commit: (partition, next) => later(() => commit(member, partition, next)),
          stop() {
            stop(member);
            return later(() => undefined);
          },
        };
      },
      leaveAll() {
        for (const member of [...members]) stop(member);
        return Promise.resolve();
      },
      expel() {
        for (const member of members) {
          leave(member);
          schedule(() => {
            if (!members.has(member)) return;
            member.delivery.assign([]);
            member.assigned = [];
            schedule(() => {
              if (members.has(member)) enter(member);
            });
          });
        }
      },
    };
  }

  return { memberships, committed: (group, topic) => new Map(offsets.get(keyOf({ group, topic }))) };
}
