// What other clients wrote, as KafkaJS shows it and as kafka4 shows it.

import { Kafka, logLevel, type KafkaMessage as TheirMessage } from 'kafkajs';
import {
  kafkaConsumerService as consumers,
  type KafkaMessage,
  kafkaAdminService,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useRealBroker } from '../support/broker';
import { kafkaTool, sharedBroker } from '../support/kafka-tools';
import { keep, newTopic, texts } from '../support/topics';
import { unique, until } from '../support/until';

useRealBroker();

const kafkajs = new Kafka({ brokers: [sharedBroker()], logLevel: logLevel.NOTHING });

async function withTheirProducer(run: (their: ReturnType<typeof kafkajs.producer>) => Promise<unknown>): Promise<void> {
  const their = kafkajs.producer({ allowAutoTopicCreation: false });
  await their.connect();
  try {
    await run(their);
  } finally {
    await their.disconnect();
  }
}

async function readByKafkaJs(topic: string, count: number): Promise<TheirMessage[]> {
  const their = kafkajs.consumer({ groupId: unique('kafkajs') });
  const messages: TheirMessage[] = [];
  await their.connect();
  await their.subscribe({ topic, fromBeginning: true });
  await their.run({
    eachMessage: async ({ message }) => {
      messages.push(message);
    },
  });
  await until('the messages', () => messages.length >= count, 40_000);
  await their.disconnect();
  return messages;
}

async function read(topic: string, count: number): Promise<KafkaMessage[]> {
  const kept = keep(topic);
  await consumers.startConsumer(topic);
  await until('the messages', () => kept.length >= count);
  return kept;
}

/** What both show, in plain objects. */
function plain({ key, value, offset, timestamp, headers }: KafkaMessage | TheirMessage): unknown {
  return { key, value, offset, timestamp, headers };
}

test('messages look as they do in KafkaJS: keys, values, headers with repeats, offsets, timestamps', async () => {
  const topic = await newTopic();
  await withTheirProducer((their) =>
    their.send({
      topic,
      messages: [
        {
          key: 'k',
          value: 'v',
          headers: { a: '1', b: ['2', '3'], c: Buffer.from([0, 255]) },
          timestamp: '1700000000000',
        },
        { key: null, value: null },
        { key: '', value: '', headers: { empty: '' } },
        { key: Buffer.from([0, 128]), value: Buffer.from([255, 0]), headers: {} },
        { value: JSON.stringify({ ü: '🌍' }), headers: { ключ: 'значение' } },
      ],
    }),
  );
  const theirs = await readByKafkaJs(topic, 5);
  const ours = await read(topic, 5);
  expect(ours.map(plain)).toEqual(theirs.map(plain));
});

test('a value of 2 MiB from another client arrives with the default settings', async () => {
  const topic = unique('large');
  await kafkaTool('TopicCommand', ['--create', '--topic', topic, '--config', 'max.message.bytes=5000000']);
  const large = Buffer.alloc(2 * 1024 * 1024);
  for (let i = 0; i < large.length; i++) large[i] = Math.imul(i, 2_654_435_761) >>> 13;
  await withTheirProducer((their) =>
    their.send({ topic, messages: [{ value: 'before' }, { value: large }, { value: 'after' }] }),
  );
  const ours = await read(topic, 3);
  expect(ours.map(({ value }) => value!.length)).toEqual([6, large.length, 5]);
  expect(ours[1]!.value!.equals(large)).toBe(true);
});

test('LogAppendTime is told by the attributes, and the timestamp is the time of the broker', async () => {
  const topic = unique('append-time');
  await kafkaTool('TopicCommand', ['--create', '--topic', topic, '--config', 'message.timestamp.type=LogAppendTime']);
  const before = Date.now();
  await producer.publishBatch(topic, [{ value: 'x', timestamp: '1000' }]);
  const [message] = await read(topic, 1);
  expect(message!.attributes & 8).toBe(8);
  expect(Number(message!.timestamp)).toBeGreaterThanOrEqual(before - 1_000);
});

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
  'messages that the broker keeps with compression %s are read',
  async (codec) => {
    const topic = unique(codec);
    const config = codec === 'none' ? 'uncompressed' : codec;
    await kafkaTool('TopicCommand', ['--create', '--topic', topic, '--config', `compression.type=${config}`]);
    const values = Array.from({ length: 500 }, (_, i) => `${codec} ${i} `.repeat(20));
    await producer.publishBatch(
      topic,
      values.map((value) => ({ value })),
    );
    expect(texts(await read(topic, 500))).toEqual(values);
  },
);

test('aborted messages are not seen, and offsets skip them and the control records', async () => {
  const topic = await newTopic();
  await producer.publishTransaction([{ topic, messages: [{ value: 'a' }, { value: 'b' }] }]);
  const their = kafkajs.producer({ transactionalId: unique('tx'), idempotent: true, maxInFlightRequests: 1 });
  await their.connect();
  const transaction = await their.transaction();
  await transaction.send({ topic, messages: [{ value: 'aborted' }] });
  await transaction.abort();
  await their.disconnect();
  await producer.publishTransaction([{ topic, messages: [{ value: 'c' }] }]);
  const ours = await read(topic, 3);
  expect(ours.map((message) => [message.offset, message.text()])).toEqual([
    ['0', 'a'],
    ['1', 'b'],
    ['5', 'c'],
  ]);
  await consumers.stopConsumer(topic);
  await producer.publishBatch(topic, [{ value: 'd' }]);
  await consumers.startConsumer(topic);
  await until('only the new one', () => ours.length === 4);
  expect(texts(ours)).toEqual(['a', 'b', 'c', 'd']);
});

test('auto.offset.reset of kafkaConfig.librdkafka decides where a new group begins', async () => {
  const topic = await newTopic();
  await producer.publishBatch(topic, [{ value: 'old' }]);
  await Promise.all([kafkaInitializationService.cleanup(), kafkaAdminService.disconnect()]);
  kafkaConfig.librdkafka = { 'auto.offset.reset': 'latest' };
  const kept = keep(topic);
  await consumers.startConsumer(topic, unique('latest'));
  await until('the new message, not the old one', async () => {
    await producer.publishBatch(topic, [{ value: 'new' }]);
    return kept.length > 0;
  });
  expect(new Set(texts(kept))).toEqual(new Set(['new']));
});
