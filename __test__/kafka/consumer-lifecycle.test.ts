// Registering, starting, stopping.

import {
  kafkaConsumerService as consumers,
  getKafka4Status,
  KafkaConsumerError,
  KafkaConsumerService,
  KafkaStateError,
  KafkaValidationError,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { keep, newTopic, numbered, sequence, texts } from '../support/topics';
import { rejection, thrown, unique, until } from '../support/until';

useEmbeddedBroker();

const nothing = () => {};

test('starting a topic without a handler is an error', async () => {
  const topic = await newTopic();
  const error = await rejection(consumers.startConsumer(topic));
  expect(error).toBeInstanceOf(KafkaStateError);
  expect(error).toMatchObject({ code: 'ERR_KAFKA_NO_HANDLER', message: expect.stringContaining(topic) });
  expect(consumers.isConsumerActive(topic)).toBe(false);
});

test('startAllConsumers without any handler is an error', async () => {
  const error = await rejection(new KafkaConsumerService().startAllConsumers());
  expect(error).toMatchObject({ code: 'ERR_KAFKA_NO_HANDLER' });
});

test('an unknown topic is told at once, and the topic is not active', async () => {
  const topic = unique('unknown');
  consumers.registerHandler(topic, nothing);
  const error = await rejection(consumers.startConsumer(topic));
  expect(error).toBeInstanceOf(KafkaConsumerError);
  expect(error).toMatchObject({
    code: expect.stringMatching(/UNKNOWN_TOPIC/),
    message: expect.stringContaining(topic),
    retriable: expect.any(Boolean),
  });
  expect(consumers.isConsumerActive(topic)).toBe(false);
  expect(consumers.getActiveConsumers()).toEqual([]);
});

test('a name that cannot be a topic, a handler that is no function and a group id that is none are refused', async () => {
  for (const topic of ['', undefined, null, 7, {}] as string[]) {
    expect(thrown(() => consumers.registerHandler(topic, nothing))).toBeInstanceOf(KafkaValidationError);
    expect(await rejection(consumers.startConsumer(topic))).toBeInstanceOf(KafkaValidationError);
    expect(await rejection(consumers.stopConsumer(topic))).toBeInstanceOf(KafkaValidationError);
    expect(consumers.isConsumerActive(topic)).toBe(false);
  }
  for (const topic of ['a b', 'a/b', '.', '..', 'x'.repeat(250), 'ü', 'a\nb', 'a\0b']) {
    consumers.registerHandler(topic, nothing);
    expect(await rejection(consumers.startConsumer(topic))).toMatchObject({
      code: expect.stringMatching(/^ERR_KAFKA_/),
    });
  }
  for (const handler of [undefined, null, 'f', {}, 1] as never[]) {
    expect(thrown(() => consumers.registerHandler('t', handler))).toBeInstanceOf(KafkaValidationError);
    expect(thrown(() => consumers.registerBatchHandler('t', handler))).toBeInstanceOf(KafkaValidationError);
    expect(thrown(() => consumers.registerUserEventHandler(handler))).toBeInstanceOf(KafkaValidationError);
  }
  const topic = await newTopic();
  consumers.registerHandler(topic, nothing);
  for (const group of ['', 7, null, {}, 'x'.repeat(300), 'a\nb', 'a\0b'] as string[]) {
    expect(await rejection(consumers.startConsumer(topic, group))).toBeInstanceOf(KafkaValidationError);
  }
  expect(consumers.isConsumerActive(topic)).toBe(false);
});

test('starting twice is one start, together or one after another', async () => {
  const topic = await newTopic(2);
  const kept = keep(topic);
  await Promise.all([consumers.startConsumer(topic), consumers.startConsumer(topic)]);
  await consumers.startConsumer(topic);
  expect(consumers.getActiveConsumers()).toEqual([topic]);
  await producer.publishBatch(topic, [...numbered(10, 0), ...numbered(10, 1)]);
  await until('20 messages', () => kept.length >= 20);
  await consumers.stopConsumer(topic);
  expect(consumers.isConsumerActive(topic)).toBe(false);
  expect(kept).toHaveLength(20);
});

test('stopping what does not run is nothing; stopping twice is one stop', async () => {
  const topic = await newTopic();
  await consumers.stopConsumer(topic);
  await consumers.stopConsumer(unique('never-heard-of'));
  keep(topic);
  await consumers.startConsumer(topic);
  await Promise.all([consumers.stopConsumer(topic), consumers.stopConsumer(topic)]);
  await consumers.stopConsumer(topic);
  await Promise.all([consumers.stopAllConsumers(), consumers.stopAllConsumers()]);
  expect(consumers.getActiveConsumers()).toEqual([]);
});

test('start and stop in one tick end stopped, and do not hang', async () => {
  const topic = await newTopic();
  keep(topic);
  const started = consumers.startConsumer(topic);
  const stopped = consumers.stopConsumer(topic);
  await Promise.all([started, stopped]);
  expect(consumers.isConsumerActive(topic)).toBe(false);
});

test('stop and start in one tick end started, without a message twice', async () => {
  const topic = await newTopic();
  const kept = keep(topic);
  await consumers.startConsumer(topic);
  await producer.publishBatch(topic, numbered(10));
  await until('10 messages', () => kept.length === 10);
  await Promise.all([consumers.stopConsumer(topic), consumers.startConsumer(topic)]);
  expect(consumers.isConsumerActive(topic)).toBe(true);
  await producer.publishBatch(topic, numbered(10, 0, 'later '));
  await until('10 more', () => kept.length >= 20);
  expect(texts(kept)).toEqual([...sequence(10), ...sequence(10, 'later ')]);
});

test('a start that is under way when cleanup() is called leaves nothing running', async () => {
  const topic = await newTopic();
  keep(topic);
  const started = consumers.startConsumer(topic).catch(() => {});
  await kafkaInitializationService.cleanup();
  await started;
  expect(consumers.isConsumerActive(topic)).toBe(false);
  expect((await getKafka4Status()).consumers).toEqual({ active: [], groups: [] });
});

test('startAllConsumers starts every topic that has a handler, stopAllConsumers stops them', async () => {
  const service = new KafkaConsumerService();
  const topics = [await newTopic(), await newTopic(), await newTopic()].sort();
  const kept = topics.map((topic) => keep(topic, service));
  await service.startAllConsumers();
  expect(service.getActiveConsumers()).toEqual(topics);
  for (const topic of topics) await producer.publishBatch(topic, [{ value: topic }]);
  await until('one each', () => kept.every((messages) => messages.length === 1));
  expect(kept.map((messages) => messages[0]!.text())).toEqual(topics);
  await service.stopAllConsumers();
  expect(service.getActiveConsumers()).toEqual([]);
});

test('startAllConsumers starts what it can and rejects for what it cannot', async () => {
  const service = new KafkaConsumerService();
  const [good, bad] = [await newTopic(), unique('unknown')];
  service.registerHandler(bad, nothing);
  const kept = keep(good, service);
  expect(await rejection(service.startAllConsumers())).toMatchObject({ code: expect.stringMatching(/UNKNOWN_TOPIC/) });
  expect(service.getActiveConsumers()).toEqual([good]);
  await producer.publishBatch(good, [{ value: 'x' }]);
  await until('the message', () => kept.length === 1);
  await service.stopAllConsumers();
});

test('a second handler replaces the first, with a warning, also while the topic runs', async () => {
  const topic = await newTopic();
  const warnings: string[] = [];
  const off = consumers.on('warning', ({ code, message }) => warnings.push(`${code} ${message}`));
  const [first, second]: [string[], string[]] = [[], []];
  consumers.registerHandler(topic, ({ message }) => void first.push(message.text()!));
  expect(warnings).toEqual([]);
  await consumers.startConsumer(topic);
  await producer.publishBatch(topic, [{ value: '1' }]);
  await until('the first handler', () => first.length === 1);
  consumers.registerBatchHandler(topic, ({ batch }) => void second.push(...(texts(batch.messages) as string[])));
  expect(warnings).toEqual([expect.stringMatching(`^HANDLER_REPLACED .*${topic}`)]);
  await producer.publishBatch(topic, [{ value: '2' }]);
  await until('the second handler', () => second.length === 1);
  expect([first, second]).toEqual([['1'], ['2']]);
  off();
});

test('the default group is KAFKA_CONSUMER_GROUP, startConsumer can name another; each has all messages', async () => {
  const topic = await newTopic();
  const [mine, other] = [new KafkaConsumerService(), new KafkaConsumerService()];
  const [a, b] = [keep(topic, mine), keep(topic, other)];
  await mine.startConsumer(topic);
  await other.startConsumer(topic, unique('group'));
  await producer.publishBatch(topic, numbered(50));
  await until('both groups', () => a.length >= 50 && b.length >= 50);
  expect([texts(a), texts(b)]).toEqual([sequence(50), sequence(50)]);
  await Promise.all([mine.stopAllConsumers(), other.stopAllConsumers()]);
});

test('a running topic cannot be started in another group: that is told, not ignored', async () => {
  const topic = await newTopic();
  keep(topic);
  const [one, two] = [unique('group'), unique('group')];
  const [, second] = await Promise.allSettled([
    consumers.startConsumer(topic, one),
    consumers.startConsumer(topic, two),
  ]);
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'ERR_KAFKA_ALREADY_STARTED' } });
  expect(await rejection(consumers.startConsumer(topic, two))).toBeInstanceOf(KafkaStateError);
  await consumers.startConsumer(topic, one);
  const { consumers: status } = await getKafka4Status();
  expect(status.groups.map(({ groupId }) => groupId)).toEqual([one]);
});

test('kafkaConfig.consumerGroup set at run time is the group of the next start', async () => {
  const topic = await newTopic();
  keep(topic);
  const before = kafkaConfig.consumerGroup;
  kafkaConfig.consumerGroup = unique('live-group');
  await consumers.startConsumer(topic);
  expect((await getKafka4Status()).consumers.groups[0]?.groupId).toBe(kafkaConfig.consumerGroup);
  await consumers.stopConsumer(topic);
  kafkaConfig.consumerGroup = before;
});
