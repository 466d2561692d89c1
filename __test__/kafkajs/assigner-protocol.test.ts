// What group members tell one another: the same bytes as kafkajs, readable by either.

import * as kafkajs from 'kafkajs';
import * as kafka4 from '@/lib/index';
import { both } from './support/both';

const METADATA = [
  { version: 1, topics: ['a', 'topic-ü'], userData: Buffer.from('data') },
  { version: 0, topics: [], userData: Buffer.alloc(0) },
];
const ASSIGNMENTS: kafkajs.MemberAssignment[] = [
  { version: 1, assignment: { a: [0, 2, 4], b: [1] }, userData: Buffer.from([1, 2]) },
  { version: 0, assignment: {}, userData: Buffer.alloc(0) },
];

test.each(METADATA)('MemberMetadata %#: same bytes, and back', (value) => {
  const bytes = kafka4.AssignerProtocol.MemberMetadata.encode(value);
  expect(bytes).toEqual(kafkajs.AssignerProtocol.MemberMetadata.encode(value));
  expect(kafka4.AssignerProtocol.MemberMetadata.decode(bytes)).toEqual(value);
  expect(kafkajs.AssignerProtocol.MemberMetadata.decode(bytes)).toEqual(value);
});

test.each(ASSIGNMENTS)('MemberAssignment %#: same bytes, and back', (value) => {
  const bytes = kafka4.AssignerProtocol.MemberAssignment.encode(value);
  expect(bytes).toEqual(kafkajs.AssignerProtocol.MemberAssignment.encode(value));
  expect(kafka4.AssignerProtocol.MemberAssignment.decode(bytes)).toEqual(value);
});

both('AssignerProtocol', ({ exports }) => {
  test('user data may be left out', () => {
    const bytes = exports.AssignerProtocol.MemberMetadata.encode({
      version: 1,
      topics: ['t'],
    } as kafkajs.MemberMetadata);
    expect(exports.AssignerProtocol.MemberMetadata.decode(bytes)?.userData).toEqual(Buffer.alloc(0));
  });

  test('no bytes are no assignment', () => {
    expect(exports.AssignerProtocol.MemberAssignment.decode(Buffer.alloc(0))).toBeNull();
  });
});

both('PartitionAssigners.roundRobin', ({ exports }) => {
  const partitionsOf: Record<string, number[]> = { a: [0, 1, 2], b: [0, 1] };
  const cluster = {
    findTopicPartitionMetadata: (topic: string) =>
      (partitionsOf[topic] ?? []).map((partitionId) => ({
        partitionId,
        partitionErrorCode: 0,
        leader: 1,
        replicas: [1],
        isr: [1],
      })),
  } as unknown as kafkajs.Cluster;
  const assigner = exports.PartitionAssigners.roundRobin({ cluster, groupId: 'g', logger: {} as kafkajs.Logger });

  test('has a name and a version', () => {
    expect([assigner.name, assigner.version]).toEqual(['RoundRobinAssigner', 0]);
  });

  test('deals partitions out in turn, to members in the order of their ids', async () => {
    const members = ['z', 'a'].map((memberId) => ({ memberId, memberMetadata: Buffer.alloc(0) }));
    const assigned = await assigner.assign({ members, topics: ['a', 'b'] });
    const byMember = Object.fromEntries(
      assigned.map(({ memberId, memberAssignment }) => [
        memberId,
        exports.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment,
      ]),
    );
    expect(byMember).toEqual({ a: { a: [0, 2], b: [1] }, z: { a: [1], b: [0] } });
  });

  test('tells the topics of a subscription', () => {
    const { name, metadata } = assigner.protocol({ topics: ['a', 'b'] });
    expect(name).toBe('RoundRobinAssigner');
    expect(exports.AssignerProtocol.MemberMetadata.decode(metadata)?.topics).toEqual(['a', 'b']);
  });
});
