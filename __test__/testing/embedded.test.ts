// The embedded broker of a test file: started by one line, its own, listed, forgotten between tests, gone at the end.

import {
  kafkaConsumerService as consumer,
  getKafka4Status,
  kafkaAdminService,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import {
  deliver,
  publishedEvents,
  startEmbeddedKafka,
  useEmbeddedKafka,
  useFakeKafka,
  waitForEvent,
} from '@/lib/testing';
import { rejection, thrown, unique, until } from '../support/until';

process.env.KAFKA_LOG_LEVEL = '0';
process.env.KAFKA_BROKER = 'localhost:1';

describe('one line', () => {
  useEmbeddedKafka({ topics: { orders: { partitions: 2 } } });

  test('the services are connected to it and the declared topics are there', async () => {
    expect(kafkaInitializationService.isKafkaInitialized()).toBe(true);
    expect(await getKafka4Status()).toMatchObject({ status: 'healthy', reasons: [] });
    expect(await kafkaAdminService.listTopics()).toEqual(
      ['analytics-events', 'chat-events', 'course-events', 'notification-events', 'orders', 'user-events'].sort(),
    );
  });

  test('published events have what the broker has stored', async () => {
    const [metadata] = await producer.publishUserEvent('user.registered', 'u-1', { plan: 'free' });
    await producer.publishBatch('orders', [
      { key: 'k', value: 'one', partition: 1, headers: { h: ['1', '2'] }, timestamp: '1700000000000' },
      { value: null, partition: 1 },
    ]);
    await producer.publishTransaction([{ topic: 'orders', messages: [{ value: '{"n":1}', partition: 0 }] }]);
    expect(await publishedEvents('user-events')).toMatchObject([
      {
        partition: metadata?.partition,
        offset: metadata?.offset,
        key: 'u-1',
        eventType: 'user.registered',
        data: { plan: 'free' },
        headers: { eventType: 'user.registered', version: '4.0', 'content-type': 'application/json' },
        envelope: { userId: 'u-1', version: '4.0' },
      },
    ]);
    const orders = await publishedEvents('orders');
    expect(orders).toHaveLength(3);
    expect(orders[0]).toMatchObject({
      partition: 1,
      offset: '0',
      key: 'k',
      timestamp: '1700000000000',
      headers: { h: ['1', '2'] },
    });
    expect(orders.find((event) => event.value === null)).toMatchObject({ partition: 1, offset: '1', key: null });
    expect(orders.find((event) => event.partition === 0)).toMatchObject({ data: { n: 1 }, eventType: undefined });
    expect(await publishedEvents()).toHaveLength(4);
  });

  test('what was published in one test is not listed in the next', async () => {
    expect(await publishedEvents()).toEqual([]);
    await Promise.all(Array.from({ length: 500 }, (_, i) => producer.publishUserEvent('e', `u-${i}`, { i })));
    expect(await publishedEvents('user-events')).toHaveLength(500);
  });

  test('topics that are created in a test are listed, too', async () => {
    const topic = unique('late');
    await kafkaAdminService.createTopics([{ name: topic, partitions: 2, retentionMs: 60_000 }]);
    await producer.publishBatch(topic, [{ value: 'x' }]);
    expect(await publishedEvents(topic)).toHaveLength(1);
  });

  test('a handler of the application runs, and waitForEvent sees what it publishes', async () => {
    // The broker keeps what other tests of this file have published; nobody has published courses.
    consumer.registerCourseEventHandler(async ({ message }) => {
      const { userId } = message.json<{ userId: string }>() ?? { userId: '' };
      await producer.publishNotificationEvent('welcome', userId, {});
    });
    await consumer.startConsumer('course-events', unique('group'));
    await producer.publishCourseEvent('course.enrolled', 'c-1', 'u-9', {});
    expect(await waitForEvent((event) => event.eventType === 'welcome' && event.key === 'u-9')).toMatchObject({
      topic: 'notification-events',
    });
    await consumer.stopAllConsumers();
    const error = await rejection(waitForEvent('never', { within: 20 }));
    expect(error).toMatchObject({ code: 'ERR_KAFKA_TIMED_OUT' });
    expect(error.message).toContain('course.enrolled, key c-1');
    expect(error.message).toContain('welcome, key u-9');
  });

  test('deliver runs the handler without the broker', async () => {
    const seen: unknown[] = [];
    consumer.registerHandler('orders', async ({ message }) => {
      seen.push(message.json());
    });
    await deliver({ topic: 'orders', value: { total: 5 } });
    expect(seen).toEqual([{ total: 5 }]);
  });

  test('a second broker of the same file and the fakes beside it are refused', async () => {
    expect(await rejection(startEmbeddedKafka())).toMatchObject({ code: 'ERR_KAFKA_TESTING_RUNNING' });
    const runner = { beforeAll: () => {}, afterEach: () => {}, afterAll: () => {} };
    expect(thrown(() => useFakeKafka({ runner }))).toMatchObject({ code: 'ERR_KAFKA_TESTING_TOO_LATE' });
  });
});

describe('by hand', () => {
  test('start and dispose, again and again, each time an empty broker; the settings come back', async () => {
    for (let round = 0; round < 12; round++) {
      const kafka = await startEmbeddedKafka();
      expect(kafka.kind).toBe('embedded');
      const [metadata] = await producer.publishUserEvent('e', 'u', {});
      expect(metadata?.offset).toBe('0');
      expect(await kafka.publishedEvents()).toHaveLength(1);
      await Promise.all([kafka.dispose(), kafka.dispose()]);
      expect(kafkaInitializationService.isKafkaInitialized()).toBe(false);
      expect(kafkaConfig.brokers).toEqual(['localhost:1']);
    }
  });

  test('a number of brokers can be asked for, each time anew; one that is none is refused', async () => {
    const kafka = await startEmbeddedKafka({ brokers: 9 });
    expect((await getKafka4Status()).cluster?.brokers).toHaveLength(9);
    await kafka[Symbol.asyncDispose]();
    const other = await startEmbeddedKafka({ brokers: 9 });
    expect((await getKafka4Status()).cluster?.brokers).toHaveLength(9);
    await other.dispose();
    for (const brokers of [0, 10, 1.5, '2']) {
      expect(await rejection(startEmbeddedKafka({ brokers: brokers as number }))).toMatchObject({
        code: 'ERR_KAFKA_INVALID_ARGUMENT',
      });
    }
  });

  test('a handler that never ends does not hold up the end', async () => {
    const kafka = await startEmbeddedKafka();
    let called = false;
    consumer.registerUserEventHandler(() => {
      called = true;
      return new Promise(() => {});
    });
    await consumer.startConsumer('user-events');
    await producer.publishUserEvent('e', 'u', {});
    await until('the handler', () => called);
    const begun = Date.now();
    await kafka.dispose();
    expect(Date.now() - begun).toBeLessThan(20_000);
    expect(kafkaConfig.timeout).toBe(30_000);
  });

  test('without a broker or fakes there is nothing to ask', async () => {
    expect(await rejection(publishedEvents())).toMatchObject({ code: 'ERR_KAFKA_TESTING_NOT_STARTED' });
    expect(await rejection(waitForEvent('e'))).toMatchObject({ code: 'ERR_KAFKA_TESTING_NOT_STARTED' });
  });
});
