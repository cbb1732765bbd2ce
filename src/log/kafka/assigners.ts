// How the members of a consumer group divide a topic: sticky where they share it, everything for each where they do not.
import type { PartitionAssigner } from 'kafkajs';
import { AssignerProtocol } from 'kafkajs';
import { divide } from '../sticky.ts';

const version = 0;
const noData = Buffer.alloc(0);

/** Members share the partitions; each tells the leader what it owns and keeps it as far as the balance allows. */
export function shared(topic: string, owned: () => readonly number[]): PartitionAssigner {
  return ({ cluster }) => ({
    name: 'ledger-sticky',
    version,
    protocol: ({ topics }) => ({
      name: 'ledger-sticky',
      metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: Buffer.from(owned().join(',')) }),
    }),
    assign: ({ members }) => {
      const claims = members.map(({ memberId, memberMetadata }) => ({ id: memberId, owned: ownedBy(memberMetadata) }));
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      const shares = divide(
        claims,
        partitions.sort((a, b) => a - b),
      );
      return Promise.resolve([...shares].map(([memberId, share]) => assignment(memberId, topic, share)));
    },
  });
}

/** Every member gets these partitions, whoever else is in the group. */
export function each(topic: string, only?: number): PartitionAssigner {
  return ({ cluster }) => ({
    name: 'ledger-each',
    version,
    protocol: ({ topics }) => ({
      name: 'ledger-each',
      metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: noData }),
    }),
    assign: ({ members }) => {
      const all = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      const partitions = only === undefined ? all : [only];
      return Promise.resolve(members.map(({ memberId }) => assignment(memberId, topic, partitions)));
    },
  });
}

function ownedBy(metadata: Buffer): number[] {
  const text = AssignerProtocol.MemberMetadata.decode(metadata)?.userData.toString() ?? '';
  return text === '' ? [] : text.split(',').map(Number);
}

function assignment(
  memberId: string,
  topic: string,
  partitions: readonly number[],
): { memberId: string; memberAssignment: Buffer } {
  const encoded = { version, assignment: { [topic]: [...partitions] }, userData: noData };
  return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode(encoded) };
}
