// The five compression types, as they lie in the log of the broker: told by Kafka's own DumpLogSegments.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CompressionType,
  kafkaAdminService,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { readBack, valuesOf } from '../support/read-back';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { newTopic } from '../support/topics';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
  Object.assign(kafkaConfig, { brokers: [broker.brokers], logLevel: 0 });
});
afterEach(async () => {
  await kafkaInitializationService.cleanup();
  await kafkaAdminService.disconnect();
  kafkaConfig.librdkafka = {};
});
afterAll(() => broker.stop());

interface Segment {
  /** Without repetition. */
  codecs: string[];
  batches: number;
  bytes: number;
  messages: number;
}

/** What the log of partition 0 holds. */
async function dumped(topic: string): Promise<Segment> {
  const folder = join(broker.dir, 'data', `${topic}-0`);
  const files = readdirSync(folder).filter((name) => name.endsWith('.log'));
  const printed = await broker.exec('DumpLogSegments', ['--files', files.map((name) => join(folder, name)).join(',')]);
  const batches = printed.split('\n').filter((line) => line.startsWith('baseOffset:'));
  const all = (field: RegExp) => batches.map((line) => field.exec(line)?.[1] ?? '');
  const sum = (values: string[]) => values.reduce((total, value) => total + Number(value), 0);
  return {
    codecs: [...new Set(all(/compresscodec: (\w+)/i))],
    batches: batches.length,
    bytes: sum(all(/size: (\d+)/)),
    messages: sum(all(/ count: (\d+)/)),
  };
}

/** 1,000 messages with much in common, and their values. */
const values = Array.from({ length: 1_000 }, (_, i) => `{"n":${i},"text":"${'the same again and again '.repeat(8)}"}`);
const raw = values.join('').length;

test.each<CompressionType>(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('%s', async (type) => {
  kafkaConfig.compressionType = type;
  const topic = await newTopic();
  await producer.publishBatch(
    topic,
    values.map((value) => ({ value, headers: { h: 'v' } })),
  );
  const { codecs, bytes, messages } = await dumped(topic);
  expect({ codecs, messages }).toEqual({ codecs: [type], messages: values.length });
  if (type === 'none') expect(bytes).toBeGreaterThan(raw);
  else expect(bytes).toBeLessThan(raw / 4);
  // Undone by this client and by Kafka's own.
  expect(valuesOf(await readBack(topic, values.length))).toEqual(values);
  const count = ['--max-messages', String(values.length), '--timeout-ms', '30000'];
  const printed = await broker.exec('ConsoleConsumer', ['--topic', topic, '--from-beginning', ...count]);
  expect(printed.trim().split('\n')).toEqual(values);
});

test('the default is lz4', async () => {
  (kafkaConfig as any).compressionType = undefined;
  expect(kafkaConfig.compressionType).toBe('lz4');
  const topic = await newTopic();
  await producer.publishBatch(
    topic,
    values.map((value) => ({ value })),
  );
  expect((await dumped(topic)).codecs).toEqual(['lz4']);
});

test('a transaction is compressed as well', async () => {
  kafkaConfig.compressionType = 'zstd';
  const topic = await newTopic();
  await producer.publishTransaction([{ topic, messages: values.map((value) => ({ value })) }]);
  const { codecs, bytes } = await dumped(topic);
  // The marker of the commit is never compressed.
  expect(codecs.sort()).toEqual(['none', 'zstd']);
  expect(bytes).toBeLessThan(raw / 4);
});

test('a level, and any other property of librdkafka, by kafkaConfig.librdkafka', async () => {
  const sizes: number[] = [];
  for (const level of [1, 9]) {
    // With the linger all of them are one batch, so that only the level makes a difference.
    Object.assign(kafkaConfig, {
      compressionType: 'gzip',
      librdkafka: { 'compression.level': level, 'linger.ms': 500 },
    });
    const topic = await newTopic();
    await producer.publishBatch(topic, [{ value: 'the first of its partition goes alone' }]);
    await producer.publishBatch(
      topic,
      values.map((value) => ({ value })),
    );
    const { bytes, batches } = await dumped(topic);
    expect(batches).toBe(2);
    sizes.push(bytes);
    await kafkaInitializationService.cleanup();
    await kafkaAdminService.disconnect();
  }
  expect(sizes[1]).toBeLessThan(sizes[0]!);
});
