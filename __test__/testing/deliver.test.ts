// deliver: the handler that is registered is run with what was given, and its end is the promise's.

import {
  kafkaConsumerService as consumer,
  type EachBatchPayload,
  type EachMessagePayload,
  KafkaConsumerService,
  kafkaConfig,
  kafkaProducerService,
} from '@/lib/kafka';
import { deliver, publishedEvents, useFakeKafka } from '@/lib/testing';
import { rejection } from '../support/until';

useFakeKafka();
kafkaConfig.logLevel = 0;

test('an event in parts becomes its envelope, with key and headers, for a handler that no consumer runs', async () => {
  const payloads: EachMessagePayload[] = [];
  consumer.registerCourseEventHandler(async (payload) => {
    payloads.push(payload);
  });
  await deliver({
    topic: 'course-events',
    eventType: 'course.enrolled',
    courseId: 'c-1',
    userId: 'u-1',
    data: { seat: 3 },
  });
  const [{ topic, partition, message }] = payloads as [EachMessagePayload];
  expect([topic, partition, message.key?.toString(), message.offset]).toEqual(['course-events', 0, 'c-1', '0']);
  expect(message.json()).toMatchObject({
    eventType: 'course.enrolled',
    courseId: 'c-1',
    userId: 'u-1',
    data: { seat: 3 },
    version: '4.0',
  });
  expect(message.headers.eventType?.toString()).toBe('course.enrolled');
  await deliver({ topic: 'course-events', eventType: 'e', courseId: 'c', userId: 'u' });
  expect(payloads[1]?.message.offset).toBe('1');
  expect(payloads[1]?.message.json()).toMatchObject({ data: null });
  expect(await publishedEvents()).toEqual([]);
});

test('it resolves when the handler has finished, and rejects with what it throws', async () => {
  let finished = false;
  consumer.registerUserEventHandler(async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    finished = true;
  });
  const event = { topic: 'user-events', eventType: 'e', userId: 'u' };
  await deliver(event);
  expect(finished).toBe(true);
  const own = new Error('of the handler');
  let calls = 0;
  consumer.registerUserEventHandler(() => {
    calls += 1;
    throw own;
  });
  expect(await rejection(deliver(event))).toBe(own);
  expect(calls).toBe(1);
});

test('a message of its own: text, bytes, a tombstone, JSON; headers, partition, offset and time as given', async () => {
  const seen: unknown[] = [];
  consumer.registerHandler('orders', ({ partition, message }) => {
    seen.push([
      partition,
      message.offset,
      message.timestamp,
      message.key?.toString() ?? null,
      message.text(),
      message.headers.h?.toString(),
    ]);
  });
  await deliver({
    topic: 'orders',
    key: 'k',
    value: 'text',
    headers: { h: '1' },
    partition: 4,
    offset: '17',
    timestamp: 1_700_000_000_000,
  });
  await deliver({ topic: 'orders', value: null, offset: 3, timestamp: '5' });
  await deliver({ topic: 'orders', value: { total: 1 }, offset: 4, timestamp: 6 });
  await deliver({ topic: 'orders', value: Buffer.from('bytes'), offset: 5, timestamp: 7 });
  expect(seen).toEqual([
    [4, '17', '1700000000000', 'k', 'text', '1'],
    [0, '3', '5', null, null, undefined],
    [0, '4', '6', null, '{"total":1}', undefined],
    [0, '5', '7', null, 'bytes', undefined],
  ]);
});

test('a published event can be delivered as it is', async () => {
  const seen: EachMessagePayload[] = [];
  consumer.registerChatEventHandler(async (payload) => {
    seen.push(payload);
  });
  await kafkaProducerService.publishChatEvent('room', 'u', { text: 'hi' });
  const [event] = await publishedEvents();
  await deliver(event!);
  expect(seen[0]).toMatchObject({ topic: 'chat-events', partition: event?.partition });
  expect(seen[0]?.message.text()).toBe(event?.value?.toString());
  expect(seen[0]?.message.timestamp).toBe(event?.timestamp);
  expect(Object.keys(seen[0]?.message.headers ?? {})).toEqual(['eventType', 'version', 'content-type']);
});

