// listTopics, createTopics, deleteTopics, createPartitions, fetchTopicMetadata, describeCluster.

import { unique, until } from '../support/until';
import { both, rejectionOf, shapeOf } from './support/both';

const UNKNOWN = {
  name: 'KafkaJSProtocolError',
  message: 'This server does not host this topic-partition',
  type: 'UNKNOWN_TOPIC_OR_PARTITION',
  code: 3,
  retriable: true,
};

both('admin topics', (lib) => {
  const open = () => lib.open(lib.kafka({ retry: { retries: 1, initialRetryTime: 20 } }).admin());
  const partitionsOf = async (admin: Awaited<ReturnType<typeof open>>, topic: string) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return (topics[0]?.partitions ?? []).map(({ partitionId }) => partitionId).sort((a, b) => a - b);
  };

  test('createTopics resolves with true once the topic has leaders', async () => {
    const [admin, topic] = [await open(), unique('made')];
    expect(await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] })).toBe(true);
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partition = { partitionErrorCode: 0, replicas: [1], isr: [1], leader: 1, offlineReplicas: [] };
    expect(topics).toEqual([
      {
        name: topic,
        partitions: expect.arrayContaining([0, 1, 2].map((partitionId) => ({ ...partition, partitionId }))),
      },
    ]);
    expect(await admin.listTopics()).toContain(topic);
  });

  test('createTopics does not write to its argument', async () => {
    const [admin, topic] = [await open(), unique('frozen')];
    const entry = Object.freeze({ name: 'retention.ms', value: '1000' });
    const request = Object.freeze({
      topics: Object.freeze([Object.freeze({ topic, configEntries: Object.freeze([entry]) })]),
    });
    expect(await admin.createTopics(request as never)).toBe(true);
  });

  test('createTopics of a topic that exists is false', async () => {
    const [admin, topic] = [await open(), await lib.topic()];
    expect(await admin.createTopics({ topics: [{ topic }] })).toBe(false);
  });

  test('createTopics where one exists: false, and the others are created', async () => {
    const [admin, topic, other] = [await open(), await lib.topic(), unique('other')];
    expect(await admin.createTopics({ waitForLeaders: false, topics: [{ topic }, { topic: other }] })).toBe(false);
    await until('the other one', async () => (await admin.listTopics()).includes(other));
  });

  test('createTopics without waiting, and with no topic', async () => {
    const [admin, topic] = [await open(), unique('no-wait')];
    expect(await admin.createTopics({ waitForLeaders: false, topics: [{ topic }] })).toBe(true);
    expect(await admin.createTopics({ topics: [] })).toBe(true);
  });

  test('createTopics leaves numbers to the broker where none are given', async () => {
    const [admin, topic] = [await open(), unique('default')];
    await admin.createTopics({ topics: [{ topic }] });
    expect(await partitionsOf(admin, topic)).toEqual([0]);
  });

  test('createTopics with configEntries', async () => {
    const [admin, topic] = [await open(), unique('config')];
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
    await admin.createTopics({ topics: [{ topic, configEntries }] });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: lib.exports.ConfigResourceTypes.TOPIC, name: topic, configNames: ['cleanup.policy'] }],
    });
    expect(resources[0]?.configEntries).toMatchObject([{ configName: 'cleanup.policy', configValue: 'compact' }]);
  });

  test('createTopics with replicaAssignment', async () => {
    const [admin, topic] = [await open(), unique('assigned')];
    const replicaAssignment = [
      { partition: 1, replicas: [1] },
      { partition: 0, replicas: [1] },
    ];
    expect(await admin.createTopics({ topics: [{ topic, replicaAssignment }] })).toBe(true);
    expect(await partitionsOf(admin, topic)).toEqual([0, 1]);
  });

  test('validateOnly creates nothing', async () => {
    const [admin, topic] = [await open(), unique('only-checked')];
    const topics = [{ topic }];
    expect(await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics })).toBe(true);
    expect(await admin.listTopics()).not.toContain(topic);
  });

  test('validateOnly with the default of waitForLeaders', async () => {
    const [admin, topic] = [await open(), unique('only-checked')];
    const checking = admin.createTopics({ validateOnly: true, topics: [{ topic }] });
    await lib.differs('there are no leaders to wait for', {
      kafkajs: async () => expect((await rejectionOf(checking)).type).toBe('UNKNOWN_TOPIC_OR_PARTITION'),
      kafka4: async () => expect(await checking).toBe(true),
    });
  });

  test.each([
    ['a name that is none', { topic: 'a b' }, 'INVALID_TOPIC_EXCEPTION', 17],
    ['an empty name', { topic: '' }, 'INVALID_TOPIC_EXCEPTION', 17],
    ['no partitions', { numPartitions: 0 }, 'INVALID_PARTITIONS', 37],
    ['no replicas', { replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR', 38],
    ['more replicas than brokers', { replicationFactor: 9 }, 'INVALID_REPLICATION_FACTOR', 38],
    [
      'a broker that is not there',
      { replicaAssignment: [{ partition: 0, replicas: [7] }] },
      'INVALID_REPLICA_ASSIGNMENT',
      39,
    ],
    [
      'a gap in the assignment',
      { replicaAssignment: [{ partition: 1, replicas: [1] }] },
      'INVALID_REPLICA_ASSIGNMENT',
      39,
    ],
    ['a setting that is none', { configEntries: [{ name: 'nothing', value: '1' }] }, 'INVALID_CONFIG', 40],
    ['a value that is none', { configEntries: [{ name: 'retention.ms', value: 'x' }] }, 'INVALID_CONFIG', 40],
  ])('createTopics with %s', async (_name, more, type, code) => {
    const admin = await open();
    const topic = unique('refused');
    const error = await rejectionOf(admin.createTopics({ topics: [{ topic, ...more }] }));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSAggregateError);
    expect([error.name, error.message]).toEqual(['KafkaJSAggregateError', 'Topic creation errors']);
    const [first] = error.errors;
    const { KafkaJSCreateTopicError } = lib.exports as unknown as { KafkaJSCreateTopicError: typeof Error };
    expect(first).toBeInstanceOf(KafkaJSCreateTopicError);
    expect(first).toMatchObject({ name: 'KafkaJSCreateTopicError', type, code, retriable: false });
    expect(first.topic).toBe('topic' in more ? more.topic : topic);
    await lib.differs('the broker’s own sentence is the cause', {
      kafkajs: () => expect(first.cause).toBeUndefined(),
      kafka4: () => expect(first.cause === undefined || first.cause.message.length > 0).toBe(true),
    });
  });

  test('of several topics the good ones are created and each bad one has its error', async () => {
    const [admin, good] = [await open(), unique('good')];
    const bad = unique('bad');
    const topics = [{ topic: good }, { topic: bad, numPartitions: 0 }, { topic: 'a b' }];
    const error = await rejectionOf(admin.createTopics({ topics }));
    const told = error.errors.map(({ topic, type }: { topic: string; type: string }) => [topic, type]);
    expect(told.sort()).toEqual(
      [
        ['a b', 'INVALID_TOPIC_EXCEPTION'],
        [bad, 'INVALID_PARTITIONS'],
      ].sort(),
    );
    expect(await admin.listTopics()).toContain(good);
  });

  test('numbers as digits in a text', async () => {
    const [admin, topic] = [await open(), unique('digits')];
    const config = { topic, numPartitions: '2', replicationFactor: '1' } as never;
    expect(await admin.createTopics({ topics: [config], timeout: '5000' as never })).toBe(true);
    expect(await partitionsOf(admin, topic)).toEqual([0, 1]);
    const more = { topic, count: '3' } as never;
    await admin.createPartitions({ topicPartitions: [more], timeout: '5000' as never });
    expect(await partitionsOf(admin, topic)).toEqual([0, 1, 2]);
    await admin.deleteTopics({ topics: [topic], timeout: '5000' as never });
    expect(await admin.listTopics()).not.toContain(topic);
  });

  test('a number of partitions that is none', async () => {
    const topics = [{ topic: unique('digits'), numPartitions: 'x' as never }];
    const error = await rejectionOf((await open()).createTopics({ topics }));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSAggregateError);
    expect(error.errors.map(shapeOf)).toMatchObject([{ type: 'INVALID_PARTITIONS', code: 37 }]);
  });

  const TIMED_OUT = { message: 'The request timed out', type: 'REQUEST_TIMED_OUT', code: 7, retriable: true };

  test.each([0, -1])('a timeout of %i: the broker does not wait until it is done', async (timeout) => {
    const [admin, topic] = [await open(), await lib.topic('hurried')];
    const created = await rejectionOf(admin.createTopics({ topics: [{ topic: unique('hurried') }], timeout }));
    expect(created).toBeInstanceOf(lib.exports.KafkaJSAggregateError);
    expect(created.errors.map(shapeOf)).toMatchObject([{ name: 'KafkaJSCreateTopicError', ...TIMED_OUT }]);
    const grown = await rejectionOf(admin.createPartitions({ topicPartitions: [{ topic, count: 2 }], timeout }));
    expect(shapeOf(grown)).toEqual({ name: 'KafkaJSProtocolError', ...TIMED_OUT });
    const deleted = await rejectionOf(admin.deleteTopics({ topics: [topic], timeout }));
    expect(shapeOf(deleted)).toEqual({ name: 'KafkaJSProtocolError', ...TIMED_OUT });
  });

  test('deleteTopics', async () => {
    const [admin, first, second] = [await open(), unique('gone'), unique('gone')];
    // Not by lib.topic: kafkajs, which makes those, does not bear that a topic it knows is gone.
    await admin.createTopics({ topics: [{ topic: first }, { topic: second }] });
    expect(await admin.deleteTopics({ topics: [first, second] })).toBeUndefined();
    const left = await admin.listTopics();
    expect(left.filter((name) => name === first || name === second)).toEqual([]);
    expect(await admin.deleteTopics({ topics: [] })).toBeUndefined();
  });

  test('deleteTopics of what is not there is tried again, then told', async () => {
    const admin = await open();
    const error = await rejectionOf(admin.deleteTopics({ topics: [unique('nothing')] }));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSNumberOfRetriesExceeded);
    expect([error.message, error.retriable, error.retryCount]).toEqual([UNKNOWN.message, false, 1]);
    expect(shapeOf(error.cause)).toEqual(UNKNOWN);
  });

  test('createPartitions', async () => {
    const [admin, topic] = [await open(), await lib.topic('grow', 2)];
    expect(await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })).toBeUndefined();
    expect(await partitionsOf(admin, topic)).toEqual([0, 1, 2, 3]);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 5, assignments: [[1]] }] });
    await admin.createPartitions({ validateOnly: true, topicPartitions: [{ topic, count: 9 }] });
    expect(await partitionsOf(admin, topic)).toEqual([0, 1, 2, 3, 4]);
  });

  test.each([
    ['fewer partitions', { count: 1 }, 'INVALID_PARTITIONS', 37],
    ['as many', { count: 2 }, 'INVALID_PARTITIONS', 37],
    ['none', { count: 0 }, 'INVALID_PARTITIONS', 37],
    ['too few assignments', { count: 4, assignments: [[1]] }, 'INVALID_REPLICA_ASSIGNMENT', 39],
    ['an assignment to nobody', { count: 3, assignments: [[8]] }, 'INVALID_REPLICA_ASSIGNMENT', 39],
  ])('createPartitions with %s', async (_name, more, type, code) => {
    const [admin, topic] = [await open(), await lib.topic('grow', 2)];
    const error = await rejectionOf(admin.createPartitions({ topicPartitions: [{ topic, ...more }] }));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSProtocolError);
    expect(error).toMatchObject({ name: 'KafkaJSProtocolError', type, code, retriable: false });
  });

  test('createPartitions of a topic that is not there', async () => {
    const admin = await open();
    const topicPartitions = [{ topic: unique('nothing'), count: 2 }];
    expect(shapeOf(await rejectionOf(admin.createPartitions({ topicPartitions })))).toEqual(UNKNOWN);
  });

  test('fetchTopicMetadata of all topics, and of one that is not there', async () => {
    const [admin, topic] = [await open(), await lib.topic('seen', 2)];
    for (const request of [undefined, { topics: [] }]) {
      const { topics } = await admin.fetchTopicMetadata(request);
      expect(topics.find(({ name }) => name === topic)?.partitions).toHaveLength(2);
    }
    const missing = unique('nothing');
    expect(shapeOf(await rejectionOf(admin.fetchTopicMetadata({ topics: [missing] })))).toEqual(UNKNOWN);
    expect(await admin.listTopics()).not.toContain(missing);
  });

  test('describeCluster', async () => {
    const admin = await open();
    const { brokers, controller, clusterId } = await admin.describeCluster();
    expect(brokers).toEqual([{ nodeId: 1, host: '127.0.0.1', port: expect.any(Number) }]);
    expect([controller, clusterId]).toEqual([1, expect.stringMatching(/^[\w-]{22}$/)]);
  });
});
