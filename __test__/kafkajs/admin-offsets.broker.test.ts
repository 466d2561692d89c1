// fetchTopicOffsets, fetchTopicOffsetsByTimestamp, fetchOffsets, setOffsets, resetOffsets.

import { unique, until } from '../support/until';
import { both, rejectionOf, shapeOf } from './support/both';

/** KafkaJS sets offsets as a member of the group, which takes five seconds each time. */
jest.setTimeout(90_000);

const START = 1_700_000_000_000;

both('admin offsets', (lib) => {
  const open = () => lib.open(lib.kafka({ retry: { retries: 8, initialRetryTime: 50 } }).admin());

  /** The first coordinator of a cluster needs a while to load; KafkaJS's fetchOffsets rejects meanwhile. */
  beforeAll(async () => {
    const admin = lib.kafka().admin();
    await admin.connect();
    const loaded = () => admin.fetchOffsets({ groupId: 'anybody' }).then(Boolean, () => false);
    await until('a coordinator', loaded).finally(() => admin.disconnect());
  });

  const byPartition = <T extends { partition: number }>(list: T[]): T[] =>
    [...list].sort((a, b) => a.partition - b.partition);

  async function filled(partitions = 1, count = 5): Promise<string> {
    const topic = await lib.topic('offsets', partitions);
    const producer = await lib.open(lib.kafka().producer());
    const messages = Array.from({ length: count }, (_, i) => {
      return { partition: 0, value: `${i}`, timestamp: String(START + i * 1_000) };
    });
    await producer.send({ topic, messages });
    return topic;
  }

  test('fetchTopicOffsets', async () => {
    const [admin, topic] = [await open(), await filled(2)];
    const found = byPartition(await admin.fetchTopicOffsets(topic));
    expect(found).toEqual([
      { partition: 0, offset: '5', high: '5', low: '0' },
      { partition: 1, offset: '0', high: '0', low: '0' },
    ]);
  });

  test('fetchTopicOffsets tells what was deleted', async () => {
    const [admin, topic] = [await open(), await filled()];
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] });
    expect(await admin.fetchTopicOffsets(topic)).toEqual([{ partition: 0, offset: '5', high: '5', low: '3' }]);
  });

  test('fetchTopicOffsets of a topic that is not there is tried again, then told', async () => {
    const admin = await lib.open(lib.kafka({ retry: { retries: 1, initialRetryTime: 10 } }).admin());
    const error = await rejectionOf(admin.fetchTopicOffsets(unique('nothing')));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSNumberOfRetriesExceeded);
    expect(error.cause.type).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });

  test.each([
    ['of a message', START + 2_000, '2'],
    ['between two messages', START + 2_001, '3'],
    ['before all', 1, '0'],
    ['after all', START + 1_000_000, '5'],
    ['left out', undefined, '5'],
  ])('fetchTopicOffsetsByTimestamp, %s', async (_name, timestamp, offset) => {
    const [admin, topic] = [await open(), await filled()];
    expect(await admin.fetchTopicOffsetsByTimestamp(topic, timestamp)).toEqual([{ partition: 0, offset }]);
  });

  test('fetchOffsets of a group that has committed nothing', async () => {
    const [admin, topic] = [await open(), await filled(2)];
    const groupId = unique('group');
    expect(await admin.fetchOffsets({ groupId })).toEqual([]);
    expect(await admin.fetchOffsets({ groupId, topics: [topic] })).toEqual([
      {
        topic,
        partitions: [
          { partition: 0, offset: '-1', metadata: null },
          { partition: 1, offset: '-1', metadata: null },
        ],
      },
    ]);
  });

  test('fetchOffsets of a topic that is not there', async () => {
    const admin = await open();
    const error = await rejectionOf(admin.fetchOffsets({ groupId: unique('group'), topics: [unique('nothing')] }));
    expect(shapeOf(error)).toMatchObject({ name: 'KafkaJSProtocolError', type: 'UNKNOWN_TOPIC_OR_PARTITION', code: 3 });
  });

  test('setOffsets, and fetchOffsets with topics and without', async () => {
    const [admin, topic, groupId] = [await open(), await filled(2), unique('group')];
    expect(await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '3' }] })).toBeUndefined();
    const [first, second] = [
      { partition: 0, offset: '3', metadata: null },
      { partition: 1, offset: '-1', metadata: null },
    ];
    expect(await admin.fetchOffsets({ groupId, topics: [topic] })).toEqual([{ topic, partitions: [first, second] }]);
    expect(await admin.fetchOffsets({ groupId })).toEqual([{ topic, partitions: [first] }]);
  });

  test('setOffsets takes numbers', async () => {
    const [admin, topic, groupId] = [await open(), await filled(), unique('group')];
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: 2 as never }] });
    expect(await admin.fetchOffsets({ groupId })).toEqual([
      { topic, partitions: [{ partition: 0, offset: '2', metadata: null }] },
    ]);
  });

  test('setOffsets takes a partition as a text', async () => {
    const [admin, topic, groupId] = [await open(), await filled(), unique('group')];
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: '0' as never, offset: '2' }] });
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    await lib.differs('KafkaJS resolves, and has set nothing', {
      kafkajs: () => expect(found?.partitions[0]?.offset).toBe('-1'),
      kafka4: () => expect(found?.partitions[0]?.offset).toBe('2'),
    });
  });

  // kafkajs says the same, in the same words, but leaves a member in the group that nothing ends.
  const refusals: [string, object, string][] = [
    ['an offset below -2', { partition: 0, offset: '-3' }, 'Offset must not be a negative number'],
    ['the negative offset of librdkafka', { partition: 0, offset: -1001 }, 'Offset must not be a negative number'],
    ['a text as offset', { partition: 0, offset: 'x' }, 'Invalid offset, expected a long received x'],
    ['half an offset', { partition: 0, offset: '1.5' }, 'Invalid offset, expected a long received 1.5'],
    ['no offset', { partition: 0, offset: null }, 'Invalid offset, expected a long received null'],
    ['a text as partition', { partition: 'x', offset: '1' }, 'Invalid partition, expected a number received x'],
    ['no partition', { offset: '1' }, 'Invalid partition, expected a number received undefined'],
  ];
  for (const [what, position, message] of lib.isOurs ? refusals : []) {
    test(`setOffsets with ${what}`, async () => {
      const [admin, topic, groupId] = [await open(), await filled(), unique('group')];
      const error = await rejectionOf(admin.setOffsets({ groupId, topic, partitions: [position as never] }));
      expect(shapeOf(error)).toMatchObject({ name: 'KafkaJSNonRetriableError', message, retriable: false });
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      expect(found?.partitions[0]?.offset).toBe('-1');
    });
  }

  test('setOffsets with metadata', async () => {
    const [admin, topic, groupId] = [await open(), await filled(), unique('group')];
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1', metadata: 'why' } as never] });
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const metadata = found?.partitions[0]?.metadata;
    await lib.differs('KafkaJS loses the metadata', {
      kafkajs: () => expect(metadata).toBeNull(),
      kafka4: () => expect(metadata).toBe('why'),
    });
  });

  test('a consumer begins where setOffsets says', async () => {
    const [admin, topic, groupId] = [await open(), await filled(), unique('group')];
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '3' }] });
    const consumer = await lib.open(lib.kafka().consumer({ groupId }));
    await consumer.subscribe({ topic, fromBeginning: true });
    const offsets: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { offset: string } }) => {
        offsets.push(message.offset);
        if (message.offset === '4') resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
    expect(offsets).toEqual(['3', '4']);
  });

  test.each([
    [true, '-2'],
    [false, '-1'],
  ])('resetOffsets, earliest: %s', async (earliest, offset) => {
    const [admin, topic, groupId] = [await open(), await filled(2), unique('group')];
    expect(await admin.resetOffsets({ groupId, topic, earliest })).toBeUndefined();
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    expect(found?.partitions).toEqual([
      { partition: 0, offset, metadata: null },
      { partition: 1, offset, metadata: null },
    ]);
  });

  test.each([
    [true, '0'],
    [false, '5'],
  ])('resolveOffsets commits real ones, earliest: %s', async (earliest, offset) => {
    const [admin, topic, groupId] = [await open(), await filled(), unique('group')];
    await admin.resetOffsets({ groupId, topic, earliest });
    const real = [{ topic, partitions: [{ partition: 0, offset, metadata: null }] }];
    expect(await admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: true })).toEqual(real);
    expect(await admin.fetchOffsets({ groupId, topics: [topic] })).toEqual(real);
  });

  test('a group with members cannot be set', async () => {
    const [admin, topic, groupId] = [await open(), await filled(), unique('group')];
    const consumer = await lib.open(lib.kafka().consumer({ groupId }));
    await consumer.subscribe({ topic });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ eachMessage: async () => {} });
    await joined;
    const refused = {
      name: 'KafkaJSNonRetriableError',
      message: 'The consumer group must have no running instances, current state: Stable',
      type: undefined,
      code: undefined,
      retriable: false,
    };
    const partitions = [{ partition: 0, offset: '1' }];
    expect(shapeOf(await rejectionOf(admin.setOffsets({ groupId, topic, partitions })))).toEqual(refused);
    expect(shapeOf(await rejectionOf(admin.resetOffsets({ groupId, topic, earliest: true })))).toEqual(refused);
  });

  test('setOffsets of a topic that is not there', async () => {
    const admin = await open();
    const partitions = [{ partition: 0, offset: '1' }];
    const setting = admin.setOffsets({ groupId: unique('group'), topic: unique('nothing'), partitions });
    expect((await rejectionOf(setting)).type).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });

  test('setOffsets of a partition that is not there', async () => {
    const [admin, topic, groupId] = [await open(), await filled(), unique('group')];
    const setting = admin.setOffsets({ groupId, topic, partitions: [{ partition: 7, offset: '1' }] });
    await lib.differs('KafkaJS says nothing, and sets nothing', {
      kafkajs: async () => expect(await setting).toBeUndefined(),
      kafka4: async () => expect((await rejectionOf(setting)).type).toBe('UNKNOWN_TOPIC_OR_PARTITION'),
    });
    expect(await admin.fetchOffsets({ groupId })).toEqual([]);
  });
});
