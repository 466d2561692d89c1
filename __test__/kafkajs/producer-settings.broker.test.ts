// acks, timeout and compression of each send; options of the producer.

import { Kafka, type Producer } from 'kafkajs';
import { useRealBroker } from '../support/broker';
import { endOffsets, readAll } from '../support/kafkajs-reader';
import { readBack, valuesOf } from '../support/read-back';
import { both } from './support/both';

// The reader of lz4, snappy and zstd is one of the services.
useRealBroker();

both('acks', (lib) => {
  let producer: Producer;
  beforeEach(async () => {
    producer = await lib.open(lib.kafka().producer());
  });

  test('0 resolves with nothing', async () => {
    const topic = await lib.topic();
    expect(await producer.send({ topic, acks: 0, messages: [{ value: 'a' }] })).toEqual([]);
    await readAll(topic, 1);
  });

  test('1 resolves with the metadata', async () => {
    const topic = await lib.topic();
    expect(await producer.send({ topic, acks: 1, messages: [{ value: 'a' }] })).toMatchObject([{ baseOffset: '0' }]);
  });

  test('each send has its own', async () => {
    const topic = await lib.topic();
    for (const acks of [-1, 1, 0, -1, 0, 1]) await producer.send({ topic, acks, messages: [{ value: String(acks) }] });
    const values = (await readAll(topic, 6)).map(({ value }) => String(value));
    expect(values.sort()).toEqual(['-1', '-1', '0', '0', '1', '1']);
  });

  test('sendBatch has them too', async () => {
    const topic = await lib.topic();
    expect(await producer.sendBatch({ acks: 0, topicMessages: [{ topic, messages: [{ value: 'a' }] }] })).toEqual([]);
    await readAll(topic, 1);
  });

  test('a timeout of its own for each send', async () => {
    const topic = await lib.topic();
    await producer.send({ topic, timeout: 1_000, messages: [{ value: 'a' }] });
    await producer.send({ topic, timeout: 5_000, messages: [{ value: 'b' }] });
    expect(await endOffsets(topic)).toEqual([2]);
  });
});

both('compression', (lib) => {
  test('gzip, and not, from one producer', async () => {
    const producer = await lib.open(lib.kafka().producer());
    const { GZIP, None } = lib.exports.CompressionTypes;
    const topic = await lib.topic();
    await producer.send({ topic, compression: GZIP, messages: [{ value: 'zipped'.repeat(100) }] });
    await producer.send({ topic, compression: None, messages: [{ value: 'plain' }] });
    const found = await readAll(topic, 2);
    expect(found.map(({ value }) => String(value).slice(0, 6))).toEqual(['zipped', 'plain']);
  });
});

test.each([
  ['Snappy', 2],
  ['LZ4', 3],
  ['ZSTD', 4],
] as const)('kafka4: %s works without a codec of the application', async (_, compression) => {
  const kafka4 = jest.requireActual('@/lib/index') as { Kafka: typeof Kafka };
  const kafka = new kafka4.Kafka({ brokers: [process.env.KAFKA4_TEST_BROKER as string], logLevel: 0 });
  const producer = kafka.producer();
  await producer.connect();
  try {
    const topic = `codec-${compression}-${Date.now()}`;
    const admin = new Kafka({ brokers: [process.env.KAFKA4_TEST_BROKER as string], logLevel: 0 }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
    await admin.disconnect();
    const value = 'compressible '.repeat(500);
    await producer.send({ topic, compression, messages: [{ value }, { value: 'second' }] });
    expect(valuesOf(await readBack(topic, 2))).toEqual([value, 'second']);
  } finally {
    await producer.disconnect();
  }
});

describe('kafka4: many kinds of sends', () => {
  test('more than are kept open', async () => {
    const { Kafka: Kafka4 } = jest.requireActual('@/lib/index') as { Kafka: typeof Kafka };
    const brokers = [process.env.KAFKA4_TEST_BROKER as string];
    const topic = `lanes-${Date.now()}`;
    const admin = new Kafka({ brokers, logLevel: 0 }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
    await admin.disconnect();
    const producer = new Kafka4({ brokers, logLevel: 0 }).producer();
    await producer.connect();
    try {
      for (let i = 0; i < 20; i++) {
        await producer.send({ topic, timeout: 10_000 + i, messages: [{ value: String(i) }] });
      }
      expect(await endOffsets(topic)).toEqual([20]);
      const beside = Array.from({ length: 20 }, (_, i) =>
        producer.send({ topic, acks: 1, timeout: 20_000 + i, messages: [{ value: String(i) }] }),
      );
      expect(await Promise.all(beside)).toHaveLength(20);
      expect(await endOffsets(topic)).toEqual([40]);
    } finally {
      await producer.disconnect();
    }
  });
});

both('options of the producer', (lib) => {
  test.each([
    { maxInFlightRequests: 1 },
    { maxInFlightRequests: 100 },
    { metadataMaxAge: 1_000 },
    { allowAutoTopicCreation: false },
    { idempotent: true },
    { retry: { retries: 1, initialRetryTime: 50, factor: 0, multiplier: 1, maxRetryTime: 100 } },
    { transactionTimeout: 10_000 },
    {},
  ])('%j', async (config) => {
    const producer = await lib.open(lib.kafka().producer(config));
    const topic = await lib.topic();
    expect(await producer.send({ topic, messages: [{ value: 'x' }] })).toHaveLength(1);
  });

  test.each([
    { connectionTimeout: 5_000 },
    { authenticationTimeout: 5_000 },
    { requestTimeout: 10_000 },
    { requestTimeout: 10_000, enforceRequestTimeout: false },
    { clientId: 'some-client' },
    { retry: { retries: 2 } },
    { ssl: false },
  ])('of the cluster: %j', async (config) => {
    const producer = await lib.open(lib.kafka(config).producer());
    const topic = await lib.topic();
    expect(await producer.send({ topic, messages: [{ value: 'x' }] })).toHaveLength(1);
  });

  test('brokers by a function, also one that waits', async () => {
    const brokers = [process.env.KAFKA4_TEST_BROKER as string];
    for (const each of [() => brokers, async () => brokers]) {
      const producer = await lib.open(lib.kafka({ brokers: each }).producer());
      const topic = await lib.topic();
      expect(await producer.send({ topic, messages: [{ value: 'x' }] })).toHaveLength(1);
    }
  });

  test('an address where nobody listens beside a good one', async () => {
    const brokers = ['127.0.0.1:1', process.env.KAFKA4_TEST_BROKER as string];
    const producer = await lib.open(lib.kafka({ brokers }).producer());
    const topic = await lib.topic();
    expect(await producer.send({ topic, messages: [{ value: 'x' }] })).toHaveLength(1);
  });
});
