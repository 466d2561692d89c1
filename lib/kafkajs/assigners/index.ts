/** Partition assigners. The core's consumers name their strategy to librdkafka; `roundRobin` is its `roundrobin`. */
import type { PartitionMetadata } from '../shared-types.js';
import { AssignerProtocol } from './protocol.js';

export type GroupMember = { memberId: string; memberMetadata: Buffer };
export type GroupMemberAssignment = { memberId: string; memberAssignment: Buffer };
export type GroupState = { name: string; metadata: Buffer };

export type Assigner = {
  name: string;
  version: number;
  assign(group: { members: GroupMember[]; topics: string[] }): Promise<GroupMemberAssignment[]>;
  protocol(subscription: { topics: string[] }): GroupState;
};

/** What an assigner asks of a cluster. */
interface AssignableCluster {
  findTopicPartitionMetadata(topic: string): PartitionMetadata[];
}

/** Deals the partitions of all topics out to the members, one each in turn. */
function roundRobin({ cluster }: { cluster: AssignableCluster }): Assigner {
  const [name, version] = ['RoundRobinAssigner', 0];
  return {
    name,
    version,
    async assign({ members, topics }) {
      const ids = members.map(({ memberId }) => memberId).sort();
      const dealt = new Map<string, Record<string, number[]>>();
      const places = topics.flatMap((topic) =>
        cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ topic, partitionId })),
      );
      places.forEach(({ topic, partitionId }, i) => {
        const id = ids[i % ids.length] as string;
        const assignment = dealt.get(id) ?? {};
        assignment[topic] = [...(assignment[topic] ?? []), partitionId];
        dealt.set(id, assignment);
      });
      return [...dealt].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version,
          assignment,
          userData: Buffer.alloc(0),
        }),
      }));
    },
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: Buffer.alloc(0) }),
    }),
  };
}

export const PartitionAssigners = { roundRobin };
