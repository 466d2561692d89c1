// Symbol.asyncDispose: each service ends at the end of its scope, also on a Node that has no such symbol yet.

import { readFileSync } from 'node:fs';
import {
  kafkaConsumerService as consumers,
  initializeKafka4,
  KafkaConsumerService,
  KafkaProducerService,
  kafkaAdminService,
  kafkaInitializationService,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { keep, newTopic } from '../support/topics';

useEmbeddedBroker();

test('the producer disconnects, the consumer stops its topics', async () => {
  const topic = await newTopic();
  const producer = new KafkaProducerService();
  const consumer = new KafkaConsumerService();
  keep(topic, consumer);
  await consumer.startConsumer(topic);
  const sent = producer.publishBatch(topic, [{ value: 'x' }]);
  await producer[Symbol.asyncDispose]();
  expect(await sent).toHaveLength(1);
  expect(producer.nativeService().isConnected()).toBe(false);
  await consumer[Symbol.asyncDispose]();
  expect(consumer.getActiveConsumers()).toEqual([]);
});

test('initialization cleans up, the admin disconnects', async () => {
  await initializeKafka4();
  const topic = await newTopic();
  keep(topic);
  await consumers.startConsumer(topic);
  await kafkaInitializationService[Symbol.asyncDispose]();
  expect([kafkaInitializationService.isKafkaInitialized(), consumers.getActiveConsumers()]).toEqual([false, []]);
  await kafkaAdminService.listTopics();
  await kafkaAdminService[Symbol.asyncDispose]();
  expect(await kafkaAdminService.listTopics()).toContain(topic);
});

test('await using: the services end with their scope, the last one first', async () => {
  const own = new KafkaProducerService();
  const topic = await newTopic();
  {
    await using kafka = kafkaInitializationService;
    await kafka.initialize();
    await using producer = own;
    await producer.publishBatch(topic, [{ value: 'x' }]);
    expect([kafka.isKafkaInitialized(), own.nativeService().isConnected()]).toEqual([true, true]);
  }
  expect([kafkaInitializationService.isKafkaInitialized(), own.nativeService().isConnected()]).toEqual([false, false]);
});

test('where the runtime has no Symbol.asyncDispose, the one of compilers takes its place', () => {
  const built = readFileSync(require.resolve('../../dist/kafka/dispose.js'), 'utf8');
  const load = (symbols: unknown): { asyncDispose: symbol } => {
    const exports = {} as { asyncDispose: symbol };
    new Function('exports', 'Symbol', built)(exports, symbols);
    return exports;
  };
  expect(load({ for: Symbol.for }).asyncDispose).toBe(Symbol.for('Symbol.asyncDispose'));
  expect(load(Symbol).asyncDispose).toBe(Symbol.asyncDispose);
});
