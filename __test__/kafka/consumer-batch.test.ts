// What a batch handler gets: KafkaJS's EachBatchPayload.

import {
  kafkaConsumerService as consumers,
  type EachBatchPayload,
  getKafka4Status,
  KafkaValidationError,
  type PartitionStatus,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { deferred } from '../support/deferred';
import { newTopic, numbered, sequence, texts } from '../support/topics';
import { until } from '../support/until';

useEmbeddedBroker();

async function partitionOf(topic: string, partition = 0): Promise<PartitionStatus | undefined> {
  const { consumers } = await getKafka4Status();
  return consumers.groups
    .flatMap(({ partitions }) => partitions)
    .find((p) => p.topic === topic && p.partition === partition);
}

/** Publishes until a batch of at least eight messages comes, and has `handler` handle that one. */
async function largeBatch(handler: (payload: EachBatchPayload, first: number) => unknown): Promise<string> {
  const topic = await newTopic();
  const done = deferred();
  let over = false;
  consumers.registerBatchHandler(topic, async (payload) => {
    if (over || payload.batch.messages.length < 8) return;
    over = true;
    try {
      done.resolve((await handler(payload, Number(payload.batch.firstOffset()))) as undefined);
    } catch (error) {
      done.reject(error);
    }
  });
  await consumers.startConsumer(topic);
  for (let at = 0; !over; at += 20) {
    await producer.publishBatch(
      topic,
      sequence(at + 20)
        .slice(at)
        .map((value) => ({ value })),
    );
  }
  await done.promise;
  return topic;
}

test('a batch has the messages of one partition in order, with its first and last offset', async () => {
  const topic = await largeBatch(({ batch }, first) => {
    const { length } = batch.messages;
    expect(batch.partition).toBe(0);
    expect(batch.isEmpty()).toBe(false);
    expect(batch.firstOffset()).toBe(String(first));
    expect(batch.lastOffset()).toBe(String(first + length - 1));
    expect(texts(batch.messages)).toEqual(sequence(first + length).slice(first));
    expect(batch.messages.map(({ offset }) => offset)).toEqual(texts(batch.messages));
    expect(Array.isArray(batch.messages)).toBe(true);
    expect(batch.messages).toBe(batch.messages);
  });
  expect(consumers.isConsumerActive(topic)).toBe(true);
});

test('high watermark and lags are those of the partition', async () => {
  await largeBatch(({ batch }, first) => {
    const high = Number(batch.highWatermark);
    expect(high).toBeGreaterThan(Number(batch.lastOffset()));
    expect(batch.offsetLag()).toBe(String(high - 1 - Number(batch.lastOffset())));
    expect(batch.offsetLagLow()).toBe(String(high - 1 - first));
  });
});

test('every message comes in exactly one batch, however many there are', async () => {
  const topic = await newTopic(2);
  const seen: (string | null)[][] = [[], []];
  consumers.registerBatchHandler(topic, ({ batch }) => {
    expect(batch.topic).toBe(topic);
    seen[batch.partition]!.push(...texts(batch.messages));
  });
  await consumers.startConsumer(topic);
  await producer.publishBatch(topic, [...numbered(10_000, 0), ...numbered(10_000, 1)]);
  await until('20,000 messages', () => seen[0]!.length + seen[1]!.length >= 20_000);
  expect(seen).toEqual([sequence(10_000), sequence(10_000)]);
});

test('commitOffsetsIfNecessary commits what was resolved, before the handler is over', async () => {
  const topic = await largeBatch(async ({ batch, resolveOffset, commitOffsetsIfNecessary }, first) => {
    resolveOffset(String(first + 4));
    await commitOffsetsIfNecessary();
    expect(await partitionOf(batch.topic)).toMatchObject({ stored: first + 5, committed: first + 5 });
  });
  await until('the rest', async () => {
    const { stored, highWatermark } = (await partitionOf(topic))!;
    return stored === highWatermark;
  });
});

test('uncommittedOffsets tells what is resolved and not committed, as KafkaJS does', async () => {
  await largeBatch(async ({ batch, resolveOffset, commitOffsetsIfNecessary, uncommittedOffsets }, first) => {
    const { topic, partition } = batch;
    await commitOffsetsIfNecessary();
    expect(uncommittedOffsets()).toEqual({ topics: [] });
    resolveOffset(String(first + 2));
    expect(uncommittedOffsets()).toEqual({
      topics: [{ topic, partitions: [{ partition, offset: String(first + 3) }] }],
    });
    await commitOffsetsIfNecessary();
    expect(uncommittedOffsets()).toEqual({ topics: [] });
  });
});

test('resolveOffset refuses nonsense; backwards or beyond the batch resolves nothing that it should not', async () => {
  await largeBatch(async ({ batch, resolveOffset, commitOffsetsIfNecessary, uncommittedOffsets }, first) => {
    await commitOffsetsIfNecessary();
    for (const offset of ['-1', 'abc', '', '1.5', 'NaN', undefined, null, {}, Symbol('1'), -1]) {
      expect(() => resolveOffset(offset as string)).toThrow(KafkaValidationError);
    }
    expect(uncommittedOffsets()).toEqual({ topics: [] });
    resolveOffset(String(first + 5));
    resolveOffset(String(first + 3));
    await commitOffsetsIfNecessary();
    expect((await partitionOf(batch.topic))?.stored).toBe(first + 6);
    resolveOffset('99999999');
    await commitOffsetsIfNecessary();
    expect((await partitionOf(batch.topic))?.stored).toBe(Number(batch.lastOffset()) + 1);
  });
});

test('isRunning and isStale turn when the topic is stopped', async () => {
  const topic = await newTopic();
  await producer.publishBatch(topic, numbered(10));
  const [called, go] = [deferred<EachBatchPayload>(), deferred()];
  consumers.registerBatchHandler(topic, async (payload) => {
    called.resolve(payload);
    await go.promise;
  });
  await consumers.startConsumer(topic);
  const payload = await called.promise;
  expect([payload.isRunning(), payload.isStale()]).toEqual([true, false]);
  await expect(payload.heartbeat()).resolves.toBeUndefined();
  const stopped = consumers.stopConsumer(topic);
  await until('it is told', () => !payload.isRunning());
  expect(payload.isStale()).toBe(true);
  go.resolve();
  await stopped;
});

test('pause() holds the partition after the batch until it is resumed, others go on', async () => {
  const topic = await newTopic(2);
  const seen: [number, string | null][] = [];
  let resume: (() => void) | undefined;
  consumers.registerBatchHandler(topic, ({ batch, pause }) => {
    for (const message of batch.messages) seen.push([batch.partition, message.text()]);
    if (batch.partition === 0) resume ??= pause();
  });
  await consumers.startConsumer(topic);
  await producer.publishBatch(topic, [{ value: 'first', partition: 0 }]);
  await until('the pause', () => resume);
  await producer.publishBatch(topic, [{ value: 'held', partition: 0 }]);
  await producer.publishBatch(topic, [{ value: 'other', partition: 1 }]);
  await until('the other partition', () => seen.length === 2);
  await until('the status tells', async () => (await partitionOf(topic, 0))?.paused);
  expect(seen).toEqual([
    [0, 'first'],
    [1, 'other'],
  ]);
  resume!();
  await until('what was held', () => seen.length === 3);
  expect(seen[2]).toEqual([0, 'held']);
  expect((await partitionOf(topic, 0))?.paused).toBe(false);
});
