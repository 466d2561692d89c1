// Which partition a message goes to, on real Kafka, and the order within a key.

import { kafkaProducerService as producer } from '@/lib/kafka';
import murmur2 from '../fixtures/murmur2-partitions.json';
import { useRealBroker } from '../support/broker';
import { endOffsets, readAll } from '../support/kafkajs-reader';
import { newTopic } from '../support/topics';
import { rejection } from '../support/until';

useRealBroker({ KAFKA_COMPRESSION_TYPE: 'none' });

describe.each(murmur2.partitionCounts.map((count, column) => ({ count, column })))(
  '$count partitions',
  ({ count, column }) => {
    // The fixture was written by the hash of Kafka's own client.
    const expected = (key: (typeof murmur2.keys)[number]) => `${key.base64}: ${key.partitions[column]}`;
    const keys = murmur2.keys.map(({ base64 }) => Buffer.from(base64, 'base64'));

    test("each key goes to the partition of Kafka's Java client, in one call", async () => {
      const topic = await newTopic(count);
      await producer.publishBatch(topic, [{ value: 'the topic is known', partition: 0 }]);
      await producer.publishBatch(
        topic,
        keys.map((key) => ({ key, value: 'v' })),
      );
      const read = (await readAll(topic, keys.length + 1)).filter(({ key }) => key !== null);
      const places = read.map(({ key, partition }) => `${key!.toString('base64')}: ${partition}`);
      expect(places.sort()).toEqual(murmur2.keys.map(expected).sort());
    });

    test('and alone, as the first to a topic', async () => {
      const topic = await newTopic(count);
      const metadata = await Promise.all(keys.map((key) => producer.publishBatch(topic, [{ key, value: 'v' }])));
      const places = metadata.map(([at], i) => `${keys[i]!.toString('base64')}: ${at!.partition}`);
      expect(places).toEqual(murmur2.keys.map(expected));
    });
  },
);

test('a text key goes where the same bytes go', async () => {
  const topic = await newTopic(12);
  for (const key of ['user-1', 'schlüssel', '用户', '']) {
    const [text] = await producer.publishBatch(topic, [{ key, value: 'v' }]);
    const [bytes] = await producer.publishBatch(topic, [{ key: Buffer.from(key), value: 'v' }]);
    expect(text?.partition).toBe(bytes?.partition);
  }
});

test('messages without a key use every partition', async () => {
  const topic = await newTopic(4);
  const messages = Array.from({ length: 40_000 }, (_, i) => ({ value: `v${i}` }));
  await producer.publishBatch(topic, messages);
  const ends = await endOffsets(topic);
  expect(ends.reduce((sum, end) => sum + end)).toBe(messages.length);
  for (const end of ends) expect(end).toBeGreaterThan(messages.length / 40);
});

test('an explicit partition wins over the key', async () => {
  const topic = await newTopic(5);
  for (let partition = 0; partition < 5; partition += 1) {
    const [metadata] = await producer.publishBatch(topic, [{ key: 'same', value: 'v', partition }]);
    expect(metadata?.partition).toBe(partition);
  }
  expect(await endOffsets(topic)).toEqual([1, 1, 1, 1, 1]);
});

test('a partition that does not exist is told for its message; the others are stored', async () => {
  const topic = await newTopic(2);
  await producer.publishBatch(topic, [{ value: 'known', partition: 0 }]);
  const error = await rejection(
    producer.publishBatch(topic, [
      { value: 'a', partition: 1 },
      { value: 'b', partition: 7 },
      { value: 'c', partition: 0 },
    ]),
  );
  expect(error.results.map((result: any) => [result.index, result.status, result.error?.code])).toEqual([
    [0, 'stored', undefined],
    [1, 'notStored', 'ERR_KAFKA_UNKNOWN_PARTITION'],
    [2, 'stored', undefined],
  ]);
  expect(await endOffsets(topic)).toEqual([2, 1]);
});

test('un-awaited publishes of all kinds keep their order within each key', async () => {
  const topic = await newTopic(6);
  const sent: Promise<unknown>[] = [];
  const given = new Map<string, string[]>();
  const publish = (
    messages: { key: string; value: string; headers?: Record<string, string>; timestamp?: string }[],
  ) => {
    for (const { key, value } of messages) given.set(key, [...(given.get(key) ?? []), value]);
    sent.push(producer.publishBatch(topic, messages));
  };
  for (let i = 0; i < 2_000; i += 1) {
    const key = `k${i % 17}`;
    // What crosses in runs and what crosses one by one, mixed.
    if (i % 3 === 0) publish([{ key, value: `${i}`, headers: { n: `${i}` } }]);
    else if (i % 7 === 0) publish([{ key, value: `${i}`, timestamp: String(Date.now()) }]);
    else
      publish([
        { key, value: `${i}a` },
        { key: 'other', value: `${i}` },
        { key, value: `${i}b` },
      ]);
    // Ticks of different lengths, the first of them while the topic is not known yet.
    if (i % 111 === 0) await new Promise(setImmediate);
  }
  await Promise.all(sent);
  const read = await readAll(topic, [...given.values()].flat().length);
  const stored = new Map<string, string[]>();
  for (const { key, value } of read) stored.set(`${key}`, [...(stored.get(`${key}`) ?? []), `${value}`]);
  expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(given));
});
