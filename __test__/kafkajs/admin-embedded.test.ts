// The admin client of the KafkaJS surface on the broker in this process.

import { Kafka, KafkaJSNotImplemented, logLevel } from '@/lib/index';
import { unique } from '../support/until';

const admin = new Kafka({ brokers: ['embedded'], logLevel: logLevel.NOTHING }).admin();
beforeAll(() => admin.connect());
afterAll(() => admin.disconnect());

test('topics are created and described', async () => {
  const topic = unique('embedded');
  expect(await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })).toBe(true);
  expect(await admin.createTopics({ topics: [{ topic }] })).toBe(false);
  expect(await admin.listTopics()).toContain(topic);
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  expect(topics[0]?.partitions.map(({ partitionId }) => partitionId)).toEqual([0, 1]);
  expect(await admin.fetchTopicOffsets(topic)).toEqual([
    { partition: 0, offset: '0', high: '0', low: '0' },
    { partition: 1, offset: '0', high: '0', low: '0' },
  ]);
});

test('a topic that is not there', async () => {
  const asking = admin.fetchTopicMetadata({ topics: [unique('nothing')] });
  await expect(asking).rejects.toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION', code: 3 });
});

test('the cluster', async () => {
  expect(await admin.describeCluster()).toMatchObject({ brokers: [{ nodeId: 1, port: expect.any(Number) }] });
});

test.each([
  ['listGroups', () => admin.listGroups()],
  ['deleteTopics', () => admin.deleteTopics({ topics: ['a'] })],
  ['listPartitionReassignments', () => admin.listPartitionReassignments({})],
  ['createAcls', () => admin.createAcls({ acl: [ACL] })],
])('what that broker does not know is told: %s', async (_name, call: () => Promise<unknown>) => {
  await expect(call()).rejects.toBeInstanceOf(KafkaJSNotImplemented);
});

const ACL = {
  resourceType: 2,
  resourceName: 'a',
  resourcePatternType: 3,
  principal: 'User:bob',
  host: '*',
  operation: 3,
  permissionType: 3,
};
