// What a producer says of arguments and states that it cannot use.

import type { Producer } from 'kafkajs';
import { endOffsets } from '../support/kafkajs-reader';
import { both, rejectionOf, shapeOf } from './support/both';

both('arguments of send', (lib) => {
  let producer: Producer;
  beforeEach(async () => {
    producer = await lib.open(lib.kafka().producer());
  });

  const refused = async (record: unknown): Promise<Record<string, unknown>> =>
    shapeOf(await rejectionOf(producer.send(record as Parameters<Producer['send']>[0])));

  const nonRetriable = (message: string): Record<string, unknown> => ({
    name: 'KafkaJSNonRetriableError',
    message,
    retriable: false,
    type: undefined,
    code: undefined,
  });

  test.each([[''], [undefined], [null]])('topic %p', async (topic) => {
    expect(await refused({ topic, messages: [{ value: 'x' }] })).toEqual(nonRetriable('Invalid topic'));
  });

  test.each([[undefined], [null], [0], ['']])('messages %p', async (messages) => {
    expect(await refused({ topic: 't', messages })).toEqual(
      nonRetriable(`Invalid messages array [${messages}] for topic "t"`),
    );
  });

  test.each([[{ key: 'k' }], [{}], [{ value: undefined, partition: 3 }]])(
    'a message without value: %j',
    async (message) => {
      expect(await refused({ topic: 't', messages: [{ value: 'ok' }, message] })).toEqual(
        nonRetriable(`Invalid message without value for topic "t": ${JSON.stringify(message)}`),
      );
    },
  );

  test('the topic is looked at before the messages', async () => {
    expect((await refused({ topic: '', messages: undefined })).message).toBe('Invalid topic');
  });

  test('a name that is none of a topic', async () => {
    const error = await rejectionOf(producer.send({ topic: 'not a topic!', messages: [{ value: 'x' }] }));
    expect(shapeOf(error)).toEqual(nonRetriable('The request attempted to perform an operation on an invalid topic'));
    expect(error.cause).toMatchObject({ type: 'INVALID_TOPIC_EXCEPTION', code: 17 });
  });

  test('send without anything rejects, and does not throw', async () => {
    expect((await refused(undefined)).name).toBe('TypeError');
  });

  test('acks that are none', async () => {
    const topic = await lib.topic();
    expect(await refused({ topic, acks: 5, messages: [{ value: 'x' }] })).toEqual({
      name: 'KafkaJSProtocolError',
      type: 'INVALID_REQUIRED_ACKS',
      code: 21,
      retriable: false,
      message: 'Produce request specified an invalid value for required acks',
    });
  });

  test('a message that is too large for the topic', async () => {
    const topic = await lib.topic('small', 1, { 'max.message.bytes': '1000' });
    expect(await refused({ topic, messages: [{ value: 'x'.repeat(5000) }] })).toEqual({
      name: 'KafkaJSProtocolError',
      type: 'MESSAGE_TOO_LARGE',
      code: 10,
      retriable: false,
      message: 'The request included a message larger than the max message size the server will accept',
    });
  });

  test('a message of more than a megabyte, where the topic takes it', async () => {
    const topic = await lib.topic('large', 1, { 'max.message.bytes': '10000000' });
    expect(await producer.send({ topic, messages: [{ value: 'x'.repeat(4_000_000) }] })).toHaveLength(1);
  });

  test.each([
    ['a number as value', { value: 5 }],
    ['a number as key', { key: 5, value: 'x' }],
    ['an object as value', { value: { a: 1 } }],
    ['a header that is a number', { value: 'x', headers: { a: 5 } }],
    ['a timestamp that is none', { value: 'x', timestamp: 'yesterday' }],
  ])('%s is refused', async (_, message) => {
    const topic = await lib.topic();
    const error = await rejectionOf(producer.send({ topic, messages: [message as unknown as { value: string }] }));
    await lib.differs('kafkajs fails while it encodes, with whatever Node throws', {
      kafkajs: () => expect(['TypeError', 'SyntaxError', 'RangeError']).toContain(error.name),
      kafka4: () => {
        expect(error).toBeInstanceOf(lib.exports.KafkaJSNonRetriableError);
        expect(error.message).toContain(`message 0 for topic "${topic}"`);
      },
    });
    expect(await endOffsets(topic)).toEqual([0]);
  });

  test('messages that are no array', async () => {
    const error = await refused({ topic: 't', messages: 'abc' });
    await lib.differs('kafkajs calls find of whatever it is', {
      kafkajs: () => expect(error).toMatchObject({ name: 'TypeError', message: 'messages.find is not a function' }),
      kafka4: () => expect(error).toEqual(nonRetriable('Invalid messages array [abc] for topic "t"')),
    });
  });

  test('a partition that does not exist', async () => {
    const topic = await lib.topic();
    const sending = producer.send({ topic, messages: [{ value: 'x', partition: 99 }] });
    await lib.differs('kafkajs resolves, and the message is nowhere', {
      kafkajs: async () => expect(await sending).toEqual([]),
      kafka4: async () => expect((await rejectionOf(sending)).message).toMatch(/Unknown partition/),
    });
    expect(await endOffsets(topic)).toEqual([0]);
  });

  test('a codec that does not exist', async () => {
    const topic = await lib.topic();
    const error = await rejectionOf(producer.send({ topic, compression: 9 as never, messages: [{ value: 'x' }] }));
    await lib.differs('kafkajs trips over it', {
      kafkajs: () => expect(error).toBeInstanceOf(TypeError),
      kafka4: () => expect(error).toBeInstanceOf(lib.exports.KafkaJSNotImplemented),
    });
  });
});

