// publishBatch on the embedded broker: what it takes, what it gives, what it leaves alone.

import {
  initializeKafka4,
  KafkaPublishError,
  KafkaValidationError,
  type Message,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { readBack, valuesOf } from '../support/read-back';
import { newTopic } from '../support/topics';
import { rejection, unique } from '../support/until';

useEmbeddedBroker();

/** Frozen all the way down, so that any change would throw. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}

test('a publish connects by itself and resolves with real offsets', async () => {
  const topic = await newTopic();
  const first = await producer.publishBatch(topic, [{ value: 'a' }, { value: 'b' }]);
  const second = await producer.publishBatch(topic, [{ value: 'c' }]);
  expect([first[0]?.baseOffset, second[0]?.baseOffset]).toEqual(['0', '2']);
  expect(first).toEqual([
    {
      topicName: topic,
      partition: 0,
      errorCode: 0,
      offset: '0',
      baseOffset: '0',
      logAppendTime: '-1',
      logStartOffset: '0',
    },
  ]);
});

test('key, value and headers arrive as they were given', async () => {
  const topic = await newTopic();
  const binary = Buffer.from([0, 255, 128]);
  const headers = {
    text: 'é',
    binary,
    list: ['1', binary],
    none: null as any,
    constructor: 'c' as any,
    gone: undefined,
    '': 'unnamed',
  };
  await producer.publishBatch(topic, [
    { key: 'k', value: 'v', headers, timestamp: '1790000000123' },
    { key: Buffer.alloc(0), value: null },
    { key: null, value: '' },
  ]);
  const stored = await readBack(topic, 3);
  expect(stored[0]).toMatchObject({ key: 'k', value: Buffer.from('v'), timestamp: '1790000000123' });
  expect(stored[0]?.headers).toEqual([
    ['text', Buffer.from('é')],
    ['binary', binary],
    ['list', Buffer.from('1')],
    ['list', binary],
    ['none', null],
    ['constructor', Buffer.from('c')],
    ['', Buffer.from('unnamed')],
  ]);
  expect(stored[1]).toMatchObject({ key: '', value: null, headers: [] });
  expect(stored[2]).toMatchObject({ key: null, value: Buffer.alloc(0) });
});

test("the caller's objects are never changed", async () => {
  const topic = await newTopic();
  const messages: Message[] = frozen([
    {
      key: 'k',
      value: Buffer.from('v'),
      headers: { a: ['1', Buffer.from('2')] },
      partition: 0,
      timestamp: '1790000000123',
    },
    { value: null },
  ]);
  const copy = structuredClone(messages);
  await producer.publishBatch(topic, messages);
  expect(structuredClone(messages)).toEqual(copy);
  await producer.publishTransaction(frozen([{ topic, messages }]));
  expect(structuredClone(messages)).toEqual(copy);
});

test('what changes after the call changes nothing', async () => {
  const topic = await newTopic();
  const value = Buffer.from('value');
  const key = new Uint8Array(new SharedArrayBuffer(2)).fill(65);
  const headers: Message['headers'] = { h: Buffer.from('header') };
  const messages: Message[] = [{ key: key as Buffer, value, headers }, { value: 'second' }];
  const sent = producer.publishBatch(topic, messages);
  value.fill('#');
  key.fill(66);
  (headers.h as Buffer).fill('#');
  headers.more = 'x';
  messages.length = 0;
  structuredClone(value.buffer, {
    transfer: value.byteLength === value.buffer.byteLength ? [value.buffer as ArrayBuffer] : [],
  });
  await sent;
  const [first, second] = await readBack(topic, 2);
  expect([first?.key, String(first?.value), String(second?.value)]).toEqual(['AA', 'value', 'second']);
  expect(first?.headers).toEqual([['h', Buffer.from('header')]]);
});

test('an empty batch resolves with nothing, and sends nothing', async () => {
  const topic = await newTopic();
  await expect(producer.publishBatch(topic, [])).resolves.toEqual([]);
  expect((await producer.publishBatch(topic, [{ value: 'x' }]))[0]?.baseOffset).toBe('0');
});

test('publishUserEvent and publishBatch to the same topic keep their order within a tick', async () => {
  await initializeKafka4();
  const key = unique('same-tick');
  const sent: Promise<unknown>[] = [];
  for (let i = 0; i < 100; i += 1) {
    sent.push(producer.publishUserEvent(`${i}`, key, null));
    sent.push(producer.publishBatch('user-events', [{ key, value: `{"eventType":"${i}b"}` }]));
    if (i % 2)
      sent.push(producer.publishBatch('user-events', [{ key, value: `{"eventType":"${i}h"}`, headers: { h: '1' } }]));
    if (i === 50) await Promise.all(sent);
  }
  await Promise.all(sent);
  const stored = await readBack('user-events', sent.length, (message) => message.key === key);
  const order = stored.map(({ value }) => JSON.parse(value!.toString()).eventType);
  const given = Array.from({ length: 100 }, (_, i) => (i % 2 ? [`${i}`, `${i}b`, `${i}h`] : [`${i}`, `${i}b`])).flat();
  expect(order).toEqual(given);
});

test('many un-awaited publishes keep the order of the calls', async () => {
  const topic = await newTopic();
  const sent = Array.from({ length: 20_000 }, (_, i) => producer.publishBatch(topic, [{ value: `${i}` }]));
  const offsets = (await Promise.all(sent)).map(([metadata]) => Number(metadata?.baseOffset));
  expect(offsets).toEqual(Array.from(sent, (_, i) => i));
  expect(valuesOf(await readBack(topic, sent.length))).toEqual(Array.from(sent, (_, i) => `${i}`));
});

describe('topic names', () => {
  test.each(['', '.', '..', 'a b', 'a/b', 'a\nb', 'a\0b', 'é', 'x'.repeat(250), 'x'.repeat(70_000)])(
    '%j is refused',
    async (topic) => {
      const error = await rejection(producer.publishBatch(topic, [{ value: 'v' }]));
      expect(error).toBeInstanceOf(KafkaValidationError);
      expect(error).toMatchObject({ code: 'ERR_KAFKA_INVALID_ARGUMENT', retriable: false });
      const inTransaction = await rejection(producer.publishTransaction([{ topic, messages: [{ value: 'v' }] }]));
      expect(inTransaction).toBeInstanceOf(KafkaValidationError);
    },
  );

  test.each([undefined, null, 1, {}, [], ['a'], Symbol('t'), Object('t'), 1n])('%p is refused', async (topic) => {
    const error = await rejection(producer.publishBatch(topic as any, [{ value: 'v' }]));
    expect(error).toBeInstanceOf(KafkaValidationError);
    expect(error.message).toMatch(/topic must be a string/);
  });

  test('249 characters of all that is allowed', async () => {
    const topic = `${unique('aZ09._-')}${'x'.repeat(249)}`.slice(0, 249);
    const { kafkaAdminService } = await import('@/lib/kafka');
    await kafkaAdminService.createTopics([{ name: topic, partitions: 1, retentionMs: -1 }]);
    await expect(producer.publishBatch(topic, [{ value: 'v' }])).resolves.toMatchObject([{ topicName: topic }]);
  });

  test('a topic that does not exist is told for its message, and others go on', async () => {
    const known = await newTopic();
    const unknown = unique('unknown');
    const sent = producer.publishBatch(unknown, [{ value: 'a' }, { value: 'b' }]);
    await expect(producer.publishBatch(known, [{ value: 'v' }])).resolves.toHaveLength(1);
    const error = await rejection(sent);
    expect(error).toBeInstanceOf(KafkaPublishError);
    expect(error.code).toMatch(/^ERR_KAFKA_UNKNOWN_TOPIC/);
    expect(error.message).toContain(unknown);
    expect(error.results.map(({ index, status }: any) => [index, status])).toEqual([
      [0, 'notStored'],
      [1, 'notStored'],
    ]);
  });
});
