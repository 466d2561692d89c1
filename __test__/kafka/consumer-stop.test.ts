// Stops in and around handlers that are slow, stuck, or stop themselves.

import {
  checkKafkaHealth,
  kafkaConsumerService as consumers,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { deferred, timed } from '../support/deferred';
import { keep, newTopic, numbered, sequence, texts } from '../support/topics';
import { until } from '../support/until';

useEmbeddedBroker();

afterEach(() => {
  kafkaConfig.timeout = 30_000;
});

test('stopConsumer inside a handler, not awaited, stops after this message', async () => {
  const topic = await newTopic();
  const handled: string[] = [];
  let stopped: Promise<void> | undefined;
  consumers.registerHandler(topic, async ({ message }) => {
    handled.push(message.text()!);
    await null;
    if (handled.length === 3) stopped = consumers.stopConsumer(topic);
    if (stopped !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  await producer.publishBatch(topic, numbered(100));
  await consumers.startConsumer(topic);
  await until('the stop was asked for', () => stopped !== undefined);
  await stopped;
  const before = [...handled];
  expect(before.length).toBeLessThan(10);
  expect(consumers.isConsumerActive(topic)).toBe(false);
  await consumers.startConsumer(topic);
  stopped = undefined;
  await until('the rest', () => handled.length >= 100);
  expect(handled).toEqual(sequence(100));
});

test('stopConsumer awaited inside its own handler ends within KAFKA_TIMEOUT', async () => {
  kafkaConfig.timeout = 2_000;
  const topic = await newTopic();
  const over = deferred<number>();
  consumers.registerHandler(topic, async () => {
    over.resolve(await timed(consumers.stopConsumer(topic)));
  });
  await producer.publishBatch(topic, [{ value: 'x' }]);
  await consumers.startConsumer(topic);
  expect(await over.promise).toBeLessThan(4_000);
  await until('inactive', () => !consumers.isConsumerActive(topic));
});

test('cleanup() inside a handler ends within KAFKA_TIMEOUT, and everything works again afterwards', async () => {
  kafkaConfig.timeout = 2_000;
  const topic = await newTopic();
  const over = deferred<number>();
  consumers.registerHandler(topic, async () => {
    over.resolve(await timed(kafkaInitializationService.cleanup()));
  });
  await producer.publishBatch(topic, [{ value: 'x' }]);
  await consumers.startConsumer(topic);
  expect(await over.promise).toBeLessThan(4_000);
  kafkaConfig.timeout = 30_000;
  const kept = keep(topic);
  await consumers.startConsumer(topic);
  await until('the message comes again or is done', async () => {
    await producer.publishBatch(topic, [{ value: 'y' }]);
    return texts(kept).includes('y');
  });
});

test.each(['stopConsumer', 'stopAllConsumers', 'cleanup'] as const)(
  '%s is bounded by KAFKA_TIMEOUT though a handler never returns',
  async (how) => {
    kafkaConfig.timeout = 1_500;
    const [stuck, fine] = [await newTopic(), await newTopic()];
    const called = deferred();
    consumers.registerHandler(stuck, () => {
      called.resolve();
      return new Promise<void>(() => {});
    });
    const kept = keep(fine);
    await Promise.all([consumers.startConsumer(stuck), consumers.startConsumer(fine)]);
    await producer.publishBatch(stuck, numbered(10));
    await producer.publishBatch(fine, numbered(10));
    await called.promise;
    await until('the other topic', () => kept.length === 10);
    const stop = {
      stopConsumer: () => consumers.stopConsumer(stuck),
      stopAllConsumers: () => consumers.stopAllConsumers(),
      cleanup: () => kafkaInitializationService.cleanup(),
    }[how];
    expect(await timed(stop())).toBeLessThan(3_500);
    expect(consumers.isConsumerActive(stuck)).toBe(false);
    // What was handled is committed; what was not comes again.
    await consumers.stopAllConsumers();
    const again = keep(stuck);
    await Promise.all([consumers.startConsumer(stuck), consumers.startConsumer(fine)]);
    await producer.publishBatch(fine, [{ value: 'new' }]);
    await until('both', () => again.length >= 10 && kept.length >= 11);
    expect(texts(again)).toEqual(sequence(10));
    expect(texts(kept)).toEqual([...sequence(10), 'new']);
  },
);

test('one topic that cannot be stopped does not take the time of another that is stopped beside it', async () => {
  kafkaConfig.timeout = 3_000;
  const [stuck, fine] = [await newTopic(), await newTopic()];
  const called = deferred();
  consumers.registerHandler(stuck, () => {
    called.resolve();
    return new Promise<void>(() => {});
  });
  const kept = keep(fine);
  await Promise.all([consumers.startConsumer(stuck), consumers.startConsumer(fine)]);
  await producer.publishBatch(stuck, numbered(1));
  await called.promise;
  const slow = consumers.stopConsumer(stuck).catch(() => {});
  expect(await timed(consumers.stopConsumer(fine))).toBeLessThan(2_000);
  await slow;
  expect(kept).toEqual([]);
});

test('a handler that blocks the event loop for a while only delays', async () => {
  const topic = await newTopic(2);
  let count = 0;
  consumers.registerHandler(topic, () => {
    count += 1;
    if (count !== 5) return;
    const end = Date.now() + 3_000;
    while (Date.now() < end);
  });
  await producer.publishBatch(topic, [...numbered(50, 0), ...numbered(50, 1)]);
  await consumers.startConsumer(topic);
  await until('all messages', () => count >= 100);
  expect(count).toBe(100);
  expect(await checkKafkaHealth()).toBe(true);
});
