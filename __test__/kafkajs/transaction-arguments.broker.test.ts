// Offsets that a transaction is given, the timeouts it can have, and what it says when its producer has left.

import type { KafkaConfig, Producer, ProducerConfig } from 'kafkajs';
import { unique, until } from '../support/until';
import { both, rejectionOf, shapeOf } from './support/both';
import { committed } from './support/consuming';

both('arguments of transactions', (lib) => {
  const open = (config: ProducerConfig = {}, cluster: Partial<KafkaConfig> = {}): Promise<Producer> =>
    lib.open(
      lib
        .kafka(cluster)
        .producer({ transactionalId: unique('tx'), idempotent: true, maxInFlightRequests: 1, ...config }),
    );

  test('sendOffsets takes what uncommittedOffsets of a consumer gives', async () => {
    const [topic, consumerGroupId] = [await lib.topic('uncommitted', 1), unique('group')];
    const producer = await open();
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] });
    const consumer = await lib.open(lib.kafka().consumer({ groupId: consumerGroupId, maxWaitTimeInMs: 100 }));
    await consumer.subscribe({ topic, fromBeginning: true });
    const sent = new Promise<unknown>((resolve, reject) => {
      const eachBatch: import('kafkajs').EachBatchHandler = async ({ batch, resolveOffset, uncommittedOffsets }) => {
        for (const { offset } of batch.messages) resolveOffset(offset);
        const offsets = uncommittedOffsets();
        if (batch.lastOffset() !== '1') return;
        const transaction = await producer.transaction();
        await transaction.sendOffsets({ consumerGroupId, ...offsets });
        await transaction.commit();
        resolve(offsets.topics[0]?.partitions);
      };
      consumer.run({ autoCommit: false, eachBatch: (payload) => eachBatch(payload).catch(reject) }).catch(reject);
    });
    expect(await sent).toMatchObject([{ partition: '0', offset: '2' }]);
    await consumer.disconnect();
    await until('the offset', async () => (await committed(consumerGroupId, topic))[0] === '2');
  });

  // kafkajs sends whatever it makes of them to the brokers.
  const wrong = lib.isOurs ? ['x', -1, 0.5] : [];
  for (const partition of wrong)
    test(`sendOffsets of partition ${partition}`, async () => {
      const topic = await lib.topic();
      const transaction = await (await open()).transaction();
      const topics = [{ topic, partitions: [{ partition: partition as number, offset: '1' }] }];
      const error = await rejectionOf(transaction.sendOffsets({ consumerGroupId: unique('group'), topics }));
      expect(shapeOf(error)).toMatchObject({
        name: 'KafkaJSNonRetriableError',
        message: `Invalid partition "${partition}" of topic "${topic}"`,
      });
      await transaction.abort();
    });

  test('an offset that is more than a number can say', async () => {
    const [topic, consumerGroupId] = [await lib.topic(), unique('group')];
    const transaction = await (await open()).transaction();
    const offset = '9007199254740993';
    const sending = transaction.sendOffsets({
      consumerGroupId,
      topics: [{ topic, partitions: [{ partition: 0, offset }] }],
    });
    await lib.differs('the way to librdkafka takes 53 bits; another offset is not committed in its place', {
      kafkajs: async () => {
        await sending;
        await transaction.commit();
        await until('the offset', async () => (await committed(consumerGroupId, topic))[0] === offset);
      },
      kafka4: async () => {
        expect((await rejectionOf(sending)).message).toBe(
          `Invalid offset "${offset}" for partition 0 of topic "${topic}": the largest that can be committed is 9007199254740991`,
        );
        await transaction.abort();
      },
    });
  });

  test.each<[string, ProducerConfig, Partial<KafkaConfig>]>([
    ['a request may take longer than a transaction', {}, { requestTimeout: 90_000 }],
    ['requests without a bound', {}, { enforceRequestTimeout: false }],
    ['a transaction that is shorter than a request', { transactionTimeout: 10_000 }, {}],
    ['a short transaction', { transactionTimeout: 5_000 }, { requestTimeout: 120_000 }],
  ])('timeouts: %s', async (_, config, cluster) => {
    const topic = await lib.topic();
    const transaction = await (await open(config, cluster)).transaction();
    expect(await transaction.send({ topic, messages: [{ value: 'x' }] })).toMatchObject([{ baseOffset: '0' }]);
    await transaction.commit();
  });

  test('what its partitioner throws rejects the send as it is', async () => {
    const topic = await lib.topic();
    const thrown = new TypeError('of the application');
    const createPartitioner = () => () => {
      throw thrown;
    };
    const transaction = await (await open({ createPartitioner })).transaction();
    expect(await rejectionOf(transaction.send({ topic, messages: [{ value: 'x' }] }))).toBe(thrown);
    expect(transaction.isActive()).toBe(true);
    await transaction.abort();
  });

  test('after the disconnect of the producer', async () => {
    const topic = await lib.topic();
    const producer = await open();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'a' }] });
    await producer.disconnect();
    const error = await rejectionOf(transaction.send({ topic, messages: [{ value: 'b' }] }));
    expect(shapeOf(error)).toMatchObject({ name: 'KafkaJSError', message: 'The producer is disconnected' });
    await lib.differs('the disconnect aborts what is open', {
      kafkajs: () => expect(transaction.isActive()).toBe(true),
      kafka4: () => expect(transaction.isActive()).toBe(false),
    });
  });

  test('one that ended before says so after the disconnect, too', async () => {
    const producer = await open();
    const transaction = await producer.transaction();
    await transaction.abort();
    await producer.disconnect();
    const error = await rejectionOf(transaction.send({ topic: 't', messages: [{ value: 'b' }] }));
    expect(error.message).toBe('Cannot continue to use transaction once ended');
  });

  test('a transactional id that is no text', async () => {
    const producer = await open({ transactionalId: 5 as never });
    const error = await rejectionOf(producer.transaction());
    await lib.differs('kafkajs asks the brokers with it, and takes their answer for a missing coordinator', {
      kafkajs: () => expect(error.name).toBe('KafkaJSGroupCoordinatorNotFound'),
      kafka4: () => expect(error.message).toBe('transactionalId must be a string, not number'),
    });
  });
});
