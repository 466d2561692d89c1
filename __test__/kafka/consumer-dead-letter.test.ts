// The dead-letter topic: what no attempt of a handler could take, and only then the commit.

import {
  kafkaConsumerService as consumers,
  getKafka4Status,
  getKafkaMetrics,
  type Kafka4Event,
  type KafkaMessage,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { deferred } from '../support/deferred';
import { keep, newTopic, numbered, texts } from '../support/topics';
import { until } from '../support/until';

useEmbeddedBroker({ KAFKA_RETRY_ATTEMPTS: '3' });

const quick = { initialBackoffMs: 20, maxBackoffMs: 40 };

function header(message: KafkaMessage, name: string): string | undefined {
  return message.headers[name]?.toString();
}

async function storedOf(topic: string): Promise<number | null | undefined> {
  const { consumers: status } = await getKafka4Status();
  return status.groups.flatMap(({ partitions }) => partitions).find((p) => p.topic === topic)?.stored;
}

test('after the last attempt the message goes to <topic>.dlq with its key, value and headers, and kafka4.dlq.* headers', async () => {
  const topic = await newTopic(4);
  const deadLettered: Kafka4Event[] = [];
  const off = consumers.on('deadLettered', (event) => deadLettered.push(event));
  const before = getKafkaMetrics();
  consumers.registerHandler(
    topic,
    ({ message }) => {
      if (message.text() === 'poison') throw new RangeError('bad ü value');
    },
    { retry: quick },
  );
  await consumers.startConsumer(topic, 'dlq-group');
  const poison = { key: 'the key', value: 'poison', partition: 3, timestamp: '1700000000001' };
  const headers = { b: '1', a: [Buffer.from([0, 255]), 'two'] };
  await producer.publishBatch(topic, [
    { value: 'fine', partition: 3 },
    { ...poison, headers },
  ]);
  await until('the event', () => deadLettered.length === 1);
  expect(deadLettered[0]).toEqual({
    type: 'deadLettered',
    topic,
    partition: 3,
    offset: 1,
    deadLetterTopic: `${topic}.dlq`,
    error: 'RangeError: bad ü value',
  });
  const letters = keep(`${topic}.dlq`);
  await consumers.startConsumer(`${topic}.dlq`, 'dlq-reader');
  await until('the dead letter', () => letters.length === 1);
  const letter = letters[0]!;
  expect([letter.key?.toString(), letter.text(), letter.timestamp]).toEqual(['the key', 'poison', '1700000000001']);
  expect(letter.headerList.slice(0, 3)).toEqual([
    ['b', Buffer.from('1')],
    ['a', Buffer.from([0, 255])],
    ['a', Buffer.from('two')],
  ]);
  const told = Object.fromEntries(letter.headerList.slice(3).map(([name, value]) => [name, value?.toString()]));
  expect(told).toEqual({
    'kafka4.dlq.topic': topic,
    'kafka4.dlq.partition': '3',
    'kafka4.dlq.offset': '1',
    'kafka4.dlq.timestamp': '1700000000001',
    'kafka4.dlq.group': 'dlq-group',
    'kafka4.dlq.attempts': '3',
    'kafka4.dlq.error.name': 'RangeError',
    'kafka4.dlq.error.message': 'bad ü value',
    'kafka4.dlq.failed-at': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  });
  expect(Math.abs(Date.now() - Date.parse(told['kafka4.dlq.failed-at']!))).toBeLessThan(60_000);
  const after = getKafkaMetrics();
  expect(after.deadLetters - before.deadLetters).toBe(1);
  expect(after.handlerErrors - before.handlerErrors).toBe(3);
  expect(after.handlerRetries - before.handlerRetries).toBe(2);
  off();
});

test('tombstones, empty and binary messages become dead letters as they are', async () => {
  const topic = await newTopic();
  consumers.registerHandler(
    topic,
    () => {
      throw new Error('never');
    },
    { retry: { attempts: 1 } },
  );
  await producer.publishBatch(topic, [
    { key: 'tombstone', value: null },
    { key: null, value: '' },
    { key: '', value: Buffer.from([0, 255, 128]) },
  ]);
  await consumers.startConsumer(topic);
  await until('all are put away', async () => (await storedOf(topic)) === 3);
  const letters = keep(`${topic}.dlq`);
  await consumers.startConsumer(`${topic}.dlq`);
  await until('three dead letters', () => letters.length === 3);
  const shown = letters.map((letter) => [header(letter, 'kafka4.dlq.offset'), letter.key, letter.value]);
  const empty = Buffer.alloc(0);
  expect(shown.sort()).toEqual([
    ['0', Buffer.from('tombstone'), null],
    ['1', null, empty],
    ['2', empty, Buffer.from([0, 255, 128])],
  ]);
});

test('the offset of a failing message moves only when its dead letter is stored', async () => {
  const topic = await newTopic();
  const seen: (number | null | undefined)[] = [];
  consumers.registerHandler(
    topic,
    async ({ message }) => {
      if (message.offset !== '1') return;
      seen.push(await storedOf(topic));
      throw new Error('poison');
    },
    { retry: quick },
  );
  const put = deferred();
  const off = consumers.on('deadLettered', () => put.resolve());
  await producer.publishBatch(topic, numbered(3));
  await consumers.startConsumer(topic);
  await put.promise;
  await until('the rest', async () => (await storedOf(topic)) === 3);
  expect(seen.every((stored) => stored == null || stored <= 1)).toBe(true);
  off();
});

test('what is thrown away in text is bounded: an enormous error message does not keep the dead letter from being stored', async () => {
  const topic = await newTopic();
  consumers.registerHandler(
    topic,
    () => {
      throw new Error('ü'.repeat(2_000_000));
    },
    { retry: { attempts: 1 } },
  );
  await producer.publishBatch(topic, [{ value: 'x' }]);
  await consumers.startConsumer(topic);
  const letters = keep(`${topic}.dlq`);
  await until('it is put away', async () => (await storedOf(topic)) === 1);
  await consumers.startConsumer(`${topic}.dlq`);
  await until('the dead letter', () => letters.length === 1);
  expect(texts(letters)).toEqual(['x']);
  expect(header(letters[0]!, 'kafka4.dlq.error.message')!.length).toBeLessThanOrEqual(1_000);
});
