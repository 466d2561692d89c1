// Transactions on real Kafka: what read_committed readers see, told by Kafka's own ConsoleConsumer.

import { Kafka, logLevel } from 'kafkajs';
import {
  getKafkaMetrics,
  KafkaProducerService,
  KafkaTransactionError,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useRealBroker } from '../support/broker';
import { kafkaTool, sharedBroker } from '../support/kafka-tools';
import { endOffsets } from '../support/kafkajs-reader';
import { readBack, valuesOf } from '../support/read-back';
import { newTopic } from '../support/topics';
import { rejection, unique, until } from '../support/until';

useRealBroker({ KAFKA_COMPRESSION_TYPE: 'none' });

/**
 * A read_committed reader of the topic's one partition gets these values and no others: it stops after as many and one
 * more, which must be the marker that is published now.
 */
async function expectVisible(topic: string, values: string[]): Promise<void> {
  const marker = unique('marker');
  await producer.publishBatch(topic, [{ value: marker }]);
  const count = ['--max-messages', String(values.length + 1), '--timeout-ms', '30000'];
  const args = ['--topic', topic, '--from-beginning', '--isolation-level', 'read_committed', ...count];
  const printed = await kafkaTool('ConsoleConsumer', args);
  expect(printed.trim().split('\n')).toEqual([...values, marker]);
}

/** Another client that takes the transactional id over. */
async function fence(transactionalId: string, topic: string): Promise<void> {
  const kafka = new Kafka({ brokers: [sharedBroker()], clientId: 'other', logLevel: logLevel.NOTHING });
  const other = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await other.connect();
  const transaction = await other.transaction();
  await transaction.send({ topic, messages: [{ value: 'of the other' }] });
  await transaction.commit();
  await other.disconnect();
}

test('committed records of several topics are visible to a read_committed reader', async () => {
  const [a, b] = [await newTopic(3), await newTopic()];
  const results = await producer.publishTransaction([
    { topic: a, messages: [0, 1, 2].map((partition) => ({ value: `a${partition}`, partition })) },
    { topic: b, messages: [{ value: 'b0' }, { value: 'b1' }] },
  ]);
  expect(results.map((record) => record.length)).toEqual([3, 1]);
  expect(results[1]).toMatchObject([{ topicName: b, partition: 0, baseOffset: '0', errorCode: 0 }]);
  // A record and the marker of the commit in each partition: it really was a transaction. The coordinator answers before
  // the markers are written, and KafkaJS is told the last stable offset.
  await until('markers in all partitions', async () => (await endOffsets(a)).join() === '2,2,2');
  await expectVisible(b, ['b0', 'b1']);
});

test('an aborted transaction: stored in part, and never visible to a read_committed reader', async () => {
  const topic = await newTopic();
  await producer.publishTransaction([{ topic, messages: [{ value: 'before' }] }]);
  const error = await rejection(
    producer.publishTransaction([
      { topic, messages: [{ value: 'lost-1' }, { value: 'lost-2' }] },
      { topic, messages: [{ value: Buffer.alloc(2 * 1024 * 1024) }] },
    ]),
  );
  expect(error).toBeInstanceOf(KafkaTransactionError);
  expect(error).toMatchObject({ code: 'ERR_KAFKA_TRANSACTION_ABORTED', details: { outcome: 'aborted' } });
  expect(error.cause).toBeDefined();
  await producer.publishTransaction([{ topic, messages: [{ value: 'after' }] }]);
  await expectVisible(topic, ['before', 'after']);
});

test('an unknown topic inside: the error names it, nothing is visible, the next transaction works', async () => {
  const topic = await newTopic();
  const unknown = unique('unknown');
  const error = await rejection(
    producer.publishTransaction([
      { topic, messages: [{ value: 'lost' }] },
      { topic: unknown, messages: [{ value: 'lost' }] },
    ]),
  );
  expect(error).toBeInstanceOf(KafkaTransactionError);
  expect(error.message).toContain(unknown);
  await producer.publishTransaction([{ topic, messages: [{ value: 'fine' }] }]);
  await expectVisible(topic, ['fine']);
});

