// Consumer groups of the in-memory log, as its broker sees them: who owns which partition, and stored offsets.
import type { FollowOptions } from '../port.ts';
import { LogError } from '../port.ts';
import { divide } from '../sticky.ts';
import type { MemberDelivery } from './memory-delivery.ts';
import type { MemoryTopics } from './memory-topics.ts';
import { partitionsOf } from './memory-topics.ts';

export interface Member {
  readonly id: string;
  readonly follow: FollowOptions;
  readonly schedule: (step: () => void) => void;
  readonly delivery: MemberDelivery;
}

export interface Groups {
  /** The new member hears of its partitions at once, the others of theirs by a step of their own. */
  enter(member: Member): void;
  /** The others hear of it, the member does not: it may be dead. */
  leave(member: Member): void;
  /** @throws LogError `rejected` when the partition is not the member's */
  commit(member: Member, partition: number, next: number): void;
  committed(group: string, topic: string): ReadonlyMap<number, number>;
  /** Deletes a group with its offsets. */
  forget(group: string, topic: string): void;
}

interface Group {
  /** What the broker gave each member last. */
  readonly members: Map<Member, readonly number[]>;
  readonly offsets: Map<number, number>;
}

export function createGroups(topics: MemoryTopics): Groups {
  const groups = new Map<string, Group>();

  function groupOf({ group, topic }: Pick<FollowOptions, 'group' | 'topic'>): Group {
    const key = JSON.stringify([group, topic]);
    const found = groups.get(key) ?? { members: new Map(), offsets: new Map() };
    groups.set(key, found);
    return found;
  }

  function rebalance({ members }: Group, { assignment, topic }: FollowOptions, now?: Member): void {
    const partitions = partitionsOf(topics, topic).map((_, partition) => partition);
    const claims = [...members].map(([{ id }, owned]) => ({ id, owned }));
    const shares = divide(claims, partitions);
    for (const member of members.keys()) {
      members.set(member, assignment === 'all' ? partitions : (shares.get(member.id) ?? []));
      const tell = (): void => {
        const assigned = members.get(member);
        if (assigned !== undefined) member.delivery.assign(assigned);
      };
      if (member === now) tell();
      else member.schedule(tell);
    }
  }

  return {
    enter(member) {
      const group = groupOf(member.follow);
      group.members.set(member, []);
      rebalance(group, member.follow, member);
    },
    leave(member) {
      const group = groupOf(member.follow);
      if (group.members.delete(member) && group.members.size > 0) rebalance(group, member.follow);
    },
    commit(member, partition, next) {
      const { members, offsets } = groupOf(member.follow);
      if (members.get(member)?.includes(partition) === true) offsets.set(partition, next);
      else throw new LogError('rejected', `partition ${partition} is not this member's`);
    },
    committed: (group, topic) => new Map(groupOf({ group, topic }).offsets),
    forget: (group, topic) => groupOf({ group, topic }).offsets.clear(),
  };
}
