// Order within a partition, partitions beside one another, and how much may wait in memory.

import { getKafkaMetrics, kafkaConsumerService, kafkaProducerService } from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { deferred } from '../support/deferred';
import { newTopic, numbered, sequence } from '../support/topics';
import { until } from '../support/until';

useEmbeddedBroker();

test('messages of a partition are handled one after another, in order, also by handlers that wait', async () => {
  const topic = await newTopic(4);
  const seen: string[][] = [[], [], [], []];
  let together = 0;
  let most = 0;
  const running = new Set<number>();
  const all = deferred();
  kafkaConsumerService.registerHandler(topic, async ({ partition, message }) => {
    expect(running.has(partition)).toBe(false);
    running.add(partition);
    together += 1;
    most = Math.max(most, together);
    // The first of each partition waits for those of the others.
    if (together === 4) all.resolve();
    if (message.offset === '0') await all.promise;
    await new Promise((resolve) => setTimeout(resolve, Number(message.offset) % 3));
    seen[partition]!.push(message.text()!);
    together -= 1;
    running.delete(partition);
  });
  await kafkaProducerService.publishBatch(
    topic,
    [0, 1, 2, 3].flatMap((partition) => numbered(200, partition)),
  );
  await kafkaConsumerService.startConsumer(topic);
  await until('all messages', () => seen.flat().length >= 800);
  expect(seen).toEqual(Array.from({ length: 4 }, () => sequence(200)));
  expect(most).toBe(4);
});

test('a partition whose handler hangs does not hold up the others', async () => {
  const topic = await newTopic(3);
  const counts = [0, 0, 0];
  const go = deferred();
  kafkaConsumerService.registerHandler(topic, async ({ partition }) => {
    if (partition === 1) await go.promise;
    counts[partition]! += 1;
  });
  await kafkaConsumerService.startConsumer(topic);
  await kafkaProducerService.publishBatch(
    topic,
    [1, 0, 2].flatMap((partition) => numbered(20_000, partition)),
  );
  await until('the free partitions', () => counts[0] === 20_000 && counts[2] === 20_000);
  expect(counts[1]).toBe(0);
  go.resolve();
  await until('the slow one', () => counts[1] === 20_000);
});

test('a topic whose handler hangs does not hold up another topic of the group', async () => {
  const [slow, quick] = [await newTopic(), await newTopic()];
  const go = deferred();
  let count = 0;
  kafkaConsumerService.registerHandler(slow, () => go.promise);
  kafkaConsumerService.registerHandler(quick, () => {
    count += 1;
  });
  await Promise.all([kafkaConsumerService.startConsumer(slow), kafkaConsumerService.startConsumer(quick)]);
  await kafkaProducerService.publishBatch(slow, numbered(10_000));
  await kafkaProducerService.publishBatch(quick, numbered(10_000));
  await until('the quick topic', () => count === 10_000);
  go.resolve();
});

test('a handler that hangs has at most 2,048 messages and 4 MiB waiting for it in the process', async () => {
  const topic = await newTopic(2);
  const go = deferred();
  let handled = 0;
  kafkaConsumerService.registerHandler(topic, async () => {
    await go.promise;
    handled += 1;
  });
  await kafkaConsumerService.startConsumer(topic);
  const value = 'x'.repeat(40_000);
  await kafkaProducerService.publishBatch(topic, numbered(10_000, 0));
  for (let i = 0; i < 10; i++) {
    await kafkaProducerService.publishBatch(
      topic,
      Array.from({ length: 12 }, () => ({ value, partition: 1 })),
    );
  }
  await until('both are held', () => {
    const held = getKafkaMetrics().consumers.flatMap(({ partitions }) => partitions);
    return held.filter(({ topic: of, inHandler }) => of === topic && inHandler > 0).length === 2;
  });
  const inHandlers = () =>
    Object.fromEntries(
      getKafkaMetrics()
        .consumers.flatMap(({ partitions }) => partitions)
        .filter((p) => p.topic === topic)
        .map((p) => [p.partition, p.inHandler]),
    );
  // Statistics come once a second; whatever is read at any time must be within the bound.
  await until('the queues are seen', () => getKafkaMetrics().consumerQueued > 0);
  expect(inHandlers()[0]).toBeLessThanOrEqual(2_048);
  expect(inHandlers()[1]).toBeLessThanOrEqual(110);
  go.resolve();
  await until('all are handled', () => handled === 10_120);
});

test('timers of the application run while handlers that never wait work through a backlog', async () => {
  const topic = await newTopic();
  await kafkaProducerService.publishBatch(topic, numbered(50_000));
  let count = 0;
  let ticks = 0;
  const timer = setInterval(() => {
    if (count > 0 && count < 50_000) ticks += 1;
  }, 1);
  kafkaConsumerService.registerHandler(topic, ({ message }) => {
    for (let i = 0; i < 30; i++) message.text();
    count += 1;
  });
  await kafkaConsumerService.startConsumer(topic);
  await until('the backlog', () => count === 50_000, 60_000);
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(5);
}, 70_000);

test('pause() in a message handler holds the partition after this message until it is resumed', async () => {
  const topic = await newTopic();
  const seen: string[] = [];
  const resumes: (() => void)[] = [];
  kafkaConsumerService.registerHandler(topic, ({ message, pause }) => {
    seen.push(message.text()!);
    if (seen.length === 3) resumes.push(pause(), pause());
  });
  await kafkaProducerService.publishBatch(topic, numbered(10));
  await kafkaConsumerService.startConsumer(topic);
  await until('the pause', () => resumes.length === 2);
  await kafkaProducerService.publishBatch(topic, [{ value: 'late' }]);
  resumes[0]!();
  resumes[0]!();
  // Two pauses need two resumes; the same one twice is one.
  const status = () =>
    getKafkaMetrics()
      .consumers.flatMap(({ partitions }) => partitions)
      .find((p) => p.topic === topic);
  expect(status()).toMatchObject({ paused: true });
  expect(seen).toEqual(['0', '1', '2']);
  resumes[1]!();
  await until('the rest', () => seen.length === 11);
  expect(seen).toEqual([...sequence(10), 'late']);
});

test('a paused partition does not keep its topic from being stopped, and goes on where it was after a start', async () => {
  const topic = await newTopic();
  const seen: string[] = [];
  let resume: (() => void) | undefined;
  kafkaConsumerService.registerHandler(topic, ({ message, pause }) => {
    seen.push(message.text()!);
    resume ??= pause();
  });
  await kafkaProducerService.publishBatch(topic, numbered(5));
  await kafkaConsumerService.startConsumer(topic);
  await until('the pause', () => resume);
  await kafkaConsumerService.stopConsumer(topic);
  resume!();
  expect(seen).toEqual(['0']);
  await kafkaConsumerService.startConsumer(topic);
  await until('the rest', () => seen.length >= 5);
  expect(seen).toEqual(sequence(5));
});
