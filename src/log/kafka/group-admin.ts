// Consumer groups and the cluster as people ask about them: who is there, and who has which partition.
import { AssignerProtocol } from 'kafkajs';
import { createAdmin } from './admin.ts';
import type { KafkaClientOptions } from './client.ts';

export interface GroupMember {
  /** What the process calls itself; the same in all of its groups. */
  readonly clientId: string;
  readonly host: string;
  /** Of the topic that was asked about; empty while the group divides it anew. */
  readonly partitions: readonly number[];
}

export interface GroupAdmin {
  /** Names of the groups that begin like this. @throws LogError */
  list(prefix: string): Promise<readonly string[]>;
  /** The members of each group, none where there is no such group. @throws LogError */
  members(groups: readonly string[], topic: string): Promise<ReadonlyMap<string, readonly GroupMember[]>>;
  /** @throws LogError */
  cluster(): Promise<{ readonly id: string; readonly brokers: number }>;
  close(): Promise<void>;
}

export function openGroupAdmin(options: KafkaClientOptions): GroupAdmin {
  const admin = createAdmin(options);
  return {
    list: (prefix) =>
      admin.ask('list groups', async (kafka) => {
        const { groups } = await kafka.listGroups();
        return groups.map(({ groupId }) => groupId).filter((name) => name.startsWith(prefix));
      }),
    members: (names, topic) =>
      admin.ask('describe groups', async (kafka) => {
        if (names.length === 0) return new Map<string, readonly GroupMember[]>();
        const { groups } = await kafka.describeGroups([...names]);
        return new Map(
          groups.map(({ groupId, members }) => [
            groupId,
            members.map(({ clientId, clientHost, memberAssignment }) => ({
              clientId,
              host: clientHost.replace(/^\//, ''),
              partitions: partitionsOf(memberAssignment, topic),
            })),
          ]),
        );
      }),
    cluster: () =>
      admin.ask('describe the cluster', async (kafka) => {
        const { clusterId, brokers } = await kafka.describeCluster();
        return { id: clusterId, brokers: brokers.length };
      }),
    close: admin.close,
  };
}

function partitionsOf(assignment: Buffer, topic: string): readonly number[] {
  // A member that waits for its share has none, not even an empty one.
  if (assignment.length === 0) return [];
  return (AssignerProtocol.MemberAssignment.decode(assignment)?.assignment[topic] ?? []).toSorted((a, b) => a - b);
}
