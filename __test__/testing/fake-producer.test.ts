// The fakes: what is published, with the real services' checks, errors and results, and without the addon.

import * as kafka4 from '@/lib/kafka';
import { failNextPublish, publishedEvents, setBrokersAway, useFakeKafka, waitForEvent } from '@/lib/testing';
import { murmur2, partitionForKey } from '@/lib/testing/fake/partitioner';
import murmur2Partitions from '../fixtures/murmur2-partitions.json';
import { lastLine, runScript } from '../support/child';
import { rejection } from '../support/until';

const { kafkaProducerService: producer } = kafka4;

useFakeKafka({ topics: { orders: { partitions: 2 } } });

test('an event is published with its envelope, key and headers, and the result of a real publish', async () => {
  const [metadata] = await producer.publishUserEvent('user.registered', 'u-1', { plan: 'free' });
  expect(metadata).toEqual({
    topicName: 'user-events',
    partition: partitionForKey(Buffer.from('u-1'), 6),
    errorCode: 0,
    offset: '0',
    baseOffset: '0',
    logAppendTime: '-1',
    logStartOffset: '0',
  });
  const [event, ...others] = await publishedEvents();
  expect(others).toEqual([]);
  expect(event).toMatchObject({
    topic: 'user-events',
    partition: metadata?.partition,
    offset: '0',
    key: 'u-1',
    eventType: 'user.registered',
    data: { plan: 'free' },
    headers: { eventType: 'user.registered', version: '4.0', 'content-type': 'application/json' },
    envelope: { eventType: 'user.registered', userId: 'u-1', data: { plan: 'free' }, version: '4.0' },
  });
  expect(event?.value?.toString()).toBe(JSON.stringify(event?.envelope));
  expect(event?.envelope?.timestamp).toBe(new Date(Number(event?.timestamp)).toISOString());
});

test('every kind of event has its topic, ids and key', async () => {
  await producer.publishCourseEvent('course.enrolled', 'c-1', 'u-1', null);
  await producer.publishNotificationEvent('grade.posted', 'r-1', [1]);
  await producer.publishChatEvent('room-1', 'u-2', { text: 'hello "you" ü' });
  await producer.publishAnalyticsEvent('page.view', 'e-1', undefined);
  const events = await publishedEvents();
  expect(
    events.map(({ topic, key, eventType, envelope, data }) => [topic, key, eventType, envelope?.userId, data]),
  ).toEqual([
    ['course-events', 'c-1', 'course.enrolled', 'u-1', null],
    ['notification-events', 'r-1', 'grade.posted', undefined, [1]],
    ['chat-events', 'room-1', 'chat_message', 'u-2', { text: 'hello "you" ü' }],
    ['analytics-events', 'e-1', 'page.view', undefined, null],
  ]);
});

test('a batch keeps bytes, headers, tombstones and given partitions', async () => {
  const results = await producer.publishBatch('orders', [
    {
      key: 'a',
      value: 'text',
      partition: 1,
      headers: { one: 'x', two: [Buffer.from('y'), 'z'] },
      timestamp: '1700000000000',
    },
    { key: 'a', value: null, partition: 1 },
    { value: Buffer.from('{"total":3}'), partition: 0 },
  ]);
  expect(results.map(({ partition, offset }) => [partition, offset])).toEqual([
    [1, '0'],
    [0, '0'],
  ]);
  const [first, tombstone, json] = await publishedEvents('orders');
  expect(first).toMatchObject({ key: 'a', timestamp: '1700000000000', headers: { one: 'x', two: ['y', 'z'] } });
  expect([first?.value?.toString(), first?.data, first?.eventType]).toEqual(['text', undefined, undefined]);
  expect([tombstone?.value, tombstone?.offset]).toEqual([null, '1']);
  expect([json?.key, json?.data]).toEqual([null, { total: 3 }]);
});

test('a publish that nobody awaits is among the published events', async () => {
  void producer.publishUserEvent('e', 'u', {});
  expect(await publishedEvents('user-events')).toHaveLength(1);
});