test('concurrent calls are serialised: each is a transaction of its own, in the order of the calls', async () => {
  const topic = await newTopic();
  const calls = Array.from({ length: 10 }, (_, i) =>
    producer.publishTransaction([{ topic, messages: [{ value: `${i}a` }, { value: `${i}b` }] }]),
  );
  const results = await Promise.all(calls);
  // Each takes two records and the marker of its commit.
  expect(results.map((records) => records[0]?.[0]?.baseOffset)).toEqual(calls.map((_, i) => String(i * 3)));
  await expectVisible(
    topic,
    calls.flatMap((_, i) => [`${i}a`, `${i}b`]),
  );
});

test('a producer that was fenced by another one with its id recovers by itself', async () => {
  const topic = await newTopic();
  const id = unique('fenced');
  const own = new KafkaProducerService();
  own.setTransactionalId(id);
  await own.publishTransaction([{ topic, messages: [{ value: 'first' }] }]);
  for (const round of [1, 2]) {
    await fence(id, topic);
    await own.publishTransaction([{ topic, messages: [{ value: `round ${round}` }] }]);
  }
  await own.disconnect();
  await expectVisible(topic, ['first', 'of the other', 'round 1', 'of the other', 'round 2']);
});

test('two services with one id take it from each other, and every transaction is stored exactly once', async () => {
  const topic = await newTopic();
  const id = unique('shared');
  const services = [new KafkaProducerService(), new KafkaProducerService()];
  for (const service of services) service.setTransactionalId(id);
  const expected: string[] = [];
  for (let i = 0; i < 6; i += 1) {
    await services[i % 2]!.publishTransaction([{ topic, messages: [{ value: `t${i}` }] }]);
    expected.push(`t${i}`);
  }
  await Promise.all(services.map((service) => service.disconnect()));
  await expectVisible(topic, expected);
});

test('publishes and transactions at the same time do not disturb each other', async () => {
  const topic = await newTopic();
  const calls = Array.from({ length: 20 }, (_, i) => [
    producer.publishBatch(topic, [{ value: `p${i}` }]),
    producer.publishTransaction([{ topic, messages: [{ value: `t${i}` }] }]),
  ]);
  await Promise.all(calls.flat());
  const visible = valuesOf(await readBack(topic, 40)).map(String);
  expect(visible.filter((value) => value.startsWith('p'))).toEqual(calls.map((_, i) => `p${i}`));
  expect(visible.filter((value) => value.startsWith('t'))).toEqual(calls.map((_, i) => `t${i}`));
});

test('a transaction of 10,000 records, and what the metrics count', async () => {
  const topic = await newTopic();
  const before = getKafkaMetrics();
  const messages = Array.from({ length: 10_000 }, (_, i) => ({ key: `k${i}`, value: `v${i}` }));
  await producer.publishTransaction([{ topic, messages }]);
  await rejection(producer.publishTransaction([{ topic, messages: [{ value: Buffer.alloc(2 * 1024 * 1024) }] }]));
  const after = getKafkaMetrics();
  expect(after.transactionsCommitted - before.transactionsCommitted).toBe(1);
  expect(after.transactionsAborted - before.transactionsAborted).toBe(1);
  await expectVisible(
    topic,
    messages.map(({ value }) => value),
  );
});

test('a transaction without records resolves, alone and among others', async () => {
  const topic = await newTopic();
  const none = { topic, messages: [] };
  await expect(producer.publishTransaction([none, none])).resolves.toEqual([[], []]);
  const results = await producer.publishTransaction([none, { topic, messages: [{ value: 'v' }] }, none]);
  expect(results.map((record) => record.length)).toEqual([0, 1, 0]);
});
