// deleteTopicRecords, alterPartitionReassignments, listPartitionReassignments.

import { unique } from '../support/until';
import { both, rejectionOf, shapeOf } from './support/both';

both('admin records', (lib) => {
  const open = () => lib.open(lib.kafka({ retry: { retries: 1, initialRetryTime: 20 } }).admin());

  async function filled(partitions = 1): Promise<string> {
    const topic = await lib.topic('records', partitions);
    const producer = await lib.open(lib.kafka().producer());
    const messages = Array.from({ length: 5 }, (_, i) => ({ partition: 0, value: `${i}` }));
    await producer.send({ topic, messages });
    return topic;
  }

  /** KafkaJS can only delete records of topics that it has looked at before. */
  async function prepared() {
    const [admin, topic] = [await open(), await filled()];
    await admin.fetchTopicOffsets(topic);
    const low = async () => (await admin.fetchTopicOffsets(topic))[0]?.low;
    return { admin, topic, low };
  }

  test.each([
    ['2', '2'],
    ['5', '5'],
    ['-1', '5'],
    [3, '3'],
    ['0', '0'],
  ])('deletes what is older than %s', async (offset, left) => {
    const { admin, topic, low } = await prepared();
    const partitions = [{ partition: 0, offset: offset as string }];
    expect(await admin.deleteTopicRecords({ topic, partitions })).toBeUndefined();
    expect(await low()).toBe(left);
  });

  test('by a client that has just connected', async () => {
    const [admin, topic] = [await open(), await filled()];
    const deleting = admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
    await lib.differs('KafkaJS has not loaded the metadata', {
      kafkajs: async () => expect((await rejectionOf(deleting)).name).toBe('KafkaJSTopicMetadataNotLoaded'),
      kafka4: async () => {
        expect(await deleting).toBeUndefined();
        expect((await admin.fetchTopicOffsets(topic))[0]?.low).toBe('2');
      },
    });
  });

  test('what is deleted already', async () => {
    const { admin, topic, low } = await prepared();
    const to = (offset: string) => admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] });
    await to('3');
    await to('1');
    expect(await low()).toBe('3');
  });

  test('an offset that is not there yet', async () => {
    const { admin, topic, low } = await prepared();
    const error = await rejectionOf(admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '99' }] }));
    expect(shapeOf(error)).toMatchObject({
      name: 'KafkaJSNonRetriableError',
      message: 'Error while deleting records',
      retriable: false,
    });
    expect(error.cause).toBeInstanceOf(lib.exports.KafkaJSDeleteTopicRecordsError);
    const [failure] = error.cause.partitions;
    expect(failure).toMatchObject({ partition: 0, offset: '99', error: { type: 'OFFSET_OUT_OF_RANGE', code: 1 } });
    expect(await low()).toBe('0');
  });

  test('a partition that is not there', async () => {
    const { admin, topic, low } = await prepared();
    const partitions = [
      { partition: 0, offset: '2' },
      { partition: 9, offset: '2' },
    ];
    const error = await rejectionOf(admin.deleteTopicRecords({ topic, partitions }));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSDeleteTopicRecordsError);
    expect(error.retriable).toBe(false);
    expect(error.partitions).toMatchObject([{ partition: 9, offset: '2', error: { name: 'KafkaJSBrokerNotFound' } }]);
    expect(await low()).toBe('0');
  });

  test('a topic that is not there', async () => {
    const admin = await open();
    const partitions = [{ partition: 0, offset: '2' }];
    const error = await rejectionOf(admin.deleteTopicRecords({ topic: unique('nothing'), partitions }));
    await lib.differs('KafkaJS has not loaded the metadata', {
      kafkajs: () => expect(error.name).toBe('KafkaJSTopicMetadataNotLoaded'),
      kafka4: () => {
        expect(error).toBeInstanceOf(lib.exports.KafkaJSNumberOfRetriesExceeded);
        expect(error.cause.type).toBe('UNKNOWN_TOPIC_OR_PARTITION');
      },
    });
  });
});

both('admin reassignments', (lib) => {
  const open = () => lib.open(lib.kafka().admin());

  test('alterPartitionReassignments to where it is', async () => {
    const [admin, topic] = [await open(), await lib.topic()];
    const topics = [{ topic, partitionAssignment: [{ partition: 0, replicas: [1] }] }];
    expect(await admin.alterPartitionReassignments({ topics })).toBeUndefined();
    expect(await admin.alterPartitionReassignments({ topics: [], timeout: 1_000 })).toBeUndefined();
  });

  test('alterPartitionReassignments tells every partition that cannot be', async () => {
    const [admin, topic] = [await open(), await lib.topic()];
    const partitionAssignment = [
      { partition: 0, replicas: [7] },
      { partition: 9, replicas: [1] },
    ];
    const error = await rejectionOf(admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] }));
    expect([error.name, error.message]).toEqual(['KafkaJSAggregateError', 'Errors altering partition reassignments']);
    const told = error.errors.map((each: { topic: string; partition: number; type: string; name: string }) => {
      expect(each).toBeInstanceOf(lib.exports.KafkaJSAlterPartitionReassignmentsError);
      return [each.topic, each.partition, each.type];
    });
    expect(told).toEqual([
      [topic, 0, 'INVALID_REPLICA_ASSIGNMENT'],
      [topic, 9, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ]);
  });

  test('listPartitionReassignments where nothing moves', async () => {
    const [admin, topic] = [await open(), await lib.topic()];
    expect(await admin.listPartitionReassignments({})).toEqual({ topics: [] });
    const topics = [{ topic, partitions: [0] }];
    expect(await admin.listPartitionReassignments({ topics, timeout: 1_000 })).toEqual({ topics: [] });
  });
});
