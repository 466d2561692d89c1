// Transactions, step by step.

import type { Producer, Transaction } from 'kafkajs';
import * as kafkajs from 'kafkajs';
import { unique, until } from '../support/until';
import { both, rejectionOf, shapeOf } from './support/both';

/** Values that a read_committed consumer sees before the messages `end`, which are sent outside of any transaction. */
async function committed(topic: string, partitions = 1): Promise<string[]> {
  const kafka = new kafkajs.Kafka({
    brokers: [process.env.KAFKA4_TEST_BROKER as string],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const marker = kafka.producer();
  await marker.connect();
  const ends = Array.from({ length: partitions }, (_, partition) => ({ value: 'end', partition }));
  await marker.send({ topic, messages: ends });
  await marker.disconnect();
  const consumer = kafka.consumer({ groupId: unique('committed'), maxWaitTimeInMs: 100 });
  const values: string[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value));
      },
    });
    await until('the ends', () => values.filter((value) => value === 'end').length === partitions, 40_000);
  } finally {
    await consumer.disconnect();
  }
  return values.filter((value) => value !== 'end');
}

async function committedOffsets(
  groupId: string,
  topic: string,
): Promise<{ offset: string; metadata: string | null }[]> {
  const admin = new kafkajs.Kafka({ brokers: [process.env.KAFKA4_TEST_BROKER as string], logLevel: 0 }).admin();
  await admin.connect();
  try {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const partitions = found?.partitions ?? [];
    return [...partitions].sort((a, b) => a.partition - b.partition);
  } finally {
    await admin.disconnect();
  }
}