test.each([
  ['an empty id', () => producer.publishUserEvent('e', '', {}), 'ERR_KAFKA_SERIALIZATION'],
  ['a BigInt', () => producer.publishUserEvent('e', 'u', { a: 1n }), 'ERR_KAFKA_SERIALIZATION'],
  ['a message without value', () => producer.publishBatch('orders', [{} as never]), 'ERR_KAFKA_INVALID_ARGUMENT'],
  ['a name that is none', () => producer.publishBatch('a b', [{ value: 'x' }]), 'ERR_KAFKA_INVALID_ARGUMENT'],
  ['an unknown topic', () => producer.publishBatch('nowhere', [{ value: 'x' }]), 'ERR_KAFKA_UNKNOWN_TOPIC_OR_PART'],
  [
    'an unknown partition',
    () => producer.publishBatch('orders', [{ value: 'x', partition: 9 }]),
    'ERR_KAFKA_UNKNOWN_PARTITION',
  ],
  [
    'a large message',
    () => producer.publishBatch('orders', [{ value: 'x'.repeat(1_000_001) }]),
    'ERR_KAFKA_MSG_SIZE_TOO_LARGE',
  ],
])('%s is refused as by the real service', async (_what, publish, code) => {
  const error = await rejection(publish());
  expect(error).toBeInstanceOf(kafka4.Kafka4Error);
  expect(error.code).toBe(code);
  expect(await publishedEvents()).toEqual([]);
});

test('the next publish fails with a code as from a broker, the one after does not', async () => {
  failNextPublish('ERR_KAFKA_MSG_TIMED_OUT');
  const error = await rejection<kafka4.KafkaPublishError>(producer.publishUserEvent('e', 'u', {}));
  expect(error).toBeInstanceOf(kafka4.KafkaPublishError);
  expect(error).toMatchObject({ code: 'ERR_KAFKA_MSG_TIMED_OUT', retriable: true });
  expect(error.results).toMatchObject([{ index: 0, status: 'notStored' }]);
  expect(await publishedEvents()).toEqual([]);
  await producer.publishUserEvent('e', 'u', {});
  expect(await publishedEvents()).toHaveLength(1);
});

test('publishes fail with the very error that was given, as often and where it was said', async () => {
  const own = new Error('boom');
  failNextPublish(own, { times: 2, topic: 'orders' });
  await producer.publishUserEvent('e', 'u', {});
  expect(await rejection(producer.publishBatch('orders', [{ value: 'x' }]))).toBe(own);
  expect(await rejection(producer.publishTransaction([{ topic: 'orders', messages: [{ value: 'x' }] }]))).toBe(own);
  await producer.publishBatch('orders', [{ value: 'x' }]);
});

test('a planned failure that no publish met is forgotten after the test: planned here', () => {
  failNextPublish();
});

test('a planned failure that no publish met is forgotten after the test: not met there', async () => {
  await producer.publishUserEvent('e', 'u', {});
});

test('a transaction stores all records or none', async () => {
  const records = [
    {
      topic: 'orders',
      messages: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ],
    },
    { topic: 'user-events', messages: [{ value: '3' }] },
  ];
  const results = await producer.publishTransaction(records);
  expect(results.map((list) => list.map(({ topicName }) => topicName))).toEqual([
    ['orders', 'orders'].slice(0, results[0]?.length),
    ['user-events'],
  ]);
  expect(await publishedEvents()).toHaveLength(3);
  failNextPublish('ERR_KAFKA_NOT_ENOUGH_REPLICAS');
  const error = await rejection(producer.publishTransaction(records));
  expect(error).toBeInstanceOf(kafka4.KafkaTransactionError);
  expect(error).toMatchObject({ code: 'ERR_KAFKA_TRANSACTION_ABORTED', details: { outcome: 'aborted' } });
  expect(await publishedEvents()).toHaveLength(3);
});

