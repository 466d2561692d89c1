// What once ended the process, lost the order or left promises behind, on the broker in the process.

import { Kafka, logLevel } from '@/lib/index';
import { rejection, unique, until } from '../support/until';

const kafka = new Kafka({ brokers: ['embedded'], logLevel: logLevel.NOTHING, retry: { retries: 1 } });

async function newTopic(numPartitions = 1): Promise<string> {
  const topic = unique('rough');
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }] });
  await admin.disconnect();
  return topic;
}

test('a partitioner of the application: a topic that is missing does not disturb the next one', async () => {
  const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: () => () => 0 });
  await producer.connect();
  const topic = await newTopic();
  await rejection(producer.send({ topic: unique('missing'), messages: [{ value: 'x' }] }));
  const [stored] = await producer.send({ topic, messages: [{ value: 'y' }] });
  expect(stored).toMatchObject({ topicName: topic, errorCode: 0 });
  await producer.disconnect();
});

test('a partitioner of the application: sends that nobody awaits keep their order, over many topics at once', async () => {
  const producer = kafka.producer({ createPartitioner: () => () => 0 });
  await producer.connect();
  const topics = await Promise.all(Array.from({ length: 3 }, () => newTopic()));
  const sends = Array.from({ length: 60 }, (_, i) =>
    producer.send({ topic: topics[i % 3] as string, messages: [{ value: String(i) }] }),
  );
  const stored = await Promise.all(sends);
  for (const topic of topics) {
    const offsets = stored.flat().filter(({ topicName }) => topicName === topic);
    expect(offsets.map(({ baseOffset }) => Number(baseOffset))).toEqual(Array.from({ length: 20 }, (_, i) => i));
  }
  await producer.disconnect();
});

test('commitOffsets with a topic that cannot be: refused, also among thousands and with metadata', async () => {
  const topic = await newTopic();
  const consumer = kafka.consumer({ groupId: unique('g') });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async () => {} });
  const bad = Array.from({ length: 20_000 }, () => ({ topic: 'a\0b', partition: 0, offset: '1', metadata: 'x' }));
  const error = await rejection(consumer.commitOffsets([...bad, { topic, partition: 0, offset: '0', metadata: 'y' }]));
  expect(error).toBeInstanceOf(Error);
  await consumer.disconnect();
});

test('a disconnect while the consumer crashes is the end of it', async () => {
  const topic = await newTopic();
  const consumer = kafka.consumer({ groupId: unique('g'), retry: { retries: 0, initialRetryTime: 100 } });
  let [joins, stopped] = [0, false];
  consumer.on(consumer.events.GROUP_JOIN, () => {
    joins += 1;
  });
  consumer.on(consumer.events.STOP, () => {
    void consumer.disconnect().then(() => {
      stopped = true;
    });
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async () => {
      throw new Error('of the handler');
    },
  });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: 'x' }] });
  await until('the end', () => stopped);
  const before = joins;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(joins).toBe(before);
  await producer.disconnect();
  await consumer.disconnect();
});

test.each([
  { maxBytes: 1024 },
  { maxBytes: 2_147_483_647 },
  { minBytes: 0 },
  { maxBytesPerPartition: 2_147_483_647 },
  { maxWaitTimeInMs: 600_000 },
  { metadataMaxAge: 1e9 },
])('a consumer takes what KafkaJS takes: %j', async (options) => {
  const consumer = kafka.consumer({ groupId: unique('g'), ...options });
  await consumer.connect();
  await consumer.disconnect();
});

test('a topic whose answer is still awaited when its producer is disconnected: the send settles', async () => {
  const producer = kafka.producer({ createPartitioner: () => () => 0 });
  await producer.connect();
  const topic = await newTopic();
  const send = producer.send({ topic, messages: [{ value: 'x' }] }).then(
    () => 'stored',
    (error: Error) => error.name,
  );
  await producer.disconnect();
  expect(typeof (await send)).toBe('string');
});
