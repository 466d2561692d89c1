// Publishing on real Kafka, checked by a client that shares no code with this one.

import {
  initializeKafka4,
  KafkaProducerService,
  type Message,
  kafkaProducerService as producer,
  type RecordMetadata,
} from '@/lib/kafka';
import { useRealBroker } from '../support/broker';
import { endOffsets, readAll } from '../support/kafkajs-reader';
import { newTopic } from '../support/topics';

// So that the independent reader can read it.
useRealBroker({ KAFKA_COMPRESSION_TYPE: 'none' });

/** Publishes to a new topic of one partition and reads what is there. */
async function roundTrip(messages: Message[]) {
  const topic = await newTopic();
  const metadata = await producer.publishBatch(topic, messages);
  return { topic, metadata, read: await readAll(topic, messages.length) };
}

test('a publish resolves with where the brokers stored it, in the shape of KafkaJS', async () => {
  const topic = await newTopic();
  const before = Date.now();
  const first = await producer.publishBatch(topic, [{ value: 'a' }, { value: 'b' }]);
  const second = await producer.publishBatch(topic, [{ value: 'c' }]);
  const shape = (baseOffset: string): RecordMetadata => ({
    topicName: topic,
    partition: 0,
    errorCode: 0,
    offset: baseOffset,
    baseOffset,
    logAppendTime: '-1',
    logStartOffset: '0',
  });
  expect(first).toEqual([shape('0')]);
  expect(second).toEqual([shape('2')]);
  const read = await readAll(topic, 3);
  expect(read.map(({ offset, value }) => `${offset} ${value}`)).toEqual(['0 a', '1 b', '2 c']);
  for (const { timestamp } of read) {
    expect(Number(timestamp)).toBeGreaterThanOrEqual(before);
    expect(Number(timestamp)).toBeLessThanOrEqual(Date.now());
  }
});

test('one metadata for each partition that was written, each with its first offset', async () => {
  const topic = await newTopic(3);
  await producer.publishBatch(topic, [{ value: 'x', partition: 2 }]);
  const metadata = await producer.publishBatch(topic, [
    { value: 'a', partition: 2 },
    { value: 'b', partition: 0 },
    { value: 'c', partition: 2 },
  ]);
  const places = metadata.map(({ partition, baseOffset }) => `${partition}@${baseOffset}`);
  expect(places.sort()).toEqual(['0@0', '2@1']);
  expect(await endOffsets(topic)).toEqual([1, 0, 3]);
});

test('every kind of event is acknowledged with the offset under which it is found', async () => {
  await initializeKafka4();
  const id = `producer-spec-${Date.now()}`;
  const all = await Promise.all([
    producer.publishUserEvent('e', id, 1),
    producer.publishCourseEvent('e', id, 'u', 1),
    producer.publishNotificationEvent('e', id, 1),
    producer.publishChatEvent(id, 'u', 1),
    producer.publishAnalyticsEvent('e', id, 1),
  ]);
  const topics = ['user-events', 'course-events', 'notification-events', 'chat-events', 'analytics-events'];
  expect(all.map((metadata) => metadata.map(({ topicName }) => topicName))).toEqual(topics.map((name) => [name]));
  for (const [metadata] of all) {
    const ends = await endOffsets(metadata!.topicName);
    expect(Number(metadata!.baseOffset)).toBeLessThan(ends[metadata!.partition]!);
  }
});

test('null and empty values, null and empty keys arrive as what they are', async () => {
  const { read } = await roundTrip([
    { key: 'tombstone', value: null },
    { key: null, value: '' },
    { key: '', value: Buffer.alloc(0) },
    { value: null },
    { key: Buffer.alloc(0), value: null },
  ]);
  const empty = Buffer.alloc(0);
  expect(read.map(({ key, value }) => [key, value])).toEqual([
    [Buffer.from('tombstone'), null],
    [null, empty],
    [empty, empty],
    [null, null],
    [empty, null],
  ]);
});

test('headers: strings, binary, null, repeated, empty names, unusual names', async () => {
  const binary = Buffer.from([0, 0xff, 0x80, 10]);
  const headers: Message['headers'] = {
    text: 'é ✓',
    binary,
    list: ['1', binary, '1'],
    empty: '',
    'with space\nand line': 'x',
    none: null as unknown as string,
    gone: undefined,
  };
  const { read } = await roundTrip([
    { value: 'v', headers },
    { value: 'w', headers: {} },
  ]);
  expect(read[0]?.headers).toEqual({
    text: Buffer.from('é ✓'),
    binary,
    list: [Buffer.from('1'), binary, Buffer.from('1')],
    empty: Buffer.alloc(0),
    'with space\nand line': Buffer.from('x'),
    none: null,
  });
  expect(read[1]?.headers).toEqual({});
});

test('timestamps: as given in ms, else the time of the call', async () => {
  const { read } = await roundTrip([
    { value: 'then', timestamp: '1000000000001' },
    { value: 'first', timestamp: '1' },
    { value: 'late', timestamp: String(Date.now() + 60_000) },
    { value: 'now' },
  ]);
  const now = Date.now();
  expect(read.slice(0, 2).map(({ timestamp }) => timestamp)).toEqual(['1000000000001', '1']);
  expect(Math.abs(Number(read[3]?.timestamp) - now)).toBeLessThan(30_000);
});

test('strings are UTF-8, bytes are themselves', async () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const text = 'NUL \0, BOM \uFEFF, שלום, 👩‍🚀';
  const { read } = await roundTrip([
    { key: all, value: all },
    { key: text, value: text },
  ]);
  expect(read[0]).toMatchObject({ key: all, value: all });
  expect([read[1]?.key?.toString(), read[1]?.value?.toString()]).toEqual([text, text]);
});

test('Buffers that change after the call change nothing', async () => {
  const topic = await newTopic();
  const key = Buffer.from('key');
  const value = Buffer.from('value');
  const header = Buffer.from('header');
  const messages: Message[] = [{ key, value, headers: { header } }];
  const sent = producer.publishBatch(topic, messages);
  for (const bytes of [key, value, header]) bytes.fill('#');
  messages[0]!.value = 'another';
  messages.push({ value: 'too late' });
  await sent;
  const [read] = await readAll(topic, 1);
  expect([read?.key, read?.value, read?.headers.header].map(String)).toEqual(['key', 'value', 'header']);
});

test('the metadata of a topic with the time of the broker tells that time', async () => {
  const { kafkaTool } = await import('../support/kafka-tools');
  const topic = await newTopic();
  const change = ['--entity-type', 'topics', '--entity-name', topic, '--alter'];
  await kafkaTool('ConfigCommand', [...change, '--add-config', 'message.timestamp.type=LogAppendTime']);
  const before = Date.now();
  const [metadata] = await producer.publishBatch(topic, [{ value: 'v', timestamp: '1' }]);
  const [read] = await readAll(topic, 1);
  expect(metadata?.logAppendTime).toBe(read?.timestamp);
  expect(Number(metadata?.logAppendTime)).toBeGreaterThanOrEqual(before - 1_000);
});

test('a service of its own publishes beside the shared one', async () => {
  const topic = await newTopic();
  const own = new KafkaProducerService();
  await own.connect();
  await Promise.all([own.publishBatch(topic, [{ value: 'a' }]), producer.publishBatch(topic, [{ value: 'b' }])]);
  await own.disconnect();
  await producer.publishBatch(topic, [{ value: 'c' }]);
  expect(await endOffsets(topic)).toEqual([3]);
});