test('what was published in one test is not there in the next', async () => {
  expect(await publishedEvents()).toEqual([]);
  const [metadata] = await producer.publishUserEvent('e', 'u-1', {});
  expect(metadata?.offset).toBe('0');
});

test('waitForEvent finds what comes later, by type or by function', async () => {
  const waiting = waitForEvent('late');
  const other = waitForEvent((event) => event.data?.n === 2, { topic: 'chat-events' });
  setTimeout(() => {
    void producer.publishUserEvent('late', 'u', {});
    void producer.publishChatEvent('r', 'u', { n: 2 });
  }, 50);
  expect(await waiting).toMatchObject({ eventType: 'late', topic: 'user-events' });
  expect(await other).toMatchObject({ key: 'r' });
});

test('waitForEvent tells what was there instead, and refuses what it cannot look for', async () => {
  expect((await rejection(waitForEvent('x', { within: 0 }))).message).toContain('nothing was published');
  await producer.publishUserEvent('user.registered', 'u-7', { plan: 'free' });
  const error = await rejection(waitForEvent('user.deleted', { within: 30 }));
  expect(error).toBeInstanceOf(kafka4.KafkaTimeoutError);
  expect(error.code).toBe('ERR_KAFKA_TIMED_OUT');
  expect(error.message).toMatch(
    /no event 'user\.deleted' within 30 ms; .*\n {2}user-events\[\d]@0 user\.registered, key u-7: /,
  );
  for (const what of [undefined, '', 5]) {
    expect((await rejection(waitForEvent(what as never))).code).toBe('ERR_KAFKA_INVALID_ARGUMENT');
  }
  expect((await rejection(waitForEvent('x', { within: -1 }))).code).toBe('ERR_KAFKA_INVALID_ARGUMENT');
  expect((await rejection(publishedEvents(''))).code).toBe('ERR_KAFKA_INVALID_ARGUMENT');
});

test('brokers that are away are told as real ones', async () => {
  setBrokersAway(true);
  expect(await rejection(kafka4.initializeKafka4())).toMatchObject({
    name: 'KafkaConnectionError',
    code: 'ERR_KAFKA_CONNECTION_FAILED',
  });
  expect(await kafka4.checkKafkaHealth()).toBe(false);
  expect(await kafka4.getKafka4Status()).toMatchObject({ status: 'unhealthy', cluster: null, responseTime: null });
  expect(await rejection(kafka4.kafkaAdminService.listTopics())).toMatchObject({ code: 'ERR_KAFKA_CONNECTION_FAILED' });
  setBrokersAway(false);
  await kafka4.initializeKafka4();
  expect(await kafka4.getKafka4Status()).toMatchObject({ status: 'healthy', reasons: [] });
  setBrokersAway(true);
  expect(await rejection(producer.publishUserEvent('e', 'u', {}))).toMatchObject({ code: 'ERR_KAFKA_MSG_TIMED_OUT' });
});

test('partitions are those of the Java client', () => {
  const { keys, partitionCounts } = murmur2Partitions;
  for (const { base64, murmur2: hash, partitions } of keys) {
    const key = Buffer.from(base64, 'base64');
    expect(murmur2(key)).toBe(hash);
    expect(partitionCounts.map((count) => partitionForKey(key, count))).toEqual(partitions);
  }
});

test('the addon is not loaded', async () => {
  const result = await runScript(
    `const { fakeKafka, publishedEvents } = require('./dist/testing/index.js');
     const kafka = fakeKafka();
     kafka.kafkaProducerService.publishUserEvent('e', 'u', {}).then(async () => {
       const mapped = require('node:fs').readFileSync('/proc/self/maps', 'utf8').includes('kafka4.linux');
       console.log(JSON.stringify({ mapped, events: (await publishedEvents()).length }));
     });`,
    { type: 'commonjs' },
  );
  expect(result).toMatchObject({ code: 0, hung: false, stderr: '' });
  expect(lastLine(result)).toEqual({ mapped: false, events: 1 });
});
