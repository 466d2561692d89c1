// Offsets on real Kafka, read by Kafka's own tool: only what handlers finished is committed.

import { kafkaConsumerService as consumers, kafkaProducerService as producer } from '@/lib/kafka';
import { useRealBroker } from '../support/broker';
import { deferred } from '../support/deferred';
import { committedOffsets } from '../support/groups';
import { kafkaTool } from '../support/kafka-tools';
import { keep, newTopic, numbered, sequence, texts } from '../support/topics';
import { unique, until } from '../support/until';

useRealBroker();

test('while a handler runs, exactly the messages before it are committed', async () => {
  const [topic, group] = [await newTopic(2), unique('group')];
  const [go, reached] = [deferred(), deferred()];
  const commits: number[][] = [[], []];
  const off = consumers.on('offsetsCommitted', ({ partitions }) => {
    for (const { topic: of, partition, offset } of partitions) if (of === topic) commits[partition]!.push(offset!);
  });
  consumers.registerHandler(topic, async ({ partition, message }) => {
    if (partition !== 1 || message.offset !== '5') return;
    reached.resolve();
    await go.promise;
  });
  await producer.publishBatch(topic, [...numbered(20, 0), ...numbered(20, 1)]);
  await consumers.startConsumer(topic, group);
  await reached.promise;
  await until('the commit of what is done', () => commits[0]!.includes(20) && commits[1]!.includes(5));
  expect(await committedOffsets(group)).toEqual({ [`${topic}-0`]: 20, [`${topic}-1`]: 5 });
  go.resolve();
  await until('the commit of the rest', () => commits[1]!.includes(20));
  expect((await committedOffsets(group))[`${topic}-1`]).toBe(20);
  off();
});

test('stopConsumer waits for the running handler, commits it and no more; a start goes on without a duplicate', async () => {
  const [topic, group] = [await newTopic(), unique('group')];
  const [go, reached] = [deferred(), deferred()];
  const handled: string[] = [];
  consumers.registerHandler(topic, async ({ message }) => {
    if (message.offset === '7') {
      reached.resolve();
      await go.promise;
    }
    handled.push(message.text()!);
  });
  await producer.publishBatch(topic, numbered(50));
  await consumers.startConsumer(topic, group);
  await reached.promise;
  const stopped = consumers.stopConsumer(topic);
  go.resolve();
  await stopped;
  expect(handled).toEqual(sequence(8));
  expect(await committedOffsets(group)).toEqual({ [`${topic}-0`]: 8 });
  await producer.publishBatch(topic, numbered(10, 0, 'new '));
  await consumers.startConsumer(topic, group);
  await until('the rest', () => handled.length >= 60);
  await consumers.stopConsumer(topic);
  expect(handled).toEqual([...sequence(50), ...sequence(10, 'new ')]);
  expect(await committedOffsets(group)).toEqual({ [`${topic}-0`]: 60 });
});

test('ten quick starts and stops in the middle of a stream lose and repeat nothing', async () => {
  const [topic, group] = [await newTopic(3), unique('group')];
  const kept = keep(topic);
  let publishing = true;
  const published: Promise<unknown>[] = [];
  const stream = (async () => {
    for (let i = 0; publishing; i++) {
      published.push(producer.publishBatch(topic, [{ value: String(i), partition: i % 3 }]));
      await published.at(-1);
    }
  })();
  for (let i = 0; i < 10; i++) {
    await consumers.startConsumer(topic, group);
    const goal = kept.length + 20;
    await until('some messages', () => kept.length >= goal);
    await consumers.stopConsumer(topic);
  }
  publishing = false;
  await stream;
  await consumers.startConsumer(topic, group);
  await until('all messages', () => kept.length >= published.length);
  await consumers.stopConsumer(topic);
  const numbers = texts(kept).map(Number);
  expect([...numbers].sort((a, b) => a - b)).toEqual(published.map((_, i) => i));
  for (const rest of [0, 1, 2]) {
    const own = numbers.filter((number) => number % 3 === rest);
    expect(own).toEqual([...own].sort((a, b) => a - b));
  }
});

