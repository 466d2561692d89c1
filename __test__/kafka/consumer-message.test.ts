// What a message handler gets: KafkaJS's EachMessagePayload.

import {
  type EachMessagePayload,
  initializeKafka4,
  type KafkaMessage,
  KafkaSerializationError,
  kafkaConfig,
  kafkaConsumerService,
  kafkaProducerService,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { keep, newTopic, numbered, sequence, texts } from '../support/topics';
import { unique, until } from '../support/until';

useEmbeddedBroker();

beforeAll(() => {
  kafkaConfig.librdkafka = { 'message.max.bytes': 4 * 1024 * 1024 };
});

async function received(topic: string, count: number): Promise<EachMessagePayload[]> {
  const payloads: EachMessagePayload[] = [];
  kafkaConsumerService.registerHandler(topic, (payload) => {
    payloads.push(payload);
  });
  await kafkaConsumerService.startConsumer(topic);
  await until('all messages', () => payloads.length >= count);
  return payloads;
}

test('the payload has topic, partition, message, heartbeat and pause', async () => {
  const topic = await newTopic(3);
  await kafkaProducerService.publishBatch(topic, [{ key: 'k', value: 'v', partition: 2 }]);
  const [payload] = await received(topic, 1);
  expect(payload).toMatchObject({ topic, partition: 2 });
  expect(payload!.message.value?.toString()).toBe('v');
  expect(payload!.message.key?.toString()).toBe('k');
  await expect(payload!.heartbeat()).resolves.toBeUndefined();
  expect(typeof payload!.pause).toBe('function');
});

test('offsets count from 0 as strings, timestamps are those of the publisher', async () => {
  const topic = await newTopic();
  const before = Date.now();
  await kafkaProducerService.publishBatch(topic, [
    { value: 'a', timestamp: '1700000000123' },
    { value: 'b' },
    { value: 'c', timestamp: '1' },
  ]);
  const messages = (await received(topic, 3)).map(({ message }) => message);
  expect(messages.map(({ offset }) => offset)).toEqual(['0', '1', '2']);
  expect(messages[0]!.timestamp).toBe('1700000000123');
  expect(messages[1]!.timestamp).toMatch(/^\d{13}$/);
  expect(Number(messages[1]!.timestamp)).toBeGreaterThanOrEqual(before);
});

test('null and empty keys and values come as they were sent', async () => {
  const topic = await newTopic();
  await kafkaProducerService.publishBatch(topic, [
    { key: null, value: null },
    { key: '', value: '' },
    { value: null, key: 'tombstone' },
    { value: 'no key' },
  ]);
  const messages = (await received(topic, 4)).map(({ message }) => message);
  const empty = Buffer.alloc(0);
  expect(messages.map(({ key, value }) => [key, value])).toEqual([
    [null, null],
    [empty, empty],
    [Buffer.from('tombstone'), null],
    [null, Buffer.from('no key')],
  ]);
  expect(messages.map((message) => message.text())).toEqual([null, '', null, 'no key']);
});

test('headers keep their order, repeated names become lists', async () => {
  const topic = await newTopic();
  await kafkaProducerService.publishBatch(topic, [
    { value: 'x', headers: { z: '1', a: [Buffer.from([0, 255]), 'two'], m: 'ü' } },
    { value: 'y' },
  ]);
  const [first, second] = await received(topic, 2);
  expect(first!.message.headers).toEqual({
    z: Buffer.from('1'),
    a: [Buffer.from([0, 255]), Buffer.from('two')],
    m: Buffer.from('ü'),
  });
  expect(first!.message.headerList.map(([name]) => name)).toEqual(['z', 'a', 'a', 'm']);
  expect(second!.message.headers).toEqual({});
});

test.each([
  ['an empty value', { key: 'k', value: '' }],
  ['an empty key', { key: '', value: 'v' }],
  ['neither key nor value', { key: '', value: '' }],
  ['a tombstone', { key: 'k', value: null }],
])('%s does not cost a message its headers', async (_, message) => {
  const topic = await newTopic();
  await kafkaProducerService.publishBatch(topic, [{ ...message, headers: { a: '1', empty: '' } }]);
  const [payload] = await received(topic, 1);
  expect(payload!.message.headerList).toEqual([
    ['a', Buffer.from('1')],
    ['empty', Buffer.alloc(0)],
  ]);
});

test('data that is no JSON reaches the handler; json() tells what is wrong with it', async () => {
  const topic = await newTopic();
  const binary = Buffer.from([0, 1, 0xfe, 0xff, 0x80]);
  await kafkaProducerService.publishBatch(topic, [{ value: binary }, { value: '{"cut":' }, { value: '{"ok":true}' }]);
  const messages = (await received(topic, 3)).map(({ message }) => message);
  expect(messages[0]!.value).toEqual(binary);
  expect(() => messages[0]!.json()).toThrow(KafkaSerializationError);
  expect(() => messages[1]!.json()).toThrow(/offset 1/);
  expect(messages[2]!.json()).toEqual({ ok: true });
});

test('a value of 2 MiB arrives whole, between small ones', async () => {
  const topic = await newTopic();
  const large = Buffer.alloc(2 * 1024 * 1024);
  for (let i = 0; i < large.length; i++) large[i] = (i * 31) & 255;
  await kafkaProducerService.publishBatch(topic, [{ value: 'before' }, { value: large }, { value: 'after' }]);
  const messages = (await received(topic, 3)).map(({ message }) => message);
  expect(messages[0]!.text()).toBe('before');
  expect(messages[1]!.value!.equals(large)).toBe(true);
  expect(messages[2]!.text()).toBe('after');
});

test('a message stays as it was after the handler, and copy() after the others are gone', async () => {
  const topic = await newTopic();
  await kafkaProducerService.publishBatch(topic, numbered(5_000));
  const payloads = await received(topic, 5_000);
  await kafkaConsumerService.stopConsumer(topic);
  expect(texts(payloads.map(({ message }) => message))).toEqual(sequence(5_000));
});

test('events of the services reach their handlers with key and envelope', async () => {
  await initializeKafka4();
  // The embedded broker is the process's: other spec files may have published to these topics before.
  const own = unique('id');
  const users: { userId: string }[] = [];
  const seen: string[] = [];
  const see = (kind: string, { key }: KafkaMessage): void => {
    if (key?.toString() === own) seen.push(kind);
  };
  kafkaConsumerService.registerUserEventHandler(({ message }) => {
    see('user', message);
    users.push(message.json() as { userId: string });
  });
  kafkaConsumerService.registerCourseEventHandler(({ message }) => see('course', message));
  kafkaConsumerService.registerNotificationEventHandler(({ message }) => see('notification', message));
  kafkaConsumerService.registerChatEventHandler(({ message }) => see('chat', message));
  kafkaConsumerService.registerAnalyticsEventHandler(({ batch }) => {
    for (const message of batch.messages) see('analytics', message);
  });
  const topics = ['analytics-events', 'chat-events', 'course-events', 'notification-events', 'user-events'];
  await Promise.all(topics.map((topic) => kafkaConsumerService.startConsumer(topic)));
  expect(kafkaConsumerService.getActiveConsumers()).toEqual(topics);
  await Promise.all([
    kafkaProducerService.publishUserEvent('login', own, { a: 1 }),
    kafkaProducerService.publishCourseEvent('opened', own, 'u1', {}),
    kafkaProducerService.publishNotificationEvent('mail', own, {}),
    kafkaProducerService.publishChatEvent(own, 'u1', { text: 'hi' }),
    kafkaProducerService.publishAnalyticsEvent('view', own, {}),
  ]);
  await until('five events', () => seen.length >= 5);
  expect(seen.sort()).toEqual(['analytics', 'chat', 'course', 'notification', 'user']);
  expect(users.find(({ userId }) => userId === own)).toMatchObject({
    eventType: 'login',
    userId: own,
    data: { a: 1 },
    version: '4.0',
  });
});

test('what is published while the consumer runs arrives too', async () => {
  const topic = await newTopic(4);
  const kept = keep(topic);
  await kafkaConsumerService.startConsumer(topic);
  for (let i = 0; i < 20; i++) {
    await kafkaProducerService.publishBatch(topic, [{ value: String(i), partition: i % 4 }]);
    await until(`message ${i}`, () => kept.length === i + 1);
  }
  expect(texts(kept)).toEqual(sequence(20));
});
