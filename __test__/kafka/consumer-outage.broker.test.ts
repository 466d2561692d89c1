// The broker goes away and comes back while messages are handled.

import {
  kafkaConsumerService as consumers,
  kafkaAdminService,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { timed } from '../support/deferred';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { keep, numbered, sequence, texts } from '../support/topics';
import { unique, until } from '../support/until';

Object.assign(process.env, { KAFKA_LOG_LEVEL: '0', KAFKA_BROKER: 'localhost:1' });

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
  kafkaConfig.brokers = [broker.brokers];
}, 60_000);
afterAll(async () => {
  await kafkaInitializationService.cleanup();
  await kafkaAdminService.disconnect();
  await broker?.stop();
}, 60_000);
afterEach(() => {
  kafkaConfig.timeout = 30_000;
});

async function newTopic(partitions: number): Promise<string> {
  const topic = unique('topic');
  await broker.createTopics([{ name: topic, partitions }]);
  return topic;
}

test.each(['kill -9', 'SIGTERM'])(
  'after %s of the broker and a restart nothing that was acknowledged is missing, order is kept',
  async (how) => {
    const topic = await newTopic(3);
    const kept = keep(topic);
    await consumers.startConsumer(topic, unique('group'));
    let publishing = true;
    let published = 0;
    const stream = (async () => {
      for (; publishing; published++) {
        await producer.publishBatch(topic, [{ value: String(published), partition: published % 3 }]);
      }
    })();
    await until('it runs', () => kept.length > 100);
    if (how === 'kill -9') await broker.kill9();
    else await broker.shutdown();
    await broker.restart();
    const before = kept.length;
    await until('it runs again', () => kept.length > before + 100, 60_000);
    publishing = false;
    await stream;
    await until('all messages', () => new Set(texts(kept)).size >= published, 60_000);
    await consumers.stopAllConsumers();
    expect(new Set(texts(kept))).toEqual(new Set(sequence(published)));
    for (const rest of [0, 1, 2]) {
      const firsts = [...new Set(texts(kept).map(Number))].filter((number) => number % 3 === rest);
      expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
    }
  },
  150_000,
);

test('stopConsumer and cleanup() are bounded by KAFKA_TIMEOUT while the broker is frozen; what was not committed comes again', async () => {
  const [topic, group] = [await newTopic(1), unique('group')];
  const kept = keep(topic);
  await consumers.startConsumer(topic, group);
  await producer.publishBatch(topic, numbered(10));
  await until('the messages', () => kept.length === 10);
  kafkaConfig.timeout = 2_000;
  broker.freeze();
  try {
    expect(await timed(consumers.stopConsumer(topic))).toBeLessThan(5_000);
    expect(consumers.isConsumerActive(topic)).toBe(false);
    expect(await timed(kafkaInitializationService.cleanup())).toBeLessThan(5_000);
  } finally {
    broker.thaw();
  }
  kafkaConfig.timeout = 60_000;
  await consumers.startConsumer(topic, group);
  await producer.publishBatch(topic, [{ value: 'new' }]);
  await until('the new message', () => texts(kept).includes('new'), 60_000);
  expect([...new Set(texts(kept))]).toEqual([...sequence(10), 'new']);
}, 150_000);
