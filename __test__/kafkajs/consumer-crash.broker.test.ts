// A handler that throws: calls again, the crash, the restart.

import { until } from '../support/until';
import { both } from './support/both';
import { committedBecome, consumerOf, numbered, pause, publish, RETRY, told } from './support/consuming';

const quick = { ...RETRY, retries: 1, initialRetryTime: 30 };

both('consumer crash', (lib) => {
  test('a message whose handler throws comes again; those before it do not', async () => {
    const topic = await lib.topic('again');
    await publish(topic, numbered(4));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message.offset);
        if (message.offset === '2' && seen.length < 5) throw new Error('not yet');
      },
    });
    await until('the last', () => seen.at(-1) === '3');
    expect(seen).toEqual(['0', '1', '2', '2', '2', '3']);
  });

  test('what was handled before the failure is committed', async () => {
    const topic = await lib.topic('committed-before');
    await publish(topic, numbered(4));
    const { consumer, groupId } = await consumerOf(lib);
    let healthy = false;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.offset === '2' && !healthy) throw new Error('not yet');
      },
    });
    await committedBecome(groupId, topic, { 0: '2' });
    healthy = true;
    await committedBecome(groupId, topic, { 0: '4' });
  });

  test('a batch whose handler throws comes again from what it had resolved', async () => {
    const topic = await lib.topic('batch-again');
    await publish(topic, numbered(5));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch, resolveOffset }) => {
        seen.push(batch.firstOffset() as string);
        if (seen.length > 1) return;
        resolveOffset('2');
        throw new Error('half way');
      },
    });
    await until('the second call', () => seen.length >= 2);
    expect(seen.slice(0, 2)).toEqual(['0', '3']);
  });

  test('retries that are used up crash the consumer, which starts again where it was', async () => {
    const topic = await lib.topic('crash');
    await publish(topic, numbered(3));
    const { consumer, groupId } = await consumerOf(lib, { retry: quick });
    const events = told(consumer, 'CRASH', 'STOP', 'DISCONNECT', 'GROUP_JOIN');
    const seen: string[] = [];
    let healthy = false;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.offset === '1' && !healthy) throw new Error('broken');
        seen.push(message.offset);
      },
    });
    const crash = (await until('the crash', () => events.find(({ name }) => name === 'CRASH')))?.payload;
    expect(crash).toMatchObject({ groupId, restart: true });
    expect(crash.error).toBeInstanceOf(lib.exports.KafkaJSNumberOfRetriesExceeded);
    expect(crash.error).toMatchObject({ name: 'KafkaJSNumberOfRetriesExceeded', message: 'broken', retriable: false });
    expect(crash.error.retryCount).toBe(1);
    expect(crash.error.cause.message).toBe('broken');
    healthy = true;
    await until('the rest', () => seen.length >= 3);
    expect(seen).toEqual(['0', '1', '2']);
    const names = events.map(({ name }) => name);
    expect(names.slice(0, 5)).toEqual(['GROUP_JOIN', 'STOP', 'DISCONNECT', 'CRASH', 'GROUP_JOIN']);
  });

  test('restartOnFailure that says no: it stays stopped', async () => {
    const topic = await lib.topic('no-restart');
    await publish(topic, numbered(1));
    const asked: Error[] = [];
    const restartOnFailure = async (error: Error) => {
      asked.push(error);
      return false;
    };
    const { consumer } = await consumerOf(lib, { retry: { ...quick, restartOnFailure } });
    const events = told(consumer, 'CRASH', 'GROUP_JOIN');
    let calls = 0;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async () => {
        calls += 1;
        throw new Error('broken');
      },
    });
    await until('the crash', () => events.some(({ name, payload }) => name === 'CRASH' && payload.restart === false));
    await pause(400);
    expect([calls, asked.length, asked[0]?.name]).toEqual([2, 1, 'KafkaJSNumberOfRetriesExceeded']);
    expect(events.map(({ name }) => name)).toEqual(['GROUP_JOIN', 'CRASH']);
    // It can be run again by hand.
    await consumer.connect();
    const seen: string[] = [];
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    await until('the message', () => seen.length === 1);
  });

  test('restartOnFailure that fails itself: it starts again', async () => {
    const topic = await lib.topic('restart-throws');
    await publish(topic, numbered(1));
    const restartOnFailure = () => Promise.reject(new Error('cannot say'));
    const { consumer } = await consumerOf(lib, { retry: { ...quick, restartOnFailure } });
    const events = told(consumer, 'CRASH');
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: () => Promise.reject(new Error('broken')) });
    await until('the crash', () => events.length > 0);
    expect(events[0]?.payload.restart).toBe(true);
  });

  test('an error that is not retriable crashes at once, and for good', async () => {
    const topic = await lib.topic('not-retriable');
    await publish(topic, numbered(1));
    const { consumer } = await consumerOf(lib);
    const events = told(consumer, 'CRASH');
    let calls = 0;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async () => {
        calls += 1;
        throw new lib.exports.KafkaJSNonRetriableError('never');
      },
    });
    await until('the crash', () => events.length > 0);
    const { error, restart } = (events[0] as { payload: any }).payload;
    expect([calls, restart, error.name, error.message]).toEqual([1, false, 'KafkaJSNonRetriableError', 'never']);
  });

  test('a defect of the program (TypeError) crashes at once, and for good', async () => {
    const topic = await lib.topic('type-error');
    await publish(topic, numbered(1));
    const { consumer } = await consumerOf(lib);
    const events = told(consumer, 'CRASH');
    let calls = 0;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatch: async () => {
        calls += 1;
        (undefined as unknown as { no(): void }).no();
      },
    });
    await until('the crash', () => events.length > 0);
    const { error, restart } = (events[0] as { payload: any }).payload;
    expect([calls, restart, error.name]).toEqual([1, false, 'KafkaJSNonRetriableError']);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test('disconnect while a failure waits for its next call ends soon', async () => {
    const topic = await lib.topic('disconnect-in-wait');
    await publish(topic, numbered(1));
    const { consumer } = await consumerOf(lib, { retry: { ...RETRY, initialRetryTime: 1500, maxRetryTime: 3000 } });
    let calls = 0;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async () => {
        calls += 1;
        throw new Error('broken');
      },
    });
    await until('a call', () => calls > 0);
    await consumer.disconnect();
    const at = calls;
    await pause(300);
    expect(calls).toBe(at);
  });

  test('failures with good messages between them do not add up', async () => {
    const topic = await lib.topic('add-up');
    await publish(topic, numbered(8));
    const { consumer, groupId } = await consumerOf(lib, { retry: { ...RETRY, retries: 2, initialRetryTime: 20 } });
    const events = told(consumer, 'CRASH');
    const failed = new Set<string>();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { offset } }) => {
        if (failed.has(offset)) return;
        failed.add(offset);
        throw new Error('the first time');
      },
    });
    await committedBecome(groupId, topic, { 0: '8' });
    await lib.differs('KafkaJS counts the failures of a consumer’s whole life', {
      kafkajs: () => expect(events.length).toBeGreaterThan(0),
      kafka4: () => expect(events).toEqual([]),
    });
  });
});
