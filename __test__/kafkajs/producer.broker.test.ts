// send and sendBatch: what they resolve with, and what is stored. One spec for kafkajs and kafka4, on one broker.

import type { Message, Producer } from 'kafkajs';
import { endOffsets, readAll } from '../support/kafkajs-reader';
import { both, rejectionOf } from './support/both';

both('send', (lib) => {
  let producer: Producer;
  beforeEach(async () => {
    producer = await lib.open(lib.kafka().producer());
  });

  test('resolves with one RecordMetadata of a topic with one partition', async () => {
    const topic = await lib.topic();
    expect(await producer.send({ topic, messages: [{ key: 'k', value: 'v' }, { value: 'w' }] })).toEqual([
      { topicName: topic, partition: 0, errorCode: 0, baseOffset: '0', logAppendTime: '-1', logStartOffset: '0' },
    ]);
    expect((await producer.send({ topic, messages: [{ value: 'x' }] }))[0]?.baseOffset).toBe('2');
  });

  test('tells the time of a topic that keeps the time of the broker', async () => {
    const topic = await lib.topic('append', 1, { 'message.timestamp.type': 'LogAppendTime' });
    const before = Date.now();
    const [metadata] = await producer.send({ topic, messages: [{ value: 'v' }] });
    expect(Number(metadata?.logAppendTime)).toBeGreaterThan(before - 60_000);
  });

  test('tells where the log starts', async () => {
    const topic = await lib.topic();
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }, { value: 'c' }] });
    const admin = await lib.open(
      new (jest.requireActual('kafkajs') as typeof lib.exports).Kafka({
        brokers: [process.env.KAFKA4_TEST_BROKER as string],
        logLevel: 0,
      }).admin(),
    );
    await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
    const [metadata] = await producer.send({ topic, messages: [{ value: 'd' }] });
    expect(metadata).toMatchObject({ baseOffset: '3', logStartOffset: '2' });
  });

  test('several partitions: one RecordMetadata each, by their base offsets', async () => {
    const topic = await lib.topic('parts', 3);
    const messages = [0, 1, 2, 0, 1, 2].map((partition) => ({ value: 'v', partition }));
    const metadata = await producer.send({ topic, messages });
    expect(metadata.map(({ partition, baseOffset }) => [partition, baseOffset]).sort()).toEqual([
      [0, '0'],
      [1, '0'],
      [2, '0'],
    ]);
    expect(await endOffsets(topic)).toEqual([2, 2, 2]);
  });

  test('keys and values are stored as they are given', async () => {
    const topic = await lib.topic();
    const binary = Buffer.from([0, 1, 255, 254]);
    await producer.send({
      topic,
      messages: [
        { key: 'text', value: 'ünïcödé 😀' },
        { key: binary, value: binary },
        { key: null, value: null },
        { value: '' },
        { key: '', value: Buffer.alloc(0) },
      ],
    });
    const stored = await readAll(topic, 5);
    expect(stored.map(({ key, value }) => [key, value])).toEqual([
      [Buffer.from('text'), Buffer.from('ünïcödé 😀')],
      [binary, binary],
      [null, null],
      [null, Buffer.alloc(0)],
      [Buffer.alloc(0), Buffer.alloc(0)],
    ]);
  });

  test('headers: strings, Buffers, lists', async () => {
    const topic = await lib.topic();
    const headers = { text: 'a', bytes: Buffer.from([1, 2]), list: ['x', Buffer.from('y'), 'z'], empty: '' };
    await producer.send({ topic, messages: [{ value: 'v', headers }] });
    const [stored] = await readAll(topic, 1);
    expect(stored?.headers).toEqual({
      text: Buffer.from('a'),
      bytes: Buffer.from([1, 2]),
      list: [Buffer.from('x'), Buffer.from('y'), Buffer.from('z')],
      empty: Buffer.alloc(0),
    });
  });

  test('a timestamp is kept, without one it is now', async () => {
    const topic = await lib.topic();
    const before = Date.now();
    await producer.send({ topic, messages: [{ value: 'a', timestamp: '1600000000000' }, { value: 'b' }] });
    const stored = await readAll(topic, 2);
    expect(stored[0]?.timestamp).toBe('1600000000000');
    expect(Number(stored[1]?.timestamp)).toBeGreaterThanOrEqual(before - 60_000);
  });

  test('a timestamp that is a number is taken too', async () => {
    const topic = await lib.topic();
    await producer.send({ topic, messages: [{ value: 'a', timestamp: 1_600_000_000_000 as unknown as string }] });
    expect((await readAll(topic, 1))[0]?.timestamp).toBe('1600000000000');
  });

  test('the order of a partition is the order of the messages', async () => {
    const topic = await lib.topic();
    const messages = Array.from({ length: 500 }, (_, i) => ({ value: String(i) }));
    await producer.send({ topic, messages });
    expect((await readAll(topic, 500)).map(({ value }) => String(value))).toEqual(messages.map(({ value }) => value));
  });

  test('sends of one tick are stored in the order of the calls', async () => {
    const topic = await lib.topic();
    await producer.send({ topic, messages: [{ value: 'first' }] });
    const sends = Array.from({ length: 20 }, (_, i) => producer.send({ topic, messages: [{ value: String(i) }] }));
    await Promise.all(sends);
    const values = (await readAll(topic, 21)).map(({ value }) => String(value));
    const called = ['first', ...Array.from({ length: 20 }, (_, i) => String(i))];
    await lib.differs('kafkajs has several connections, and the requests overtake one another', {
      kafkajs: () => expect([...values].sort()).toEqual([...called].sort()),
      kafka4: () => expect(values).toEqual(called),
    });
  });

  test('no message at all is fine', async () => {
    const topic = await lib.topic();
    expect(await producer.send({ topic, messages: [] })).toEqual([]);
  });

  test('neither the messages nor the record are written to', async () => {
    const topic = await lib.topic();
    const frozen = (message: Message): Message => {
      if (message.headers) Object.freeze(message.headers);
      return Object.freeze(message);
    };
    const messages = Object.freeze([frozen({ key: 'k', value: 'v', headers: { a: 'b' } }), frozen({ value: null })]);
    const record = Object.freeze({ topic, messages: messages as Message[] });
    const before = JSON.stringify(record);
    await producer.send(record);
    expect(JSON.stringify(record)).toBe(before);
  });

  test('what changes after the call changes nothing', async () => {
    const topic = await lib.topic();
    await producer.send({ topic, messages: [{ value: 'warm' }] });
    const message = { value: 'before' };
    const sending = producer.send({ topic, messages: [message] });
    await lib.differs('kafkajs reads the messages later, when it knows the topic', {
      kafkajs: () => {},
      kafka4: () => {
        message.value = 'after';
      },
    });
    await sending;
    expect(String((await readAll(topic, 2))[1]?.value)).toBe('before');
  });

  test('messages of a prototype, as classes make them', async () => {
    class Event {
      get value(): string {
        return 'from a getter';
      }
    }
    const topic = await lib.topic();
    await producer.send({ topic, messages: [new Event() as Message] });
    const value = String((await readAll(topic, 1))[0]?.value);
    await lib.differs('kafkajs copies the own properties only, and stores a message without value', {
      kafkajs: () => expect(value).toBe('null'),
      kafka4: () => expect(value).toBe('from a getter'),
    });
  });
});

