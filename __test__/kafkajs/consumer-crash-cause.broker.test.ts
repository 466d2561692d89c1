// What CRASH tells of what a handler has thrown: KafkaJS's own errors, and what is no error at all.

import type { EachMessagePayload, RetryOptions } from 'kafkajs';
import { unique, until } from '../support/until';
import { both } from './support/both';
import { consumerOf, numbered, pause, publish, told } from './support/consuming';

both('consumer crash cause', (lib) => {
  /** The payload of the first CRASH of a consumer whose handler always fails so, and how often it was called. */
  const crashOf = async (
    fail: (payload: EachMessagePayload) => unknown,
    retry: RetryOptions & { restartOnFailure?: (error: Error) => Promise<boolean> } = {},
  ) => {
    const topic = await lib.topic('crash-cause');
    await publish(topic, numbered(1));
    const { consumer } = await consumerOf(lib, { retry: { retries: 1, initialRetryTime: 30, ...retry } });
    const events = told(consumer, 'CRASH', 'GROUP_JOIN');
    let calls = 0;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async (payload) => {
        calls += 1;
        await fail(payload);
      },
    });
    const crash = (await until('the crash', () => events.find(({ name }) => name === 'CRASH')))?.payload;
    return { error: crash.error, restart: crash.restart, calls, events, consumer };
  };

  test('a message that is too large for the broker: the protocol’s error', async () => {
    const producer = await lib.open(lib.kafka().producer({ retry: { retries: 0 } }));
    const target = await lib.topic('too-large');
    const { error, restart, calls } = await crashOf(() =>
      producer.send({ topic: target, messages: [{ value: Buffer.alloc(1_500_000) }] }),
    );
    expect([error.name, restart, calls]).toEqual(['KafkaJSNonRetriableError', false, 1]);
    expect(error.cause).toBeInstanceOf(lib.exports.KafkaJSProtocolError);
    expect(error.cause).toMatchObject({ name: 'KafkaJSProtocolError', type: 'MESSAGE_TOO_LARGE', code: 10 });
    expect(error.message).toBe(error.cause.message);
  });

  test('what an admin client was refused: the protocol’s error', async () => {
    const admin = await lib.open(lib.kafka().admin({ retry: { retries: 0 } }));
    const target = await lib.topic('partitions', 2);
    const { error, restart } = await crashOf(() =>
      admin.createPartitions({ topicPartitions: [{ topic: target, count: 1 }] }),
    );
    expect([error.name, restart]).toEqual(['KafkaJSNonRetriableError', false]);
    expect(error.cause).toBeInstanceOf(lib.exports.KafkaJSProtocolError);
    expect(error.cause).toMatchObject({ type: 'INVALID_PARTITIONS', code: 37 });
  });

  test('an error of the application that names its own cause', async () => {
    const cause = new Error('the cause');
    const { error } = await crashOf(() => {
      throw Object.assign(new Error('mine', { cause }), { retriable: false });
    });
    expect([error.name, error.message]).toEqual(['KafkaJSNonRetriableError', 'mine']);
    expect(error.cause).toBe(cause);
  });

  test('an object with a message is no error, and its message is told', async () => {
    const thrown = { message: 'hi', retriable: false };
    const { error, restart, calls } = await crashOf(() => Promise.reject(thrown));
    expect([error.name, error.message, restart, calls]).toEqual(['KafkaJSNonRetriableError', 'hi', false, 1]);
    expect(error.cause).toBe(thrown);
  });

  test('a text', async () => {
    const { error, restart, calls } = await crashOf(() => Promise.reject('a text'));
    expect([error.name, error.message, restart, calls]).toEqual(['KafkaJSNumberOfRetriesExceeded', 'a text', true, 2]);
  });

  test.each([undefined, null])('%p', async (thrown) => {
    const { error, restart, calls } = await crashOf(() => Promise.reject(thrown));
    await lib.differs('KafkaJS stumbles over it, and stays stopped', {
      kafkajs: () => {
        expect([error.name, restart, calls]).toEqual(['KafkaJSNonRetriableError', false, 1]);
        expect(error.message).toContain(`Cannot read properties of ${thrown}`);
      },
      kafka4: () => {
        const { name, message } = error;
        expect([name, message, restart, calls]).toEqual(['KafkaJSNumberOfRetriesExceeded', String(thrown), true, 2]);
      },
    });
  });

  test('restartOnFailure that says nothing: it stays stopped', async () => {
    const restartOnFailure = (async () => {}) as never;
    const { restart, events, consumer } = await crashOf(() => Promise.reject(new Error(unique('x'))), {
      restartOnFailure,
    });
    expect(restart).toBeUndefined();
    await pause(300);
    expect(events.map(({ name }) => name)).toEqual(['GROUP_JOIN', 'CRASH']);
    await consumer.disconnect();
  });
});
