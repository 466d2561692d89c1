// Contract section 5: getKafka4Status, checkKafkaHealth and getKafkaMetrics tell the truth, on the embedded broker.

import {
  checkKafkaHealth,
  getKafka4Status,
  getKafkaMetrics,
  initializeKafka4,
  kafkaAdminService,
  kafkaConfig,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaMetricsService,
  kafkaProducerService,
} from '@/lib/kafka';
import { parsePrometheus } from '../support/prometheus';
import { rejection, unique, until } from '../support/until';

beforeAll(() => {
  kafkaConfig.brokers = ['embedded'];
});
afterEach(() => kafkaInitializationService.cleanup());

async function topicOf(partitions: number): Promise<string> {
  const name = unique('metrics');
  await kafkaAdminService.createTopics([{ name, partitions, retentionMs: 60_000 }]);
  return name;
}

test('before initializeKafka4 the status says so and is not healthy', async () => {
  const status = await getKafka4Status();
  expect(status).toMatchObject({ initialized: false, status: expect.stringMatching(/degraded|unhealthy/) });
  expect(status.reasons.join('\n')).toMatch(/initializ/i);
  expect(status.producer).toMatchObject({ connected: false, inFlight: 0, error: null });
});

test('an initialized process is healthy: status has cluster, topics, producer, consumers and the response time', async () => {
  await initializeKafka4();
  const status = await getKafka4Status();
  expect(status).toMatchObject({ initialized: true, status: 'healthy', reasons: [] });
  expect(status.responseTime).toBeGreaterThan(0);
  expect(status.responseTime).toBeLessThan(5_000);
  expect(status.cluster).toMatchObject({
    clusterId: expect.any(String),
    brokers: [{ id: 1, host: '127.0.0.1', port: expect.any(Number) }],
    kraft: null,
    version: null,
    controllerId: null,
  });
  expect(status.topics.total).toBe(status.topics.names.length);
  expect(status.topics.names).toEqual(expect.arrayContaining(['user-events', 'analytics-events']));
  expect(status.topics.names.filter((name) => name.startsWith('__'))).toEqual([]);
  expect(status.producer).toEqual({ connected: true, inFlight: 0, error: null });
  expect(status.consumers).toEqual({ active: [], groups: [] });
  expect(await checkKafkaHealth()).toBe(true);
});

test('the status of a consumer: per partition position, committed, lag and last progress', async () => {
  const topic = await topicOf(2);
  const groupId = unique('group');
  let handled = 0;
  let open = true;
  let release: () => void = () => {};
  kafkaConsumerService.registerHandler(topic, async () => {
    if (!open) await new Promise<void>((resolve) => (release = resolve));
    handled += 1;
  });
  await kafkaConsumerService.startConsumer(topic, groupId);
  await kafkaProducerService.publishBatch(
    topic,
    Array.from({ length: 10 }, () => ({ value: 'v', partition: 1 })),
  );
  await until('ten are handled', () => handled === 10);
  const group = async () => (await getKafka4Status()).consumers.groups.find((each) => each.groupId === groupId);
  const partition = async () => (await group())?.partitions.find((each) => each.partition === 1);
  // What is queued is counted once a second.
  await until('they are committed', async () => {
    const { committed, queued } = (await partition()) ?? {};
    return committed === 10 && queued === 0;
  });
  expect(await partition()).toMatchObject({
    topic,
    partition: 1,
    position: 10,
    stored: 10,
    committed: 10,
    highWatermark: 10,
    lag: 0,
    queued: 0,
    inHandler: 0,
    paused: false,
    stalled: false,
    lastProgressMs: expect.any(Number),
  });
  expect((await group())?.topics).toEqual([topic]);
  expect((await getKafka4Status()).consumers.active).toEqual([topic]);

  open = false;
  await kafkaProducerService.publishBatch(
    topic,
    Array.from({ length: 5 }, () => ({ value: 'v', partition: 1 })),
  );
  const held = await until('the lag is seen', async () => ((await partition())?.lag === 5 ? await partition() : null));
  expect(held).toMatchObject({ stored: 10, lag: 5, stalled: false });
  await until('five are with the handler or wait for it', async () => {
    const { inHandler = 0, queued = 0 } = (await partition()) ?? {};
    return inHandler >= 1 && inHandler + queued === 5;
  });
  open = true;
  release();
  await until('all are handled', () => handled === 15);
  await until('no lag is left', async () => (await partition())?.lag === 0);
});

