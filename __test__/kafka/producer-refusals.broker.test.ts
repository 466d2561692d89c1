// Messages that the broker refuses, told one by one: a broker of its own that takes no more than 50 kB at a time.

import {
  KafkaPublishError,
  KafkaTransactionError,
  kafkaAdminService,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { endOffsets, readAll } from '../support/kafkajs-reader';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { newTopic } from '../support/topics';
import { rejection } from '../support/until';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({ properties: { 'message.max.bytes': 50_000 } });
  Object.assign(kafkaConfig, { brokers: [broker.brokers], compressionType: 'none', logLevel: 0 });
});
afterAll(async () => {
  await kafkaInitializationService.cleanup();
  await kafkaAdminService.disconnect();
  await broker.stop();
});

const TOO_LARGE = 'ERR_KAFKA_MSG_SIZE_TOO_LARGE';
const big = Buffer.alloc(60_000, 'b');

test('one message that is too large for the broker', async () => {
  const topic = await newTopic();
  const error = await rejection(producer.publishBatch(topic, [{ value: big }]));
  expect(error).toBeInstanceOf(KafkaPublishError);
  expect(error).toMatchObject({
    code: TOO_LARGE,
    retriable: false,
    fatal: false,
    details: { topic, failed: 1, stored: [] },
  });
  expect(error.message).toMatch(/too large/i);
  expect(error.message).toContain(topic);
  expect(error.results).toEqual([{ index: 0, status: 'notStored', error: error.cause }]);
  expect(await endOffsets(topic, broker.brokers)).toEqual([0]);
});

test('of a batch over several partitions exactly the refused ones are told, by their places in the array', async () => {
  const topic = await newTopic(4);
  const error = await rejection(
    producer.publishBatch(topic, [
      { value: 'a', partition: 3 },
      { value: big, partition: 1 },
      { value: 'c', partition: 0 },
      { value: big, partition: 2 },
      { value: 'e', partition: 3 },
    ]),
  );
  expect(error).toBeInstanceOf(KafkaPublishError);
  expect(error.results.map(({ index, status, error: reason }: any) => [index, status, reason?.code])).toEqual([
    [0, 'stored', undefined],
    [1, 'notStored', TOO_LARGE],
    [2, 'stored', undefined],
    [3, 'notStored', TOO_LARGE],
    [4, 'stored', undefined],
  ]);
  expect(error.failures.map(({ index }: any) => index)).toEqual([1, 3]);
  expect(error.message).toContain('2 of 5 messages');
  const places = error.details.stored.map((at: any) => `${at.partition}@${at.baseOffset}`);
  expect(places.sort()).toEqual(['0@0', '3@0']);
  expect(await endOffsets(topic, broker.brokers)).toEqual([1, 0, 0, 2]);
});

test('what the results say is what is stored, also where good and bad share a partition', async () => {
  const topic = await newTopic();
  const messages = Array.from({ length: 40 }, (_, i) => ({ key: `${i}`, value: i % 8 === 3 ? big : `v${i}` }));
  const error = await rejection(producer.publishBatch(topic, messages));
  expect(error).toBeInstanceOf(KafkaPublishError);
  const told = error.results.filter(({ status }: any) => status === 'stored').map(({ index }: any) => `${index}`);
  const stored = (await readAll(topic, told.length, broker.brokers)).map(({ key }) => String(key));
  expect(stored).toEqual(told);
  for (const { index, status } of error.results) if (index % 8 === 3) expect(status).toBe('notStored');
});

test('the producer goes on: later publishes to the same partition are stored, in order', async () => {
  const topic = await newTopic();
  for (let i = 0; i < 30; i += 1) {
    await rejection(producer.publishBatch(topic, [{ value: big }]));
    await producer.publishBatch(topic, [{ value: `${i}` }]);
  }
  const stored = (await readAll(topic, 30, broker.brokers)).map(({ value }) => Number(value));
  expect(stored).toEqual(Array.from({ length: 30 }, (_, i) => i));
});

test('calls of one tick: each is told the truth about its message', async () => {
  const topic = await newTopic();
  const calls = Array.from({ length: 30 }, (_, i) =>
    producer.publishBatch(topic, [{ key: `${i}`, value: i % 2 ? big : 'v' }]),
  );
  const settled = await Promise.allSettled(calls);
  const told = settled.flatMap(({ status }, i) => (status === 'fulfilled' ? [`${i}`] : []));
  expect((await readAll(topic, told.length, broker.brokers)).map(({ key }) => String(key))).toEqual(told);
});

describe('2,000 small messages, together more than the broker takes at a time', () => {
  const messages = Array.from({ length: 2_000 }, (_, i) => ({ value: `${i}`.padEnd(100) }));

  test('an error that tells what to do', async () => {
    const topic = await newTopic();
    const error = await rejection(producer.publishBatch(topic, messages));
    expect(error.code).toBe(TOO_LARGE);
    expect(error.message).toMatch(/KAFKA_BATCH_SIZE/);
    expect(error.message).toMatch(/max\.message\.bytes/);
  });

  test('KAFKA_BATCH_SIZE below the limit of the broker: all are stored', async () => {
    await kafkaInitializationService.cleanup();
    kafkaConfig.batchSize = 16_384;
    const topic = await newTopic();
    await producer.publishBatch(topic, messages);
    expect(await endOffsets(topic, broker.brokers)).toEqual([2_000]);
    await kafkaInitializationService.cleanup();
    kafkaConfig.batchSize = null;
  });
});

test('a refused record aborts its transaction, and only that one', async () => {
  const topic = await newTopic();
  for (let round = 0; round < 10; round += 1) {
    const error = await rejection(producer.publishTransaction([{ topic, messages: [{ value: 'a' }, { value: big }] }]));
    expect(error).toBeInstanceOf(KafkaTransactionError);
    expect(error.details).toMatchObject({ outcome: 'aborted' });
    expect(error.cause).toMatchObject({ code: TOO_LARGE });
    await expect(producer.publishTransaction([{ topic, messages: [{ value: 'b' }] }])).resolves.toHaveLength(1);
  }
});

test('an event that is refused, and one after it', async () => {
  await kafkaInitializationService.initialize();
  const error = await rejection(producer.publishUserEvent('e', 'u', { text: big.toString() }));
  expect(error).toBeInstanceOf(KafkaPublishError);
  expect(error).toMatchObject({ code: TOO_LARGE, results: [{ index: 0, status: 'notStored' }] });
  await expect(producer.publishUserEvent('e', 'u', 'small')).resolves.toMatchObject([{ topicName: 'user-events' }]);
});
