// Batches on real Kafka: 100,000 messages in one call, and batches of which a part fails.

import { KafkaPublishError, kafkaProducerService as producer } from '@/lib/kafka';
import { useRealBroker } from '../support/broker';
import { endOffsets, readAll } from '../support/kafkajs-reader';
import { newTopic } from '../support/topics';
import { rejection, unique, until } from '../support/until';

useRealBroker({ KAFKA_COMPRESSION_TYPE: 'none' });

test('100,000 messages in one call are stored once each, in order within each key', async () => {
  const topic = await newTopic(6);
  const messages = Array.from({ length: 100_000 }, (_, i) => ({ key: `k${i % 100}`, value: `${i}` }));
  const metadata = await producer.publishBatch(topic, messages);
  expect(metadata.map(({ partition, baseOffset }) => `${partition}@${baseOffset}`).sort()).toEqual(
    [0, 1, 2, 3, 4, 5].map((partition) => `${partition}@0`),
  );
  const last = new Map<string, number>();
  for (const { key, value } of await readAll(topic, messages.length)) {
    const before = last.get(`${key}`) ?? Number(`${key}`.slice(1)) - 100;
    expect(Number(value)).toBe(before + 100);
    last.set(`${key}`, Number(value));
  }
  expect(last.size).toBe(100);
});

test('100,000 messages with headers, in one call of 100 bytes each', async () => {
  const topic = await newTopic(3);
  const value = 'x'.repeat(100);
  const messages = Array.from({ length: 100_000 }, (_, i) => ({ value, headers: { n: `${i}` } }));
  const metadata = await producer.publishBatch(topic, messages);
  const stored = await endOffsets(topic);
  expect(stored.reduce((sum, end) => sum + end)).toBe(messages.length);
  expect(metadata).toHaveLength(3);
});

test('a bad message is told by its index, and nothing of the batch is stored', async () => {
  const topic = await newTopic();
  const messages: any[] = [{ value: 'a' }, { value: 'b' }, { value: undefined }, { value: 'd' }];
  await expect(producer.publishBatch(topic, messages)).rejects.toMatchObject({
    name: 'KafkaValidationError',
    details: { index: 2 },
  });
  await producer.publishBatch(topic, [{ value: 'x' }]);
  expect(await endOffsets(topic)).toEqual([1]);
});

test('2 MiB with the default limits: told for its message, the others are stored', async () => {
  const topic = await newTopic();
  const big = Buffer.alloc(2 * 1024 * 1024, 1);
  const error = await rejection(producer.publishBatch(topic, [{ value: 'a' }, { value: big }, { value: 'c' }]));
  expect(error).toBeInstanceOf(KafkaPublishError);
  expect(error.results.map(({ index, status, error: reason }: any) => [index, status, reason?.code])).toEqual([
    [0, 'stored', undefined],
    [1, 'notStored', 'ERR_KAFKA_MSG_SIZE_TOO_LARGE'],
    [2, 'stored', undefined],
  ]);
  expect((await readAll(topic, 2)).map(({ value }) => String(value))).toEqual(['a', 'c']);
});

test('a topic that does not exist is told for each message, and is not created', async () => {
  const unknown = unique('unknown');
  const error = await rejection(producer.publishBatch(unknown, [{ value: 'a' }, { key: 'k', value: 'b' }]));
  expect(error).toBeInstanceOf(KafkaPublishError);
  expect(error.code).toMatch(/^ERR_KAFKA_UNKNOWN_TOPIC/);
  expect(error.message).toContain(unknown);
  expect(error.failures).toHaveLength(2);
  expect(error.results.map(({ status }: any) => status)).toEqual(['notStored', 'notStored']);
  const { kafkaAdminService } = await import('@/lib/kafka');
  expect(await kafkaAdminService.listTopics()).not.toContain(unknown);
});

test('a topic that is created after a failed publish can be published to', async () => {
  const { kafkaAdminService } = await import('@/lib/kafka');
  const topic = unique('late');
  await rejection(producer.publishBatch(topic, [{ value: 'too early' }]));
  await kafkaAdminService.createTopics([{ name: topic, partitions: 2, retentionMs: -1 }]);
  // The client looks again every second.
  await until(
    'a publish is stored',
    () =>
      producer.publishBatch(topic, [{ value: 'v' }]).then(
        () => true,
        () => false,
      ),
    10_000,
  );
  expect((await endOffsets(topic)).reduce((sum, end) => sum + end)).toBe(1);
});