test('metrics count what was published, consumed, handled, retried and dead-lettered', async () => {
  const topic = await topicOf(1);
  await kafkaAdminService.createTopics([{ name: `${topic}.dlq`, partitions: 1, retentionMs: 60_000 }]);
  const before = getKafkaMetrics();
  let handled = 0;
  kafkaConsumerService.registerHandler(
    topic,
    async ({ message }) => {
      if (String(message.value) === 'bad') throw new Error('no');
      handled += 1;
    },
    { retry: { attempts: 3, initialBackoffMs: 800, maxBackoffMs: 800, jitter: 0 } },
  );
  await kafkaConsumerService.startConsumer(topic, unique('group'));
  await kafkaProducerService.publishBatch(topic, [
    { value: 'bad' },
    ...Array.from({ length: 9 }, () => ({ value: 'good' })),
  ]);
  await until('nine are handled', () => handled === 9);
  const after = await until('the dead letter is counted', () => {
    const metrics = getKafkaMetrics();
    return metrics.deadLetters > before.deadLetters && metrics.handled - before.handled >= 10 ? metrics : null;
  });
  // Ten messages, and the dead letter.
  expect(after.produced - before.produced).toBe(11);
  expect(after.producedBytes - before.producedBytes).toBeGreaterThanOrEqual(3 + 9 * 4 + 3);
  expect(after.consumed - before.consumed).toBe(10);
  expect(after.consumedBytes - before.consumedBytes).toBe(3 + 9 * 4);
  expect(after.handlerErrors - before.handlerErrors).toBe(3);
  expect(after.handlerRetries - before.handlerRetries).toBe(2);
  expect(after.deadLetters - before.deadLetters).toBe(1);
  expect(after.rebalances).toBeGreaterThan(before.rebalances);
  await until('a commit is counted', () => getKafkaMetrics().commits > before.commits);
  expect(after.publishLatency.count).toBeGreaterThan(before.publishLatency.count);
  expect(after.handlerLatency.count).toBeGreaterThan(before.handlerLatency.count);
  // The time of the handler, without the pauses between its attempts and without the dead letter.
  const spent = ({ mean, count }: { mean: number; count: number }) => mean * count;
  expect(spent(after.handlerLatency) - spent(before.handlerLatency)).toBeLessThan(700);
  for (const { p50, p95, p99, max, mean } of [after.publishLatency, after.handlerLatency]) {
    expect(p50).toBeGreaterThan(0);
    expect(p95).toBeGreaterThanOrEqual(p50);
    expect(p99).toBeGreaterThanOrEqual(p95);
    expect(max).toBeGreaterThanOrEqual(p50 * 0.9);
    expect(mean).toBeGreaterThan(0);
  }
  expect(after).toMatchObject({ producerInFlight: 0, stalls: 0, produceErrors: before.produceErrors });
});

test('metrics count errors of publishes, transactions and rates', async () => {
  const topic = await topicOf(1);
  const before = getKafkaMetrics();
  await rejection(kafkaProducerService.publishBatch(topic, [{ value: Buffer.alloc(5_000_000) }]));
  expect(getKafkaMetrics().produceErrors - before.produceErrors).toBe(1);
  await kafkaProducerService.publishTransaction([{ topic, messages: [{ value: 'x' }] }]);
  expect(getKafkaMetrics().transactionsCommitted - before.transactionsCommitted).toBe(1);
  await until('the rate is seen', async () => {
    await kafkaProducerService.publishBatch(topic, [{ value: 'x' }]);
    return getKafkaMetrics().produceRate > 0;
  });
});

test('the prometheus text parses and says the same as the metrics', async () => {
  const topic = await topicOf(2);
  kafkaConsumerService.registerHandler(topic, () => Promise.resolve());
  const groupId = unique('group-"quoted"\\');
  await kafkaConsumerService.startConsumer(topic, groupId);
  await kafkaProducerService.publishBatch(topic, [
    { value: 'x', partition: 0 },
    { value: 'y', partition: 1 },
  ]);
  await until('both are handled', () => {
    const { consumers, consumerQueued } = getKafkaMetrics();
    const partitions = consumers.flatMap((group) => group.partitions);
    // What is queued is counted once a second.
    return consumerQueued === 0 && partitions.every(({ stored, lag }) => stored === 1 && lag === 0);
  });
  const metrics = getKafkaMetrics();
  const { samples, types } = parsePrometheus(kafkaMetricsService.prometheus());
  const value = (name: string) => samples.find((sample) => sample.name === name)?.value;
  expect(value('kafka4_produced_messages_total')).toBe(metrics.produced);
  expect(value('kafka4_produced_bytes_total')).toBe(metrics.producedBytes);
  expect(value('kafka4_handled_messages_total')).toBe(metrics.handled);
  expect(value('kafka4_rebalances_total')).toBe(metrics.rebalances);
  expect(value('kafka4_publish_latency_seconds_count')).toBe(metrics.publishLatency.count);
  expect(value('kafka4_producer_in_flight')).toBe(0);
  expect(value('kafka4_consumer_queued')).toBe(0);
  expect(value('kafka4_consumer_in_handlers')).toBe(0);
  const p99 = samples.find((s) => s.name === 'kafka4_publish_latency_seconds' && s.labels.quantile === '0.99');
  expect(p99?.value).toBeCloseTo(metrics.publishLatency.p99 / 1000, 6);
  const lag = samples.filter((sample) => sample.name === 'kafka4_consumer_lag' && sample.labels.group === groupId);
  expect(lag.map(({ labels, value }) => [labels.topic, labels.partition, value]).sort()).toEqual([
    [topic, '0', 0],
    [topic, '1', 0],
  ]);
  expect(types.get('kafka4_produced_messages_total')).toBe('counter');
  expect(types.get('kafka4_consumer_lag')).toBe('gauge');
  expect(types.get('kafka4_publish_latency_seconds')).toBe('summary');
});

test('a snapshot of the metrics needs no broker', async () => {
  expect(getKafkaMetrics()).toEqual(expect.objectContaining({ produced: expect.any(Number), consumers: [] }));
  expect(Object.keys(kafkaMetricsService.getMetrics())).toEqual(Object.keys(getKafkaMetrics()));
});
