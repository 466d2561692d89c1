// A batch handler that throws: only the message it cannot take is put away.

import {
  kafkaConsumerService as consumers,
  type Kafka4Event,
  type KafkaMessage,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { keep, newTopic, numbered, sequence, texts } from '../support/topics';
import { until } from '../support/until';

useEmbeddedBroker();

const retry = { attempts: 2, initialBackoffMs: 10, maxBackoffMs: 20 };

/** What of a topic's messages got into dead letters, by offset. */
async function deadLetters(topic: string, count: number): Promise<KafkaMessage[]> {
  const letters = keep(`${topic}.dlq`);
  await consumers.startConsumer(`${topic}.dlq`);
  await until('the dead letters', () => letters.length >= count);
  return letters.sort((a, b) => Number(a.headers['kafka4.dlq.offset']) - Number(b.headers['kafka4.dlq.offset']));
}

test('one poison message of a batch goes to the dead-letter topic, all others are handled', async () => {
  const topic = await newTopic();
  const handled = new Set<string>();
  consumers.registerBatchHandler(
    topic,
    ({ batch }) => {
      const all = texts(batch.messages) as string[];
      if (all.includes('57')) throw new Error('there is poison in it');
      for (const text of all) handled.add(text);
    },
    { retry },
  );
  await producer.publishBatch(topic, numbered(200));
  await consumers.startConsumer(topic);
  await until('all the others', () => handled.size === 199);
  expect([...handled]).toEqual(sequence(200).filter((text) => text !== '57'));
  const letters = await deadLetters(topic, 1);
  expect(texts(letters)).toEqual(['57']);
  expect(letters[0]!.headers['kafka4.dlq.offset']?.toString()).toBe('57');
  expect(letters[0]!.headers['kafka4.dlq.attempts']?.toString()).toBe('2');
});

test('several poison messages, at both ends too, are each found', async () => {
  const topic = await newTopic();
  const poison = ['0', '1', '30', '99'];
  const handled = new Set<string>();
  consumers.registerBatchHandler(
    topic,
    async ({ batch }) => {
      const all = texts(batch.messages) as string[];
      await null;
      if (all.some((text) => poison.includes(text))) throw new Error('poison');
      for (const text of all) handled.add(text);
    },
    { retry: { ...retry, attempts: 1 } },
  );
  await producer.publishBatch(topic, numbered(100));
  await consumers.startConsumer(topic);
  await until('all the others', () => handled.size === 96);
  expect(texts(await deadLetters(topic, 4))).toEqual(poison);
});

test('what was resolved before the failure is not given to the handler again', async () => {
  const topic = await newTopic();
  const calls: string[] = [];
  let failures = 0;
  consumers.registerBatchHandler(
    topic,
    ({ batch, resolveOffset }) => {
      for (const message of batch.messages) {
        calls.push(message.text()!);
        if (message.text() === '5' && failures++ < 2) throw new Error('not now');
        resolveOffset(message.offset);
      }
    },
    { retry: { ...retry, attempts: 5 } },
  );
  await producer.publishBatch(topic, numbered(10));
  await consumers.startConsumer(topic);
  await until('the last message', () => calls.includes('9'));
  expect(calls).toEqual(['0', '1', '2', '3', '4', '5', '5', '5', '6', '7', '8', '9']);
});

test('a handler that resolves a message and then throws has done that message, and the next one is not lost', async () => {
  const topic = await newTopic();
  const calls: string[] = [];
  const lettered: Kafka4Event[] = [];
  const off = consumers.on('deadLettered', (event) => lettered.push(event));
  consumers.registerBatchHandler(
    topic,
    ({ batch, resolveOffset }) => {
      const [first] = batch.messages;
      calls.push(first!.text()!);
      resolveOffset(first!.offset);
      throw new Error('after the work');
    },
    { retry: { ...retry, attempts: 1 } },
  );
  await producer.publishBatch(topic, numbered(10));
  await consumers.startConsumer(topic);
  await until('the last message', () => calls.includes('9'));
  expect(calls).toEqual(sequence(10));
  expect(lettered).toEqual([]);
  off();
});

test('a batch that fails only once is handled in the second call, nothing is put away', async () => {
  const topic = await newTopic();
  const lettered: Kafka4Event[] = [];
  const off = consumers.on('deadLettered', (event) => lettered.push(event));
  let failed = false;
  const handled: string[] = [];
  consumers.registerBatchHandler(
    topic,
    ({ batch }) => {
      if (!failed) {
        failed = true;
        throw new Error('once');
      }
      handled.push(...(texts(batch.messages) as string[]));
    },
    { retry },
  );
  await producer.publishBatch(topic, numbered(50));
  await consumers.startConsumer(topic);
  await until('all messages', () => handled.length >= 50);
  expect(handled).toEqual(sequence(50));
  expect(lettered).toEqual([]);
  off();
});

test('stop: true stops before the poison message of a batch; what is before it is committed, the rest comes again', async () => {
  const topic = await newTopic();
  const handled: string[] = [];
  let healed = false;
  consumers.registerBatchHandler(
    topic,
    async ({ batch }) => {
      if (!healed) await producer.publishBatch(topic, [{ value: 'behind' }]);
      const all = texts(batch.messages) as string[];
      if (!healed && all.includes('20')) throw new Error('stop here');
      handled.push(...all);
    },
    { retry: { ...retry, attempts: 1, stop: true } },
  );
  await producer.publishBatch(topic, numbered(40));
  await consumers.startConsumer(topic);
  await until('the stop', () => !consumers.isConsumerActive(topic));
  expect(handled).toEqual(sequence(20));
  healed = true;
  await consumers.startConsumer(topic);
  await until('the rest', () => handled.includes('39'));
  expect(handled.filter((text) => text !== 'behind')).toEqual(sequence(40));
});

test('a batch in which every message is poison ends in as many dead letters, in order', async () => {
  const topic = await newTopic();
  consumers.registerBatchHandler(
    topic,
    () => {
      throw new Error('all of it');
    },
    { retry: { attempts: 1, initialBackoffMs: 0, maxBackoffMs: 0 } },
  );
  await producer.publishBatch(topic, numbered(30));
  await consumers.startConsumer(topic);
  expect(texts(await deadLetters(topic, 30))).toEqual(sequence(30));
});