/** kafkajs gives up where the end of the transaction before is not written yet; librdkafka waits. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if ((error as { type?: string }).type !== 'CONCURRENT_TRANSACTIONS' || attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

both('transactions', (lib) => {
  const open = (config: kafkajs.ProducerConfig = {}): Promise<Producer> =>
    lib.open(
      lib.kafka().producer({ transactionalId: unique('tx'), idempotent: true, maxInFlightRequests: 1, ...config }),
    );

  test('what is committed is seen, with the metadata of each send', async () => {
    const topic = await lib.topic();
    const transaction = await (await open()).transaction();
    expect(await transaction.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] })).toEqual([
      { topicName: topic, partition: 0, errorCode: 0, baseOffset: '0', logAppendTime: '-1', logStartOffset: '0' },
    ]);
    await transaction.commit();
    expect(await committed(topic)).toEqual(['a', 'b']);
  });

  test('what is aborted is not', async () => {
    const topic = await lib.topic();
    const producer = await open();
    const first = await producer.transaction();
    await first.send({ topic, messages: [{ value: 'gone' }] });
    await first.abort();
    const second = await producer.transaction();
    await patiently(() => second.send({ topic, messages: [{ value: 'kept' }] }));
    await second.commit();
    expect(await committed(topic)).toEqual(['kept']);
  });

  test('several sends, also sendBatch, over topics and partitions', async () => {
    const [a, b] = [await lib.topic('a', 2), await lib.topic('b')];
    const transaction = await (await open()).transaction();
    await transaction.send({
      topic: a,
      messages: [
        { value: '1', partition: 0 },
        { value: '2', partition: 1 },
      ],
    });
    const metadata = await transaction.sendBatch({
      topicMessages: [
        { topic: a, messages: [{ value: '3', partition: 0 }] },
        { topic: b, messages: [{ value: '4' }] },
      ],
    });
    expect(metadata).toHaveLength(2);
    await transaction.commit();
    expect((await committed(a, 2)).sort()).toEqual(['1', '2', '3']);
    expect(await committed(b)).toEqual(['4']);
  });

  test('sends beside one another', async () => {
    const topic = await lib.topic();
    const producer = await open();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'first' }] });
    await Promise.all(['a', 'b', 'c'].map((value) => transaction.send({ topic, messages: [{ value }] })));
    await transaction.commit();
    expect((await committed(topic)).sort()).toEqual(['a', 'b', 'c', 'first']);
  });

  test('isActive', async () => {
    const topic = await lib.topic();
    const producer = await open();
    const first = await producer.transaction();
    expect(first.isActive()).toBe(true);
    await first.send({ topic, messages: [{ value: 'x' }] });
    await first.commit();
    expect(first.isActive()).toBe(false);
    const second = await producer.transaction();
    expect([first.isActive(), second.isActive()]).toEqual([false, true]);
    await second.abort();
    expect(second.isActive()).toBe(false);
  });

  test.each(['send', 'sendBatch', 'sendOffsets', 'commit', 'abort'] as const)('%s after the end', async (method) => {
    const transaction = await (await open()).transaction();
    await transaction.commit();
    const error = await rejectionOf((transaction[method] as (argument: object) => Promise<unknown>)({}));
    expect(shapeOf(error)).toMatchObject({
      name: 'KafkaJSNonRetriableError',
      message: 'Cannot continue to use transaction once ended',
      retriable: false,
    });
  });

  test('one at a time', async () => {
    const producer = await open();
    const transaction = await producer.transaction();
    const error = await rejectionOf(producer.transaction());
    expect(shapeOf(error)).toMatchObject({
      name: 'KafkaJSNonRetriableError',
      message:
        'There is already an ongoing transaction for this producer. Please end the transaction before beginning another.',
    });
    await transaction.abort();
    await (await producer.transaction()).abort();
  });

  test('an empty one commits and aborts', async () => {
    const producer = await open();
    await (await producer.transaction()).commit();
    await (await producer.transaction()).abort();
    await (await producer.transaction()).commit();
  });

  test('arguments are checked as those of send', async () => {
    const transaction = await (await open()).transaction();
    expect((await rejectionOf(transaction.send({ topic: '', messages: [] }))).message).toBe('Invalid topic');
    expect((await rejectionOf(transaction.send({ topic: 't', messages: [{} as kafkajs.Message] }))).message).toContain(
      'Invalid message without value',
    );
    const error = await rejectionOf(transaction.send({ topic: 't', acks: 1, messages: [{ value: 'x' }] }));
    expect(error.message).toContain('Not requiring ack for all messages');
    expect(transaction.isActive()).toBe(true);
    await transaction.abort();
  });

  test('the producer sends outside of it, seen at once, whatever comes of the transaction', async () => {
    const topic = await lib.topic();
    const producer = await open();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'inside' }] });
    expect(await producer.send({ topic, messages: [{ value: 'outside' }] })).toHaveLength(1);
    await transaction.abort();
    expect(await committed(topic)).toEqual(['outside']);
  });

  test('a producer without transactionalId has none', async () => {
    const producer = await lib.open(lib.kafka().producer());
    expect((await rejectionOf(producer.transaction())).message).toBe(
      'Must provide transactional id for transactional producer',
    );
  });

  test('a partitioner of the application is asked', async () => {
    const topic = await lib.topic('own', 3);
    const transaction = await (await open({ createPartitioner: () => () => 2 })).transaction();
    expect(await transaction.send({ topic, messages: [{ value: 'x' }] })).toMatchObject([{ partition: 2 }]);
    await transaction.commit();
  });

  test('a transaction for each of two producers', async () => {
    const topic = await lib.topic();
    const [a, b] = [await (await open()).transaction(), await (await open()).transaction()];
    await a.send({ topic, messages: [{ value: 'a' }] });
    await b.send({ topic, messages: [{ value: 'b' }] });
    await a.commit();
    await b.abort();
    expect(await committed(topic)).toEqual(['a']);
  });

  test('twenty, one after another', async () => {
    const topic = await lib.topic();
    const producer = await open();
    for (let i = 0; i < 20; i++) {
      const transaction = await producer.transaction();
      await patiently(() => transaction.send({ topic, messages: [{ value: String(i) }] }));
      await (i % 2 === 0 ? transaction.commit() : transaction.abort());
    }
    expect(await committed(topic)).toEqual(Array.from({ length: 10 }, (_, i) => String(2 * i)));
  });

  describe('sendOffsets', () => {
    const offsets = (topic: string, offset = '5'): kafkajs.Offsets => ({
      topics: [{ topic, partitions: [{ partition: 0, offset }] }],
    });

    test('are committed with the transaction', async () => {
      const topic = await lib.topic();
      const consumerGroupId = unique('group');
      const transaction = await (await open()).transaction();
      await transaction.send({ topic, messages: [{ value: 'x' }] });
      await transaction.sendOffsets({ consumerGroupId, ...offsets(topic) });
      expect(await committedOffsets(consumerGroupId, topic)).toMatchObject([{ offset: '-1' }]);
      await transaction.commit();
      await until('the offset', async () => (await committedOffsets(consumerGroupId, topic))[0]?.offset === '5');
    });

    test('are not committed by an abort', async () => {
      const topic = await lib.topic();
      const consumerGroupId = unique('group');
      const producer = await open();
      const first = await producer.transaction();
      await first.sendOffsets({ consumerGroupId, ...offsets(topic, '5') });
      await first.abort();
      const second = await producer.transaction();
      await patiently(() => second.sendOffsets({ consumerGroupId, ...offsets(topic, '3') }));
      await second.commit();
      await until('an offset', async () => (await committedOffsets(consumerGroupId, topic))[0]?.offset !== '-1');
      expect(await committedOffsets(consumerGroupId, topic)).toMatchObject([{ offset: '3' }]);
    });

    test('alone make a transaction', async () => {
      const topic = await lib.topic();
      const consumerGroupId = unique('group');
      const transaction = await (await open()).transaction();
      await transaction.sendOffsets({ consumerGroupId, ...offsets(topic) });
      await transaction.commit();
      await until('the offset', async () => (await committedOffsets(consumerGroupId, topic))[0]?.offset === '5');
    });

    test('of several partitions', async () => {
      const topic = await lib.topic('several', 2);
      const consumerGroupId = unique('group');
      const transaction = await (await open()).transaction();
      const partitions = [0, 1].map((partition) => ({ partition, offset: String(partition + 7) }));
      await transaction.sendOffsets({ consumerGroupId, topics: [{ topic, partitions }] });
      await transaction.commit();
      await until('both', async () => (await committedOffsets(consumerGroupId, topic))[1]?.offset === '8');
      expect(await committedOffsets(consumerGroupId, topic)).toMatchObject([{ offset: '7' }, { offset: '8' }]);
    });

    test.each([
      ['consumerGroupId', { topics: [] }, 'Missing consumerGroupId'],
      ['topics', { consumerGroupId: 'g' }, 'Missing offset topics'],
    ])('want %s', async (_, argument, message) => {
      const transaction: Transaction = await (await open()).transaction();
      const error = await rejectionOf(transaction.sendOffsets(argument as never));
      expect(error.message).toBe(message);
      await lib.differs("kafkajs lets Node's assert throw", {
        kafkajs: () => expect(error.code).toBe('ERR_ASSERTION'),
        kafka4: () => expect(error).toBeInstanceOf(lib.exports.KafkaJSNonRetriableError),
      });
      await transaction.abort();
    });
  });

  test('a second producer of the same id fences the first', async () => {
    const topic = await lib.topic();
    const transactionalId = unique('fenced');
    const first = await open({ transactionalId });
    const old = await first.transaction();
    await old.send({ topic, messages: [{ value: 'old' }] });
    const fresh = await (await open({ transactionalId })).transaction();
    await patiently(() => fresh.send({ topic, messages: [{ value: 'new' }] }));
    const error = await rejectionOf(old.commit());
    await lib.differs('librdkafka knows the newer code of fencing', {
      kafkajs: () => expect(['INVALID_PRODUCER_EPOCH', 'KAFKAJS_UNKNOWN_ERROR_CODE']).toContain(error.type),
      kafka4: () => expect(error.message).toMatch(/fenced|newer producer|old epoch/i),
    });
    expect(error.retriable).toBe(false);
    await fresh.commit();
    expect(await committed(topic)).toEqual(['new']);
  });

  test('a message that is refused', async () => {
    const topic = await lib.topic('small', 1, { 'max.message.bytes': '1000' });
    const producer = await open();
    const transaction = await producer.transaction();
    const error = await rejectionOf(transaction.send({ topic, messages: [{ value: 'x'.repeat(5_000) }] }));
    expect(error).toMatchObject({ name: 'KafkaJSProtocolError', type: 'MESSAGE_TOO_LARGE', code: 10 });
    expect(transaction.isActive()).toBe(true);
    await transaction.abort();
    const next = await producer.transaction();
    await patiently(() => next.send({ topic, messages: [{ value: 'fits' }] }));
    await next.commit();
    expect(await committed(topic)).toEqual(['fits']);
  });

  test('a commit after a send that failed', async () => {
    const topic = await lib.topic('small', 1, { 'max.message.bytes': '1000' });
    const producer = await open();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'good' }] });
    await rejectionOf(transaction.send({ topic, messages: [{ value: 'x'.repeat(5_000) }] }));
    await lib.differs('kafkajs commits what was stored; librdkafka commits all or nothing', {
      kafkajs: async () => {
        await transaction.commit();
        expect(await committed(topic)).toEqual(['good']);
      },
      kafka4: async () => {
        expect((await rejectionOf(transaction.commit())).message).toContain('the transaction was aborted');
        expect(transaction.isActive()).toBe(true);
        await transaction.abort();
        expect(transaction.isActive()).toBe(false);
        expect(await committed(topic)).toEqual([]);
      },
    });
  });

  test('a disconnect with an open transaction', async () => {
    const topic = await lib.topic();
    const producer = await open();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'open' }] });
    await producer.disconnect();
    await lib.differs('kafkajs leaves it open, and with it every reader of what comes after', {
      kafkajs: () => {},
      kafka4: async () => {
        expect(transaction.isActive()).toBe(false);
        expect(await committed(topic)).toEqual([]);
      },
    });
  });
});
