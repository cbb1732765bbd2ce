// The followers of one client of the in-memory log.
import type { Follower, FollowOptions } from '../port.ts';
import { createDelivery } from './memory-delivery.ts';
import type { Groups, Member } from './memory-groups.ts';
import type { MemoryTopics } from './memory-topics.ts';
import { partitionsOf } from './memory-topics.ts';

export interface Members {
  /** @throws LogError `rejected` when there is no such topic */
  join(follow: FollowOptions): Follower;
  leaveAll(): void;
  /** The groups throw all of them out; they hear of it a step later, and join again a step after that. */
  expel(): void;
}

/** `newId` names members across all clients. */
export function createMembers(
  topics: MemoryTopics,
  groups: Groups,
  schedule: (step: () => void) => void,
  newId: () => string,
): Members {
  const members = new Set<Member>();

  function stop(member: Member): void {
    members.delete(member);
    groups.leave(member);
    member.delivery.stop();
    if (member.follow.assignment === 'all') groups.forget(member.follow.group, member.follow.topic);
  }

  function comeBack(member: Member): void {
    if (!members.has(member)) return;
    member.delivery.assign([]);
    schedule(() => {
      if (members.has(member)) groups.enter(member);
    });
  }

  return {
    join(follow) {
      const delivery = createDelivery(partitionsOf(topics, follow.topic), follow, schedule);
      const member: Member = { id: newId(), follow, schedule, delivery };
      members.add(member);
      groups.enter(member);
      const { owned, pause, resume, restart } = delivery;
      return {
        ...{ owned, pause, resume, restart },
        commit: (partition, next) =>
          new Promise((resolve) => {
            schedule(() => {
              tryCommit(groups, member, partition, next);
              resolve();
            });
          }),
        stop() {
          stop(member);
          return new Promise((resolve) => schedule(resolve));
        },
      };
    },
    leaveAll() {
      for (const member of [...members]) stop(member);
    },
    expel() {
      for (const member of members) {
        groups.leave(member);
        schedule(() => comeBack(member));
      }
    },
  };
}

function tryCommit(groups: Groups, member: Member, partition: number, next: number): void {
  try {
    groups.commit(member, partition, next);
  } catch (error) {
    member.follow.trouble(error instanceof Error ? error : new Error(String(error)));
  }
}
