// The event envelope: its JSON, byte by byte, its key, its headers.

import {
  initializeKafka4,
  kafkaProducerService as producer,
  type RecordMetadata,
  setTraceparentProvider,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { readBack, type Stored } from '../support/read-back';
import { unique } from '../support/until';

useEmbeddedBroker();

beforeAll(initializeKafka4);
afterEach(() => setTraceparentProvider(undefined));

/** The message that a publish stored. */
async function storedBy(publish: Promise<RecordMetadata[]>): Promise<Stored> {
  const [metadata] = await publish;
  const { topicName, partition, baseOffset } = metadata!;
  const same = (message: Stored) => message.partition === partition && message.offset === baseOffset;
  return (await readBack(topicName, 1, same))[0]!;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The text of the envelope, its time replaced by T after a look at it. */
function envelope(message: Stored): string {
  const text = message.value!.toString();
  const { timestamp } = JSON.parse(text);
  expect(timestamp).toMatch(TIME);
  expect(Math.abs(Date.now() - Date.parse(timestamp))).toBeLessThan(60_000);
  expect(Date.parse(timestamp)).toBe(Number(message.timestamp));
  return text.replace(timestamp, 'T');
}

const headers = (message: Stored) => message.headers.map(([name, value]) => `${name}: ${value}`);
const END = '"timestamp":"T","version":"4.0"}';

describe('fields in their order, key and topic', () => {
  test('user event', async () => {
    const message = await storedBy(producer.publishUserEvent('user_login', 'u-1', { ip: '10.0.0.1', n: [1, null] }));
    expect(envelope(message)).toBe(
      `{"eventType":"user_login","userId":"u-1","data":{"ip":"10.0.0.1","n":[1,null]},${END}`,
    );
    expect(message.key).toBe('u-1');
    expect(headers(message)).toEqual(['eventType: user_login', 'version: 4.0', 'content-type: application/json']);
  });

  test('course event: course and user, key is the course', async () => {
    const message = await storedBy(producer.publishCourseEvent('enrolled', 'c-1', 'u-1', 'text'));
    expect(envelope(message)).toBe(`{"eventType":"enrolled","courseId":"c-1","userId":"u-1","data":"text",${END}`);
    expect(message.key).toBe('c-1');
  });

  test('notification: eventType is its notificationType', async () => {
    const message = await storedBy(producer.publishNotificationEvent('email', 'r-1', { subject: 'Hi' }));
    expect(envelope(message)).toBe(`{"eventType":"email","recipientId":"r-1","data":{"subject":"Hi"},${END}`);
    expect(message.key).toBe('r-1');
    expect(headers(message)[0]).toBe('eventType: email');
  });

  test('chat: chat_message, key is the room', async () => {
    const message = await storedBy(producer.publishChatEvent('room-1', 'u-1', { text: 'hello' }));
    expect(envelope(message)).toBe(
      `{"eventType":"chat_message","roomId":"room-1","userId":"u-1","data":{"text":"hello"},${END}`,
    );
    expect(message.key).toBe('room-1');
    expect(headers(message)[0]).toBe('eventType: chat_message');
  });

  test('chat: messageData.eventType says otherwise, and stays in data', async () => {
    const message = await storedBy(producer.publishChatEvent('room-1', 'u-1', { eventType: 'joined' }));
    expect(envelope(message)).toBe(
      `{"eventType":"joined","roomId":"room-1","userId":"u-1","data":{"eventType":"joined"},${END}`,
    );
    expect(headers(message)[0]).toBe('eventType: joined');
  });

  test.each([null, undefined, 'text', 7])('chat data %p has no eventType', async (data) => {
    const message = await storedBy(producer.publishChatEvent('room-1', 'u-1', data));
    expect(JSON.parse(message.value!.toString())).toMatchObject({ eventType: 'chat_message', data: data ?? null });
  });

  test('analytics event', async () => {
    const message = await storedBy(producer.publishAnalyticsEvent('page_view', 'e-1', 42));
    expect(envelope(message)).toBe(`{"eventType":"page_view","entityId":"e-1","data":42,${END}`);
    expect(message.key).toBe('e-1');
  });
});

test('ids and types of any text are JSON that reads back as the same', async () => {
  const strange = `"\\\n\0\u2028\u{1F680}</script>é ${unique('x')}`;
  const message = await storedBy(producer.publishCourseEvent(strange, strange, strange, { [strange]: strange }));
  expect(JSON.parse(message.value!.toString())).toMatchObject({
    eventType: strange,
    courseId: strange,
    userId: strange,
    data: { [strange]: strange },
  });
  expect(message.key).toBe(strange);
  expect(headers(message)[0]).toBe(`eventType: ${strange}`);
});

test.each<[string, unknown]>([
  ['toJSON is honoured', { at: new Date(0), own: { toJSON: () => ({ mine: true }) } }],
  ['undefined, functions and symbols are left out', { a: undefined, b: () => 1, c: Symbol('c'), d: [undefined] }],
  ['NaN, Infinity and -0', [Number.NaN, Number.POSITIVE_INFINITY, -0]],
  ['boxed values, Map, Set, Buffer', [Object('x'), Object(1), new Map([[1, 2]]), new Set([1]), Buffer.from('b')]],
  ['lone surrogates', 'a\uD800b'],
  ['names like __proto__', JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')],
  ['own getters', Object.defineProperty({}, 'a', { enumerable: true, get: () => 'got' })],
  ['a Proxy', new Proxy({ a: 1 }, {})],
  ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
  ['1,000 levels', Array.from({ length: 1_000 }).reduce<unknown>((inner) => [inner], 'deep')],
])('data is what JSON.stringify gives: %s', async (_, data) => {
  const message = await storedBy(producer.publishUserEvent('e', 'u-1', data));
  expect(envelope(message)).toBe(`{"eventType":"e","userId":"u-1","data":${JSON.stringify(data)},${END}`);
});

test.each([undefined, () => 1, Symbol('s'), { toJSON: () => undefined }])(
  '%p, which is no JSON, is null',
  async (data) => {
    const message = await storedBy(producer.publishUserEvent('e', 'u-1', data));
    expect(envelope(message)).toBe(`{"eventType":"e","userId":"u-1","data":null,${END}`);
  },
);

test('data is read during the call: what changes later changes nothing, and nothing of it is changed', async () => {
  const data = Object.freeze({ list: Object.freeze([1]) as number[], open: { n: 1 } });
  const sent = producer.publishUserEvent('e', 'u-1', data);
  data.open.n = 2;
  expect(JSON.parse((await storedBy(sent)).value!.toString()).data).toEqual({ list: [1], open: { n: 1 } });
});

test('traceparent is the fourth header while a trace is active', async () => {
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  setTraceparentProvider(() => trace);
  const traced = producer.publishUserEvent('e', 'u-1', 1);
  setTraceparentProvider(() => undefined);
  const untraced = producer.publishUserEvent('e', 'u-1', 2);
  expect(headers(await storedBy(traced))).toEqual([
    'eventType: e',
    'version: 4.0',
    'content-type: application/json',
    `traceparent: ${trace}`,
  ]);
  expect(headers(await storedBy(untraced))).toHaveLength(3);
});
