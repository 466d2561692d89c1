// publishTransaction on the embedded broker: its arguments, its results, its turns. What readers see of an aborted one
// is shown on real Kafka (producer-transaction.broker.test.ts).

import {
  Kafka4Error,
  KafkaSerializationError,
  KafkaTransactionError,
  KafkaValidationError,
  type ProducerRecord,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { readBack, valuesOf } from '../support/read-back';
import { newTopic } from '../support/topics';
import { rejection, unique } from '../support/until';

useEmbeddedBroker();

test('RecordMetadata[][]: one list for each record, in the order given', async () => {
  const [a, b] = [await newTopic(2), await newTopic()];
  const results = await producer.publishTransaction([
    { topic: b, messages: [{ value: '1' }, { value: '2' }] },
    {
      topic: a,
      messages: [
        { value: '3', partition: 1 },
        { value: '4', partition: 0 },
      ],
    },
    { topic: b, messages: [] },
    { topic: b, messages: [{ value: '5' }] },
  ]);
  const places = results.map((record) => record.map((at) => `${at.topicName} ${at.partition}@${at.baseOffset}`).sort());
  expect(places).toEqual([[`${b} 0@0`], [`${a} 0@0`, `${a} 1@0`], [], [`${b} 0@2`]]);
  for (const at of results.flat()) {
    expect(at).toMatchObject({ errorCode: 0, offset: at.baseOffset, logStartOffset: '0' });
  }
  expect(valuesOf(await readBack(b, 3))).toEqual(['1', '2', '5']);
});

test('keys, headers, tombstones and partitions are those of a batch', async () => {
  const topic = await newTopic(4);
  const messages = [
    { key: 'k', value: null, headers: { h: ['1', '2'] } },
    { key: 'k', value: 'v', timestamp: '1790000000123' },
  ];
  const [inTransaction] = await producer.publishTransaction([{ topic, messages }]);
  const alone = await producer.publishBatch(topic, messages);
  expect(inTransaction?.map(({ partition }) => partition)).toEqual(alone.map(({ partition }) => partition));
  const stored = await readBack(topic, 4);
  expect(stored[0]).toMatchObject({ key: 'k', value: null, headers: stored[2]?.headers });
  expect(stored[1]).toMatchObject({ value: Buffer.from('v'), timestamp: '1790000000123' });
});

test('an empty transaction resolves', async () => {
  await expect(producer.publishTransaction([])).resolves.toEqual([]);
  const topic = await newTopic();
  await expect(producer.publishTransaction([{ topic, messages: [] }])).resolves.toEqual([[]]);
});

test('concurrent calls are serialised, not refused, in the order of the calls', async () => {
  const topic = await newTopic();
  const calls = Array.from({ length: 20 }, (_, i) =>
    producer.publishTransaction([{ topic, messages: [{ value: `${i}a` }, { value: `${i}b` }] }]),
  );
  const results = await Promise.all(calls);
  const offsets = results.map((records) => Number(records[0]?.[0]?.baseOffset));
  // Two records each; the marker of a commit may take an offset, too.
  expect(offsets[0]).toBe(0);
  for (const [i, offset] of offsets.entries()) if (i > 0) expect([2, 3]).toContain(offset - offsets[i - 1]!);
  expect(valuesOf(await readBack(topic, 40))).toEqual(calls.flatMap((_, i) => [`${i}a`, `${i}b`]));
});

test('a refused call does not hold the next one up', async () => {
  const topic = await newTopic();
  const [first, second, third] = [
    producer.publishTransaction([{ topic, messages: [{ value: '1' }] }]),
    rejection(producer.publishTransaction([{ topic, messages: [{ value: Buffer.alloc(2 * 1024 * 1024) }] }])),
    producer.publishTransaction([{ topic, messages: [{ value: '3' }] }]),
  ];
  await first;
  expect(await second).toBeInstanceOf(KafkaTransactionError);
  await third;
});

test('what changes after the call changes nothing, also while it waits for its turn', async () => {
  const topic = await newTopic();
  const value = Buffer.from('value');
  const records: ProducerRecord[] = [{ topic, messages: [{ value }] }];
  const calls = [1, 2, 3].map(() => producer.publishTransaction(records));
  value.fill('#');
  records[0]!.messages.push({ value: 'too late' });
  records.length = 0;
  await Promise.all(calls);
  expect(valuesOf(await readBack(topic, 3))).toEqual(['value', 'value', 'value']);
});

test('a transaction after disconnect() connects again', async () => {
  const topic = await newTopic();
  await producer.publishTransaction([{ topic, messages: [{ value: '1' }] }]);
  await producer.disconnect();
  await producer.publishTransaction([{ topic, messages: [{ value: '2' }] }]);
  expect(valuesOf(await readBack(topic, 2))).toEqual(['1', '2']);
});

describe('refused before anything is sent', () => {
  const good = (topic: string): ProducerRecord => ({ topic, messages: [{ value: 'v' }] });
  const getter = Object.defineProperty({ messages: [] }, 'topic', {
    get: () => {
      throw new Error('not today');
    },
  });

  test.each<[string, any]>([
    ['null', null],
    ['a hole', undefined],
    ['a number', 7],
    ['no topic', { messages: [{ value: 'v' }] }],
    ['an invalid topic', { topic: 'a b', messages: [{ value: 'v' }] }],
    ['no messages', { topic: 'valid' }],
    ['messages that are no array', { topic: 'valid', messages: { length: 1 } }],
    ['a bad message', { topic: 'valid', messages: [{ value: 'v' }, { value: 1 }] }],
    ['a getter that throws', getter],
    [
      'a Proxy whose traps throw',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
        },
      ),
    ],
  ])('record 1 is %s', async (_, bad) => {
    const topic = await newTopic();
    const records = [good(topic), bad, good(topic)];
    if (bad === undefined) delete records[1];
    const error = await rejection(producer.publishTransaction(records));
    expect(error).toBeInstanceOf(KafkaValidationError);
    expect(error.details).toMatchObject({ record: 1 });
    expect((await producer.publishBatch(topic, [{ value: 'x' }]))[0]?.baseOffset).toBe('0');
  });

  test.each([undefined, null, 7, 'text', {}, new Set(), { length: 1 }])('%p are no records', async (records) => {
    const error = await rejection(producer.publishTransaction(records as any));
    expect(error).toBeInstanceOf(KafkaValidationError);
    expect(error.message).toMatch(/records must be an array/);
  });

  test('the error of a bad message says which', async () => {
    const records = [good('valid'), { topic: 'valid', messages: [{ value: 'v' }, { value: 1 as any }] }];
    const error = await rejection(producer.publishTransaction(records));
    expect(error).not.toBeInstanceOf(KafkaSerializationError);
    expect(error.details).toMatchObject({ record: 1, index: 1 });
  });
});

test('an unknown topic aborts the transaction; nothing of it is stored, and the next one works', async () => {
  const topic = await newTopic();
  const unknown = unique('unknown');
  const error = await rejection(
    producer.publishTransaction([
      { topic, messages: [{ value: 'lost' }] },
      { topic: unknown, messages: [{ value: 'lost' }] },
    ]),
  );
  expect(error).toBeInstanceOf(KafkaTransactionError);
  expect(error.details).toMatchObject({ outcome: 'aborted' });
  expect(error.message).toContain(unknown);
  expect(error.cause).toBeInstanceOf(Kafka4Error);
  expect(error.cause.code).toMatch(/^ERR_KAFKA_UNKNOWN_TOPIC/);
  expect(error.cause.details).toEqual({ record: 1, index: 0, topic: unknown });
  await expect(producer.publishTransaction([{ topic, messages: [{ value: 'v' }] }])).resolves.toHaveLength(1);
});

test('setTransactionalId after the first transaction is refused', async () => {
  const topic = await newTopic();
  await producer.publishTransaction([{ topic, messages: [{ value: 'v' }] }]);
  expect(() => producer.setTransactionalId(unique('late'))).toThrow(/transactionalId/);
});