both('arguments of sendBatch', (lib) => {
  let producer: Producer;
  beforeEach(async () => {
    producer = await lib.open(lib.kafka().producer());
  });

  test('one topic among good ones that is none', async () => {
    const topicMessages = [
      { topic: 'good', messages: [{ value: 'x' }] },
      { topic: '', messages: [] },
    ];
    expect((await rejectionOf(producer.sendBatch({ topicMessages }))).message).toBe('Invalid topic');
  });

  test('one list among good ones that is none', async () => {
    const topic = await lib.topic();
    const topicMessages = [
      { topic, messages: [{ value: 'x' }] },
      { topic: 'bad', messages: undefined as never },
    ];
    const error = await rejectionOf(producer.sendBatch({ topicMessages }));
    expect(error.message).toBe('Invalid messages array [undefined] for topic "bad"');
    expect(await endOffsets(topic)).toEqual([0]);
  });
});

both('an idempotent producer', (lib) => {
  test.each([0, 1])('does not send with acks %i', async (acks) => {
    const producer = await lib.open(lib.kafka().producer({ idempotent: true, maxInFlightRequests: 1 }));
    const error = await rejectionOf(producer.send({ topic: 't', acks, messages: [{ value: 'x' }] }));
    expect(shapeOf(error)).toMatchObject({
      name: 'KafkaJSNonRetriableError',
      message: "Not requiring ack for all messages invalidates the idempotent producer's EoS guarantees",
    });
  });

  test('sends with acks -1, said or not', async () => {
    const topic = await lib.topic();
    const producer = await lib.open(lib.kafka().producer({ idempotent: true, maxInFlightRequests: 1 }));
    expect(producer.isIdempotent()).toBe(true);
    await producer.send({ topic, acks: -1, messages: [{ value: 'a' }] });
    await producer.send({ topic, messages: [{ value: 'b' }] });
    expect(await endOffsets(topic)).toEqual([2]);
  });
});

both('states', (lib) => {
  const send = (producer: Producer): Promise<unknown> => producer.send({ topic: 't', messages: [{ value: 'x' }] });

  test('before connect', async () => {
    const error = await rejectionOf(send(lib.kafka().producer()));
    expect(shapeOf(error)).toMatchObject({
      name: 'KafkaJSError',
      message: 'The producer is disconnected',
      retriable: true,
    });
  });

  test('after disconnect', async () => {
    const producer = lib.kafka().producer();
    await producer.connect();
    await producer.disconnect();
    expect((await rejectionOf(send(producer))).message).toBe('The producer is disconnected');
  });

  test('while it disconnects', async () => {
    const producer = lib.kafka().producer();
    await producer.connect();
    const disconnecting = producer.disconnect();
    const error = await rejectionOf(send(producer));
    expect(shapeOf(error)).toMatchObject({
      name: 'KafkaJSNonRetriableError',
      message: "The producer is disconnecting; therefore, it can't safely accept messages anymore",
    });
    await disconnecting;
  });

  test('wrong arguments are told first', async () => {
    expect((await rejectionOf(lib.kafka().producer().send({ topic: '', messages: [] }))).message).toBe('Invalid topic');
  });

  test('connect again after disconnect', async () => {
    const topic = await lib.topic();
    const producer = lib.later(lib.kafka().producer());
    for (let round = 0; round < 3; round++) {
      await producer.connect();
      await producer.send({ topic, messages: [{ value: String(round) }] });
      await producer.disconnect();
    }
    await lib.differs('kafkajs may store a message twice', {
      kafkajs: async () => expect((await endOffsets(topic))[0]).toBeGreaterThanOrEqual(3),
      kafka4: async () => expect(await endOffsets(topic)).toEqual([3]),
    });
  });

  test('connect twice is one connect', async () => {
    const producer = lib.later(lib.kafka().producer());
    await Promise.all([producer.connect(), producer.connect()]);
    await producer.connect();
    const topic = await lib.topic();
    expect(await producer.send({ topic, messages: [{ value: 'x' }] })).toHaveLength(1);
  });

  test('disconnect without connect is fine', async () => {
    await expect(lib.kafka().producer().disconnect()).resolves.toBeUndefined();
  });

  test('disconnect twice is fine', async () => {
    const producer = lib.kafka().producer();
    await producer.connect();
    await producer.disconnect();
    await expect(producer.disconnect()).resolves.toBeUndefined();
  });

  test('a disconnect while sends are under way', async () => {
    const topic = await lib.topic();
    const producer = lib.kafka().producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value: 'warm' }] });
    const sends = Array.from({ length: 10 }, (_, i) => producer.send({ topic, messages: [{ value: String(i) }] }));
    const settled = Promise.allSettled(sends);
    await producer.disconnect();
    await lib.differs('kafkajs ends the connection under them', {
      kafkajs: async () => expect(await settled).toHaveLength(10),
      kafka4: async () => {
        expect((await settled).map(({ status }) => status)).toEqual(Array(10).fill('fulfilled'));
        expect(await endOffsets(topic)).toEqual([11]);
      },
    });
  });
});