test('a list is one batch for a batch handler, and its failure rejects without a second call', async () => {
  const payloads: EachBatchPayload[] = [];
  consumer.registerAnalyticsEventHandler(async (payload) => {
    payloads.push(payload);
    for (const { offset } of payload.batch.messages) payload.resolveOffset(offset);
    await payload.commitOffsetsIfNecessary();
    if (payload.batch.messages[0]?.json<{ data: string }>()?.data === 'bad') throw new RangeError('bad batch');
  });
  const event = (data: string) => ({ topic: 'analytics-events', eventType: 'e', entityId: 'x', data });
  await deliver([event('a'), event('b')]);
  expect(payloads[0]?.batch.messages.map((message) => message.json<{ data: string }>()?.data)).toEqual(['a', 'b']);
  expect([payloads[0]?.batch.topic, payloads[0]?.batch.offsetLag()]).toEqual(['analytics-events', '0']);
  consumer.registerAnalyticsEventHandler(async (payload) => {
    payloads.push(payload);
    throw new RangeError('bad batch');
  });
  for (const list of [[event('bad')], [event('bad'), event('c')]]) {
    payloads.length = 0;
    expect(await rejection(deliver(list))).toBeInstanceOf(RangeError);
    expect(payloads).toHaveLength(1);
  }
  await deliver([]);
});

test('a list goes to a message handler one by one, and stops at the first that fails', async () => {
  const seen: (string | null)[] = [];
  consumer.registerHandler('orders', async ({ message }) => {
    seen.push(message.text());
    if (message.text() === 'b') throw new Error('b');
  });
  await rejection(deliver(['a', 'b', 'c'].map((value) => ({ topic: 'orders', value }))));
  expect(seen).toEqual(['a', 'b']);
});

test('a consumer service of the application’s own is asked when it is given', async () => {
  const own = new KafkaConsumerService();
  let called = false;
  own.registerHandler('orders', () => {
    called = true;
  });
  await deliver({ topic: 'orders', value: 'x' }, { consumer: own });
  expect(called).toBe(true);
});

test.each([
  ['no handler', { topic: 'nobody', value: 'x' }, 'ERR_KAFKA_NO_HANDLER'],
  ['no topic', { value: 'x' }, 'ERR_KAFKA_INVALID_ARGUMENT'],
  ['no object', 'orders', 'ERR_KAFKA_INVALID_ARGUMENT'],
  ['no value for a topic of the application', { topic: 'orders', eventType: 'e' }, 'ERR_KAFKA_INVALID_ARGUMENT'],
  ['no id', { topic: 'user-events', eventType: 'e' }, 'ERR_KAFKA_SERIALIZATION'],
  ['no user of a course event', { topic: 'course-events', eventType: 'e', courseId: 'c' }, 'ERR_KAFKA_SERIALIZATION'],
  ['a value that cannot become JSON', { topic: 'orders', value: { a: 1n } }, 'ERR_KAFKA_SERIALIZATION'],
  ['a partition that is none', { topic: 'orders', value: 'x', partition: -1 }, 'ERR_KAFKA_INVALID_ARGUMENT'],
  ['an offset that is none', { topic: 'orders', value: 'x', offset: '-1' }, 'ERR_KAFKA_INVALID_ARGUMENT'],
  [
    'a timestamp that is none',
    { topic: 'user-events', eventType: 'e', userId: 'u', timestamp: 'soon' },
    'ERR_KAFKA_INVALID_ARGUMENT',
  ],
  [
    'two topics',
    [
      { topic: 'orders', value: 'x' },
      { topic: 'user-events', value: 'x' },
    ],
    'ERR_KAFKA_INVALID_ARGUMENT',
  ],
])('%s is an error', async (_what, event, code) => {
  consumer.registerHandler('orders', () => {});
  expect(await rejection(deliver(event as never))).toMatchObject({ code });
});