test('commitOffsetsIfNecessary commits what a batch handler has resolved', async () => {
  const [topic, group] = [await newTopic(), unique('group')];
  const [go, committed] = [deferred(), deferred<number>()];
  consumers.registerBatchHandler(topic, async ({ batch, resolveOffset, commitOffsetsIfNecessary }) => {
    if (batch.messages.length < 3) return;
    const second = batch.messages[1]!.offset;
    resolveOffset(second);
    await commitOffsetsIfNecessary();
    committed.resolve(Number(second) + 1);
    await go.promise;
  });
  await producer.publishBatch(topic, numbered(1_000));
  await consumers.startConsumer(topic, group);
  const next = await committed.promise;
  expect(await committedOffsets(group)).toEqual({ [`${topic}-0`]: next });
  go.resolve();
  await until('the rest', async () => (await committedOffsets(group))[`${topic}-0`] === 1_000);
  await consumers.stopConsumer(topic);
  expect(await committedOffsets(group)).toEqual({ [`${topic}-0`]: 1_000 });
});

test('a message is committed only after its dead letter is stored: until then it waits, and other partitions go on', async () => {
  const [topic, group] = [await newTopic(2), unique('group')];
  // A dead-letter topic that takes nothing of that size.
  const dlq = `${topic}.dlq`;
  await kafkaTool('TopicCommand', [
    '--create',
    '--topic',
    dlq,
    '--partitions',
    '1',
    '--config',
    'max.message.bytes=200',
  ]);
  let others = 0;
  let attempts = 0;
  const lettered = deferred();
  const off = consumers.on('deadLettered', () => lettered.resolve());
  consumers.registerHandler(
    topic,
    ({ partition, message }) => {
      if (partition === 0 && message.offset === '2') {
        attempts += 1;
        throw new Error('poison');
      }
      others += 1;
    },
    { retry: { attempts: 2, initialBackoffMs: 10, maxBackoffMs: 10 } },
  );
  const value = Buffer.from(Array.from({ length: 3_000 }, (_, i) => (i * 7919) % 251)).toString('base64');
  await producer.publishBatch(
    topic,
    [0, 1].flatMap((partition) => Array.from({ length: 5 }, () => ({ value, partition }))),
  );
  await consumers.startConsumer(topic, group);
  await until('everything but the poison and what is behind it', () => others === 7 && attempts === 2);
  await producer.publishBatch(topic, [{ value: 'more', partition: 1 }]);
  await until('the other partition goes on', () => others === 8);
  const target = { [`${topic}-0`]: 2, [`${topic}-1`]: 6 };
  await until('the commits', async () => (await committedOffsets(group))[`${topic}-1`] === 6);
  expect(await committedOffsets(group)).toEqual(target);
  const larger = [
    '--alter',
    '--entity-type',
    'topics',
    '--entity-name',
    dlq,
    '--add-config',
    'max.message.bytes=100000',
  ];
  await kafkaTool('ConfigCommand', larger);
  await lettered.promise;
  await until('what was behind it', () => others === 10);
  await consumers.stopConsumer(topic);
  expect(await committedOffsets(group)).toEqual({ [`${topic}-0`]: 5, [`${topic}-1`]: 6 });
  expect(attempts).toBe(2);
  const read = ['--topic', dlq, '--from-beginning', '--max-messages', '1', '--timeout-ms', '15000'];
  const print = ['--formatter-property', 'print.headers=true', '--formatter-property', 'print.value=false'];
  const shown = await kafkaTool('ConsoleConsumer', [...read, ...print]);
  for (const part of [
    `kafka4.dlq.topic:${topic}`,
    'kafka4.dlq.offset:2',
    'kafka4.dlq.error.message:poison',
    `kafka4.dlq.group:${group}`,
  ]) {
    expect(shown).toContain(part);
  }
  off();
});
