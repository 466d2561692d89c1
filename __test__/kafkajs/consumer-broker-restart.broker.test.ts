// A broker that is killed and comes back, or that never was there: the consumer goes on, or says so in time.

import { Kafka, logLevel } from '@/lib/index';
import { startTestBroker, type TestBroker } from '../../tools/broker/testing.mjs';
import { unique, until } from '../support/until';
import { numbered } from './support/consuming';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({ topics: [{ name: 'restart', partitions: 2 }] });
}, 120_000);
afterAll(() => broker?.stop());

test('it goes on after the broker came back, without a crash, and loses nothing', async () => {
  const kafka = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: unique('group') });
  await Promise.all([producer.connect(), consumer.connect()]);
  const seen = new Set<string>();
  let crashes = 0;
  consumer.on('consumer.crash', () => {
    crashes += 1;
  });
  await consumer.subscribe({ topic: 'restart', fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void seen.add(String(message.value)) });
  await producer.send({ topic: 'restart', messages: numbered(10) });
  await until('the first ten', () => seen.size === 10);
  await broker.kill9();
  await broker.restart();
  await producer.send({ topic: 'restart', messages: numbered(20) });
  await until('all', () => seen.size === 20, 50_000);
  expect(crashes).toBe(0);
  await Promise.all([producer.disconnect(), consumer.disconnect()]);
}, 120_000);

test('disconnect while no broker answers is bounded', async () => {
  const kafka = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: unique('group') });
  await consumer.connect();
  await consumer.subscribe({ topic: 'restart', fromBeginning: true });
  let handled = 0;
  await consumer.run({
    eachMessage: async () => {
      handled += 1;
    },
  });
  await until('some', () => handled > 0);
  broker.freeze();
  try {
    await consumer.disconnect();
  } finally {
    broker.thaw();
  }
}, 60_000);

test('connect where there is no broker rejects as KafkaJS does', async () => {
  const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING, connectionTimeout: 500 });
  const consumer = kafka.consumer({ groupId: 'g', retry: { retries: 1, initialRetryTime: 50 } });
  await expect(consumer.connect()).rejects.toMatchObject({
    name: 'KafkaJSNumberOfRetriesExceeded',
    cause: { name: 'KafkaJSConnectionError' },
  });
  // Nothing of it is left: it can be tried again, or given up.
  await consumer.disconnect();
});

test('disconnect ends a connect that is under way', async () => {
  const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: 'g', retry: { retries: 100, initialRetryTime: 1000 } });
  const connecting = consumer.connect().then(
    () => 'connected',
    (error) => error.name,
  );
  await consumer.disconnect();
  expect(await connecting).toMatch(/^KafkaJS/);
});