both('sendBatch', (lib) => {
  let producer: Producer;
  beforeEach(async () => {
    producer = await lib.open(lib.kafka().producer());
  });

  test('writes to several topics, with one RecordMetadata each', async () => {
    const [a, b] = [await lib.topic('a'), await lib.topic('b')];
    const metadata = await producer.sendBatch({
      topicMessages: [
        { topic: a, messages: [{ value: '1' }] },
        { topic: b, messages: [{ value: '2' }, { value: '3' }] },
      ],
    });
    expect(metadata.map(({ topicName, baseOffset }) => [topicName, baseOffset])).toEqual(
      expect.arrayContaining([
        [a, '0'],
        [b, '0'],
      ]),
    );
    expect(metadata).toHaveLength(2);
    expect(await endOffsets(b)).toEqual([2]);
  });

  test('entries of the same topic become one', async () => {
    const topic = await lib.topic();
    const metadata = await producer.sendBatch({
      topicMessages: [
        { topic, messages: [{ value: '1' }] },
        { topic, messages: [{ value: '2' }] },
      ],
    });
    expect(metadata).toHaveLength(1);
    expect((await readAll(topic, 2)).map(({ value }) => String(value))).toEqual(['1', '2']);
  });

  test('the lists of the caller are left alone', async () => {
    const topic = await lib.topic();
    const [first, second] = [[{ value: '1' }], [{ value: '2' }]];
    const topicMessages = [
      { topic, messages: first },
      { topic, messages: second },
    ];
    await producer.sendBatch({ topicMessages });
    expect([first.length, second.length, topicMessages.length]).toEqual([1, 1, 2]);
  });

  test('nothing to send resolves with nothing', async () => {
    expect(await producer.sendBatch({ topicMessages: [] })).toEqual([]);
    expect(await producer.sendBatch({})).toEqual([]);
  });
});

both('topics that are not there', (lib) => {
  const FEW = { retries: 1, initialRetryTime: 100 };

  test('the attempts are used up, the cause is UNKNOWN_TOPIC_OR_PARTITION', async () => {
    const producer = await lib.open(lib.kafka().producer({ allowAutoTopicCreation: false, retry: FEW }));
    const topic = `missing-${Date.now()}`;
    const error = await rejectionOf(producer.send({ topic, messages: [{ value: 'x' }] }));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSNumberOfRetriesExceeded);
    expect(error.message).toBe('This server does not host this topic-partition');
    expect(error.retryCount).toBe(1);
    expect(error.cause).toBeInstanceOf(lib.exports.KafkaJSProtocolError);
    expect(error.cause).toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION', code: 3, retriable: true });
  });

  test('a topic that is created later is found', async () => {
    const producer = await lib.open(lib.kafka().producer({ allowAutoTopicCreation: false, retry: FEW }));
    await rejectionOf(producer.send({ topic: `missing-${Date.now()}`, messages: [{ value: 'x' }] }));
    const topic = await lib.topic('later');
    expect(await producer.send({ topic, messages: [{ value: 'x' }] })).toHaveLength(1);
  });
});
