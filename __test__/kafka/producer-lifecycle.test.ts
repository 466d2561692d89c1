// Calls before connect, during it, after disconnect, and all of them at once.

import {
  initializeKafka4,
  KafkaProducerService,
  KafkaPublishError,
  KafkaValidationError,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { readBack, valuesOf } from '../support/read-back';
import { newTopic } from '../support/topics';
import { rejection, thrown } from '../support/until';

useEmbeddedBroker();

const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

test('publishes before, during and after connect() keep the order of the calls', async () => {
  const topic = await newTopic();
  const own = new KafkaProducerService();
  const sent = numbers(10).map((value) => own.publishBatch(topic, [{ value }]));
  await Promise.resolve();
  const connected = own.connect();
  sent.push(...['10', '11'].map((value) => own.publishBatch(topic, [{ value }])));
  await connected;
  sent.push(own.publishBatch(topic, [{ value: '12' }]));
  await Promise.all(sent);
  sent.push(own.publishBatch(topic, [{ value: '13' }]));
  await Promise.all(sent);
  expect(valuesOf(await readBack(topic, 14))).toEqual(numbers(14));
  await own.disconnect();
});

test('connect() and disconnect() may be called often and at once', async () => {
  const own = new KafkaProducerService();
  await own.disconnect();
  await Promise.all(numbers(20).map(() => own.connect()));
  await own.connect();
  await Promise.all(numbers(20).map(() => own.disconnect()));
  await own.disconnect();
});

test('20 connects and disconnects at once end, and publishing works after them', async () => {
  const topic = await newTopic();
  const own = new KafkaProducerService();
  const all = numbers(20).flatMap((value) => [own.connect(), own.publishBatch(topic, [{ value }]), own.disconnect()]);
  await Promise.all(all);
  await own.publishBatch(topic, [{ value: '20' }]);
  expect(valuesOf(await readBack(topic, 21))).toEqual(numbers(21));
  await own.disconnect();
});

test('disconnect() sends what was published before it: every promise resolves', async () => {
  const topic = await newTopic();
  const own = new KafkaProducerService();
  await own.connect();
  const sent = numbers(500).map((value) => own.publishBatch(topic, [{ value }]));
  const order: string[] = [];
  void Promise.all(sent).then(() => order.push('published'));
  await own.disconnect().then(() => order.push('disconnected'));
  await Promise.all(sent);
  expect(order).toEqual(['published', 'disconnected']);
  expect(valuesOf(await readBack(topic, 500))).toEqual(numbers(500));
});

test('a disconnect() right after publishes that had to connect first loses nothing', async () => {
  const topic = await newTopic();
  const own = new KafkaProducerService();
  const sent = numbers(50).map((value) => own.publishBatch(topic, [{ value }]));
  await own.disconnect();
  await Promise.all(sent);
  expect(valuesOf(await readBack(topic, 50))).toEqual(numbers(50));
  await own.disconnect();
});

test('a publish during disconnect() connects again and is stored after the earlier ones', async () => {
  const topic = await newTopic();
  const own = new KafkaProducerService();
  await own.connect();
  const first = own.publishBatch(topic, [{ value: 'first' }]);
  const gone = own.disconnect();
  const second = own.publishBatch(topic, [{ value: 'second' }]);
  await Promise.all([first, gone, second]);
  await own.publishBatch(topic, [{ value: 'third' }]);
  expect(valuesOf(await readBack(topic, 3))).toEqual(['first', 'second', 'third']);
  await own.disconnect();
});

test('20 times connect, publish, disconnect', async () => {
  const topic = await newTopic();
  const own = new KafkaProducerService();
  for (const value of numbers(20)) {
    await own.publishBatch(topic, [{ value }]);
    await own.disconnect();
  }
  expect(valuesOf(await readBack(topic, 20))).toEqual(numbers(20));
});

test('topics keep their names over reconnects', async () => {
  await initializeKafka4();
  const topics = [await newTopic(), await newTopic(), await newTopic()];
  const own = new KafkaProducerService();
  for (const round of [topics, [...topics].reverse()]) {
    for (const topic of round) {
      expect((await own.publishBatch(topic, [{ value: 'v' }]))[0]?.topicName).toBe(topic);
    }
    expect((await own.publishUserEvent('e', 'u', 1))[0]?.topicName).toBe('user-events');
    await own.disconnect();
  }
});

test('the last of disconnect(), connect(), disconnect() counts', async () => {
  const own = new KafkaProducerService();
  await own.connect();
  await Promise.all([own.disconnect(), own.connect(), own.disconnect()]);
  expect(own.nativeService().isConnected()).toBe(false);
});

test('cleanup() sends what was published in its tick', async () => {
  const topic = await newTopic();
  await producer.disconnect();
  const sent = producer.publishBatch(topic, [{ value: 'last' }]);
  const order: string[] = [];
  void sent.then(() => order.push('published'));
  await kafkaInitializationService.cleanup().then(() => order.push('cleaned up'));
  await sent;
  expect(order).toEqual(['published', 'cleaned up']);
  expect(producer.nativeService().isConnected()).toBe(false);
});

test('settings of the connection cannot change while it stands, and can after it', async () => {
  const own = new KafkaProducerService();
  await own.connect();
  expect(thrown(() => (kafkaConfig.compressionType = 'zstd')).code).toBe('ERR_KAFKA_CONFIG_NOT_LIVE');
  await own.disconnect();
});

test('junk as transactional id is refused', () => {
  const own = new KafkaProducerService();
  for (const id of ['', undefined, null, 7, {}, 'a\0b'] as any[]) {
    const error = thrown(() => own.setTransactionalId(id));
    expect({ id, name: error.name, code: error.code }).toMatchObject({
      id,
      code: expect.stringMatching(/^ERR_KAFKA_/),
    });
  }
});

describe('more than the queue takes', () => {
  test('a single call is refused as a whole, message by message, and says what to do', async () => {
    const topic = await newTopic();
    const many = Array.from({ length: 700_000 }, () => ({ value: 'v' }));
    const error = await rejection(producer.publishBatch(topic, many));
    expect(error).toBeInstanceOf(KafkaPublishError);
    expect(error).toMatchObject({ code: 'ERR_KAFKA_QUEUE_FULL', retriable: false });
    expect(error.message).toMatch(/smaller parts/);
    expect(error.results).toHaveLength(many.length);
    expect(error.failures).toHaveLength(many.length);
    expect((await producer.publishBatch(topic, [{ value: 'x' }]))[0]?.baseOffset).toBe('0');
  });

  test('of many un-awaited calls some are stored, the rest is refused and may be sent again', async () => {
    const topic = await newTopic();
    const call = () =>
      producer.publishBatch(
        topic,
        Array.from({ length: 100_000 }, () => ({ value: 'v' })),
      );
    const settled = await Promise.allSettled(Array.from({ length: 8 }, call));
    const stored = settled.filter(({ status }) => status === 'fulfilled').length;
    const refused = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(stored).toBeGreaterThanOrEqual(5);
    for (const error of refused) {
      expect(error).toBeInstanceOf(KafkaPublishError);
      expect(error).toMatchObject({ code: 'ERR_KAFKA_QUEUE_FULL', retriable: true });
    }
    const [next] = await producer.publishBatch(topic, [{ value: 'x' }]);
    expect(next?.baseOffset).toBe(String(stored * 100_000));
  });

  test('more than 1 GiB in one call', async () => {
    const topic = await newTopic();
    const value = Buffer.alloc(64 * 1024 * 1024);
    const error = await rejection(
      producer.publishBatch(
        topic,
        Array.from({ length: 17 }, () => ({ value })),
      ),
    );
    expect(error).toBeInstanceOf(KafkaValidationError);
    expect(error.code).toBe('ERR_KAFKA_BATCH_TOO_LARGE');
    await expect(producer.publishBatch(topic, [{ value: 'x' }])).resolves.toMatchObject([{ baseOffset: '0' }]);
  });
});
