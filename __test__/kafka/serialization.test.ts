// Events that cannot become an envelope: KafkaSerializationError with the path, and nothing is sent.

import { initializeKafka4, KafkaSerializationError, kafkaProducerService as producer } from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { rejection } from '../support/until';

useEmbeddedBroker();

const KEY = 'serialization-spec';
/** How many messages the key's partition of user-events has; the key belongs to this spec, the partition not only. */
async function nextOffset(): Promise<number> {
  const [metadata] = await producer.publishUserEvent('marker', KEY, null);
  return Number(metadata!.baseOffset);
}

beforeAll(initializeKafka4);

async function refused(publish: () => Promise<unknown>): Promise<KafkaSerializationError> {
  const before = await nextOffset();
  const error = await rejection(publish());
  expect(await nextOffset()).toBe(before + 1);
  expect(error).toBeInstanceOf(KafkaSerializationError);
  expect(error).toMatchObject({
    name: 'KafkaSerializationError',
    code: 'ERR_KAFKA_SERIALIZATION',
    retriable: false,
    fatal: false,
  });
  return error;
}

const cyclic: any = { list: [{}] };
cyclic.list[0].back = cyclic;
const throwing = (make: (fail: () => never) => unknown) =>
  make(() => {
    throw new Error('not today');
  });
const revoked = Proxy.revocable({}, {});
revoked.revoke();

test.each<[string, unknown, string, RegExp]>([
  ['a BigInt', 1n, 'data', /BigInt/],
  ['a BigInt within', { a: { b: [0, { c: 1n }] } }, 'data.a.b[1].c', /BigInt/],
  ['a cycle', cyclic, 'data.list[0].back', /refers back/],
  ['toJSON that throws', { a: { toJSON: throwing((f) => f) } }, 'data.a', /not today/],
  ['toJSON that gives a BigInt', [{ toJSON: () => ({ n: 1n }) }], 'data[0].n', /BigInt/],
  [
    'a getter that throws',
    throwing((get) => ({ a: Object.defineProperty({}, 'b', { get, enumerable: true }) })),
    'data.a.b',
    /not today/,
  ],
  ['a Proxy whose traps throw', throwing((f) => ({ p: new Proxy({}, { get: f }) })), 'data.p', /not today/],
  ['a Proxy that cannot be listed', throwing((f) => new Proxy({}, { ownKeys: f })), 'data', /not today/],
  ['a revoked Proxy', { p: revoked.proxy }, 'data.p', /revoked/],
  [
    'something thrown that has no text',
    {
      toJSON() {
        throw Object.create(null);
      },
    },
    'data',
    /object/,
  ],
])('%s is told by its path', async (_, data, path, reason) => {
  const error = await refused(() => producer.publishUserEvent('e', KEY, data));
  expect(error.details).toEqual({ path });
  expect(error.message.startsWith(`${path} `)).toBe(true);
  expect(error.message).toMatch(reason);
  expect(error).toHaveProperty('cause');
});

test('nesting that JSON.stringify cannot follow', async () => {
  const deep = Array.from({ length: 200_000 }).reduce<unknown>((inner) => [inner], 1);
  expect((await refused(() => producer.publishUserEvent('e', KEY, deep))).details).toEqual({ path: 'data' });
});

test('every kind of event refuses such data', async () => {
  for (const publish of [
    () => producer.publishUserEvent('e', KEY, { n: 1n }),
    () => producer.publishCourseEvent('e', KEY, 'u', { n: 1n }),
    () => producer.publishNotificationEvent('e', KEY, { n: 1n }),
    () => producer.publishChatEvent(KEY, 'u', { n: 1n }),
    () => producer.publishAnalyticsEvent('e', KEY, { n: 1n }),
  ]) {
    expect((await refused(publish)).details).toEqual({ path: 'data.n' });
  }
});

const JUNK = [
  '',
  undefined,
  null,
  0,
  7,
  Number.NaN,
  true,
  1n,
  Symbol('s'),
  {},
  [],
  ['u'],
  Object('u'),
  () => 'u',
] as any[];

test.each(JUNK)('%p is no id and no event type', async (junk) => {
  const paths: [string, () => Promise<unknown>][] = [
    ['eventType', () => producer.publishUserEvent(junk, KEY, 1)],
    ['userId', () => producer.publishUserEvent('e', junk, 1)],
    ['eventType', () => producer.publishCourseEvent(junk, KEY, 'u', 1)],
    ['courseId', () => producer.publishCourseEvent('e', junk, 'u', 1)],
    ['userId', () => producer.publishCourseEvent('e', KEY, junk, 1)],
    ['notificationType', () => producer.publishNotificationEvent(junk, KEY, 1)],
    ['recipientId', () => producer.publishNotificationEvent('e', junk, 1)],
    ['roomId', () => producer.publishChatEvent(junk, 'u', {})],
    ['userId', () => producer.publishChatEvent(KEY, junk, {})],
    ['eventType', () => producer.publishAnalyticsEvent(junk, KEY, 1)],
    ['entityId', () => producer.publishAnalyticsEvent('e', junk, 1)],
  ];
  if (junk !== null && junk !== undefined) {
    paths.push(['eventType', () => producer.publishChatEvent(KEY, 'u', { eventType: junk })]);
  }
  for (const [path, publish] of paths) {
    const error = await rejection(publish());
    expect(error).toBeInstanceOf(KafkaSerializationError);
    expect(error).toMatchObject({ code: 'ERR_KAFKA_SERIALIZATION', details: { path } });
    expect(error.message).toContain(`${path} must be a non-empty string`);
  }
});

test('an eventType of chat data that cannot be read', async () => {
  const data = Object.defineProperty({}, 'eventType', { get: () => throwing((f) => f()) });
  const error = await refused(() => producer.publishChatEvent(KEY, 'u', data));
  expect(error.details).toEqual({ path: 'data.eventType' });
  expect((await refused(() => producer.publishChatEvent(KEY, 'u', revoked.proxy))).message).toMatch(/revoked/);
});

test('a call rejects and never throws', () => {
  expect(() => producer.publishUserEvent('', '', 1n).catch(() => {})).not.toThrow();
});

test('toJSON may publish itself: both events are stored', async () => {
  let inner: Promise<unknown> | undefined;
  const data = {
    toJSON() {
      inner ??= producer.publishUserEvent('inner', KEY, 'inner');
      return 'outer';
    },
  };
  const before = await nextOffset();
  await producer.publishUserEvent('outer', KEY, data);
  await inner;
  expect(await nextOffset()).toBe(before + 3);
});
