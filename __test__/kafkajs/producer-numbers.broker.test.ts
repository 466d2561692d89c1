// Numbers in the other forms that programs give them in: digits in a text, a BigInt, a Date.

import type { Message, Producer, ProducerRecord } from 'kafkajs';
import { endOffsets, readAll } from '../support/kafkajs-reader';
import { both, rejectionOf } from './support/both';

const TIME = 1_790_000_000_123;

both('numbers of a send', (lib) => {
  let producer: Producer;
  beforeEach(async () => {
    producer = await lib.open(lib.kafka({ retry: { retries: 1, initialRetryTime: 50 } }).producer());
  });

  const send = (topic: string, message: object, more: object = {}) =>
    producer.send({ topic, messages: [{ value: 'x', ...message } as Message], ...more } as ProducerRecord);

  test.each([
    ['a text', '1'],
    ['a BigInt', 1n],
  ])('the partition as %s', async (_, partition) => {
    const topic = await lib.topic('numbers', 3);
    expect(await send(topic, { partition })).toMatchObject([{ topicName: topic, partition: 1, errorCode: 0 }]);
    expect(await endOffsets(topic)).toEqual([0, 1, 0]);
  });

  test.each(['x', '-1', true])('the partition %p', async (partition) => {
    const topic = await lib.topic('numbers', 2);
    const sending = send(topic, { partition });
    await lib.differs('kafkajs resolves, and the message is nowhere', {
      kafkajs: async () => expect(await sending).toEqual([]),
      kafka4: async () => expect((await rejectionOf(sending)).message).toMatch(/partition must be a whole number/),
    });
    expect(await endOffsets(topic)).toEqual([0, 0]);
  });

  test.each([
    ['a text', '5000'],
    ['null', null],
  ])('the timeout as %s', async (_, timeout) => {
    const topic = await lib.topic();
    expect(await send(topic, {}, { timeout })).toHaveLength(1);
  });

  test.each(['1', '-1'])('acks %p', async (acks) => {
    const topic = await lib.topic();
    expect(await send(topic, {}, { acks })).toMatchObject([{ baseOffset: '0' }]);
  });

  test.each([
    ['a Date', new Date(TIME), String(TIME)],
    ['a BigInt', BigInt(TIME), String(TIME)],
    ['a text', String(TIME), String(TIME)],
    ['a number', TIME, String(TIME)],
    ['a small BigInt', 10n, '10'],
  ])('the time as %s', async (_, timestamp, stored) => {
    const topic = await lib.topic();
    await send(topic, { timestamp, key: 'k', headers: { h: 'v' } });
    const [found] = await readAll(topic, 1);
    expect(found).toMatchObject({ timestamp: stored, headers: { h: Buffer.from('v') } });
    expect([String(found?.key), String(found?.value)]).toEqual(['k', 'x']);
  });

  test('0 is no time: the message has that of the send', async () => {
    const [topic, before] = [await lib.topic(), Date.now()];
    await send(topic, { timestamp: 0 });
    const [found] = await readAll(topic, 1);
    expect(Number(found?.timestamp)).toBeGreaterThanOrEqual(before);
  });

  test.each([
    ['a Date that is none', new Date(NaN)],
    ['a text of a date', new Date(TIME).toISOString()],
    ['an empty text', ''],
    ['half a millisecond', TIME + 0.5],
  ])('%s is no time', async (_, timestamp) => {
    const topic = await lib.topic();
    const error = await rejectionOf(send(topic, { timestamp }));
    await lib.differs('kafkajs fails while it encodes', {
      kafkajs: () => expect(['Error', 'RangeError', 'SyntaxError']).toContain(error.name),
      kafka4: () => expect(error).toMatchObject({ name: 'KafkaJSNonRetriableError', retriable: false }),
    });
    expect(await endOffsets(topic)).toEqual([0]);
  });
});
