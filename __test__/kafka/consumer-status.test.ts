// What getKafka4Status() and the metrics tell of consumers: position, committed, lag, last progress.

import {
  checkKafkaHealth,
  kafkaConsumerService as consumers,
  getKafka4Status,
  getKafkaMetrics,
  initializeKafka4,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { deferred } from '../support/deferred';
import { keep, newTopic, numbered } from '../support/topics';
import { unique, until } from '../support/until';

useEmbeddedBroker();

async function groups() {
  return (await getKafka4Status()).consumers.groups;
}

test('positions, commits and lag of every partition are told, and reach the end when everything is handled', async () => {
  const [topic, group] = [await newTopic(3), unique('group')];
  const kept = keep(topic);
  await consumers.startConsumer(topic, group);
  await producer.publishBatch(topic, [...numbered(30, 0), ...numbered(10, 2)]);
  await until('all messages', () => kept.length === 40);
  await until('all are committed', async () => {
    const [status] = await groups();
    const [one, , three] = status!.partitions;
    return one!.committed === 30 && three!.committed === 10;
  });
  const { active, groups: all } = (await getKafka4Status()).consumers;
  expect(active).toEqual([topic]);
  expect(all).toHaveLength(1);
  expect(all[0]).toMatchObject({ groupId: group, topics: [topic] });
  expect(all[0]!.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
  const [first, second, third] = all[0]!.partitions;
  const done = { topic, lag: 0, inHandler: 0, paused: false, stalled: false };
  expect(first).toMatchObject({ ...done, partition: 0, position: 30, stored: 30, committed: 30, highWatermark: 30 });
  expect(second).toMatchObject({ partition: 1, inHandler: 0, stalled: false });
  expect(second!.lag ?? 0).toBe(0);
  expect(third).toMatchObject({ ...done, partition: 2, position: 10, stored: 10, committed: 10, highWatermark: 10 });
});

test('lag and inHandler count what a slow handler has not finished; lastProgressMs grows until it goes on', async () => {
  const topic = await newTopic();
  const go = deferred();
  let handled = 0;
  consumers.registerHandler(topic, async () => {
    if (handled === 5) await go.promise;
    handled += 1;
  });
  await consumers.startConsumer(topic);
  await producer.publishBatch(topic, numbered(20));
  const now = async () => (await groups())[0]!.partitions[0]!;
  await until('five are handled', async () => (await now()).stored === 5);
  await until('the end is known', async () => (await now()).highWatermark === 20);
  await until('all others have come', async () => {
    const { inHandler, queued } = await now();
    return inHandler === 15 && queued === 0;
  });
  const before = await now();
  expect(before).toMatchObject({ stored: 5, lag: 15, stalled: false, paused: false });
  expect(before.inHandler).toBeGreaterThan(0);
  expect(before.inHandler + before.queued).toBeLessThanOrEqual(15);
  await until('time passes', async () => (await now()).lastProgressMs > before.lastProgressMs + 200);
  const metrics = getKafkaMetrics();
  expect(metrics.consumerLag).toBe(15);
  expect(metrics.consumerInHandlers).toBe(before.inHandler);
  go.resolve();
  await until('the rest', async () => (await now()).stored === 20);
  expect(await now()).toMatchObject({ lag: 0, inHandler: 0 });
  expect((await now()).lastProgressMs).toBeLessThan(10_000);
});

test('metrics count what was consumed and handled', async () => {
  const topic = await newTopic();
  const before = getKafkaMetrics();
  const kept = keep(topic);
  await consumers.startConsumer(topic);
  await producer.publishBatch(topic, numbered(1_000));
  await until('all messages', () => kept.length === 1_000);
  await consumers.stopConsumer(topic);
  const after = getKafkaMetrics();
  expect(after.consumed - before.consumed).toBe(1_000);
  expect(after.handled - before.handled).toBe(1_000);
  expect(after.handlerErrors).toBe(before.handlerErrors);
  expect(after.commits).toBeGreaterThan(before.commits);
  expect(after.handlerLatency.count - before.handlerLatency.count).toBe(1_000);
});

test('groups are told apart, and are gone when their topics are stopped', async () => {
  const [one, two] = [await newTopic(), await newTopic()];
  keep(one);
  keep(two);
  await consumers.startConsumer(one, 'group-1');
  await consumers.startConsumer(two, 'group-2');
  expect((await groups()).map(({ groupId, topics }) => [groupId, topics])).toEqual([
    ['group-1', [one]],
    ['group-2', [two]],
  ]);
  await consumers.stopConsumer(one);
  expect((await groups()).map(({ groupId }) => groupId)).toEqual(['group-2']);
  await consumers.stopConsumer(two);
  expect((await getKafka4Status()).consumers).toEqual({ active: [], groups: [] });
});

test('with consumers that are paused or idle everything is healthy', async () => {
  await initializeKafka4();
  const topic = await newTopic();
  let paused = false;
  consumers.registerHandler(topic, ({ pause }) => {
    pause();
    paused = true;
  });
  await consumers.startConsumer(topic);
  await producer.publishBatch(topic, numbered(3));
  await until('the pause', () => paused);
  expect(await checkKafkaHealth()).toBe(true);
  const status = await getKafka4Status();
  expect([status.status, status.reasons]).toEqual(['healthy', []]);
  expect(status.consumers.groups[0]!.partitions[0]).toMatchObject({ paused: true, stalled: false });
});
