// The fakes: consumers, retries, dead letters, stops, status, with the real services on top.

import {
  kafkaConsumerService as consumer,
  type EachMessagePayload,
  getKafka4Status,
  getKafkaMetrics,
  initializeKafka4,
  KafkaConsumerService,
  kafkaAdminService,
  kafkaConfig,
  kafkaInitializationService,
  kafkaMetricsService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { publishedEvents, setBrokersAway, useFakeKafka, waitForEvent } from '@/lib/testing';
import { rejection, thrown, until } from '../support/until';

useFakeKafka({ topics: { orders: { partitions: 3 } } });
kafkaConfig.logLevel = 0;

let seen: string[] = [];
beforeEach(() => {
  seen = [];
});

const remember = async ({ topic, partition, message }: EachMessagePayload) => {
  seen.push(`${topic}[${partition}]@${message.offset} ${message.text()}`);
};

test('a consumer gets what was published before and after its start, in order', async () => {
  consumer.registerHandler('orders', remember);
  await producer.publishBatch('orders', [{ value: 'a', partition: 1 }]);
  await consumer.startConsumer('orders');
  await producer.publishBatch(
    'orders',
    ['b', 'c', 'd'].map((value) => ({ value, partition: 1 })),
  );
  await until('four messages', () => seen.length === 4);
  expect(seen).toEqual(['orders[1]@0 a', 'orders[1]@1 b', 'orders[1]@2 c', 'orders[1]@3 d']);
  expect(consumer.getActiveConsumers()).toEqual(['orders']);
});

test('after the test before this one no consumer runs, and nothing of it is left', async () => {
  expect(consumer.getActiveConsumers()).toEqual([]);
  await consumer.startConsumer('orders');
  await producer.publishBatch('orders', [{ value: 'x', partition: 0 }]);
  await until('one message', () => seen.length === 1);
  expect(seen).toEqual(['orders[0]@0 x']);
});

test('a stop waits for the running handler; what was not handled comes at the next start', async () => {
  let release = (): void => {};
  consumer.registerHandler('orders', async (payload) => {
    await remember(payload);
    if (seen.length === 1) await new Promise<void>((resolve) => (release = resolve));
  });
  await consumer.startConsumer('orders');
  await producer.publishBatch(
    'orders',
    ['a', 'b'].map((value) => ({ value, partition: 0 })),
  );
  await until('the first message', () => seen.length === 1);
  let stopped = false;
  const stopping = consumer.stopConsumer('orders').then(() => {
    stopped = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(stopped).toBe(false);
  release();
  await stopping;
  expect(seen).toHaveLength(1);
  await consumer.startConsumer('orders');
  await until('the second message', () => seen.length === 2);
  expect(seen[1]).toBe('orders[0]@1 b');
});

test('groups have offsets of their own, and a topic runs in one group at a time', async () => {
  consumer.registerHandler('orders', remember);
  await producer.publishBatch('orders', [{ value: 'a', partition: 0 }]);
  await consumer.startConsumer('orders', 'one');
  await until('one message', () => seen.length === 1);
  expect(await rejection(consumer.startConsumer('orders', 'two'))).toMatchObject({ code: 'ERR_KAFKA_ALREADY_STARTED' });
  await consumer.stopConsumer('orders');
  await consumer.startConsumer('orders', 'two');
  await until('the message again', () => seen.length === 2);
});

test('a start without handler, of an unknown topic and without brokers rejects as the real one', async () => {
  const own = new KafkaConsumerService();
  expect(await rejection(own.startConsumer('orders'))).toMatchObject({ code: 'ERR_KAFKA_NO_HANDLER' });
  own.registerHandler('nowhere', remember);
  const error = await rejection(own.startConsumer('nowhere'));
  expect(error).toMatchObject({ name: 'KafkaConsumerError', code: 'ERR_KAFKA_UNKNOWN_TOPIC_OR_PART' });
  setBrokersAway(true);
  expect(await rejection(consumer.startConsumer('orders'))).toMatchObject({ code: 'ERR_KAFKA_CONNECTION_FAILED' });
});

test('a failing handler is called again at once, then its message goes to the dead-letter topic', async () => {
  const told: unknown[] = [];
  const off = consumer.on('handlerFailed', ({ attempt, retryInMs }) => told.push([attempt, retryInMs]));
  let calls = 0;
  const retry = { attempts: 3, initialBackoffMs: 60_000, maxBackoffMs: 60_000 };
  consumer.registerHandler(
    'orders',
    async () => {
      calls += 1;
      throw new TypeError('cannot');
    },
    { retry },
  );
  await consumer.startConsumer('orders', 'dlq-group');
  await producer.publishBatch('orders', [{ key: 'k', value: 'bad', headers: { h: '1' } }]);
  const letter = await waitForEvent(({ topic }) => topic === 'orders.dlq');
  expect(calls).toBe(3);
  expect(letter).toMatchObject({
    key: 'k',
    headers: {
      h: '1',
      'kafka4.dlq.topic': 'orders',
      'kafka4.dlq.attempts': '3',
      'kafka4.dlq.group': 'dlq-group',
      'kafka4.dlq.error.name': 'TypeError',
      'kafka4.dlq.error.message': 'cannot',
    },
  });
  expect(letter.value?.toString()).toBe('bad');
  await until('the events', () => told.length === 3);
  expect(told).toEqual([
    [1, 60_000],
    [2, 60_000],
    [3, null],
  ]);
  off();
});

test('a policy can skip or stop; a policy that makes no sense is refused', async () => {
  consumer.registerHandler('orders', async ({ message }) => {
    seen.push(String(message.text()));
    if (message.text() === 'bad') throw new Error('no');
  });
  consumer.setRetryPolicy('orders', { attempts: 1, deadLetter: false });
  await consumer.startConsumer('orders');
  await producer.publishBatch(
    'orders',
    ['bad', 'good'].map((value) => ({ value, partition: 0 })),
  );
  await until('the message behind it', () => seen.length === 2);
  consumer.setRetryPolicy('orders', { attempts: 1, stop: true });
  await producer.publishBatch('orders', [{ value: 'bad', partition: 1 }]);
  await until('the stop', () => !consumer.isConsumerActive('orders'));
  expect((await getKafka4Status()).reasons.join()).toContain('consumption was stopped for: orders');
  expect((await publishedEvents('orders.dlq')).length).toBe(0);
  for (const policy of [
    { attempts: 0 },
    { jitter: 2 },
    { initialBackoffMs: 2, maxBackoffMs: 1 },
    { stop: true, deadLetter: true },
  ]) {
    expect(thrown(() => consumer.setRetryPolicy('orders', policy))).toMatchObject({
      code: 'ERR_KAFKA_INVALID_ARGUMENT',
    });
  }
  consumer.setRetryPolicy('orders', {});
});

test('a batch handler gets batches, resolves, and sees the end of the log', async () => {
  const batches: [number, string, string][] = [];
  consumer.registerAnalyticsEventHandler(async ({ batch, resolveOffset, commitOffsetsIfNecessary }) => {
    for (const message of batch.messages) resolveOffset(message.offset);
    await commitOffsetsIfNecessary();
    batches.push([batch.messages.length, batch.lastOffset(), batch.offsetLag()]);
  });
  await Promise.all(Array.from({ length: 20 }, () => producer.publishAnalyticsEvent('e', 'same', {})));
  await consumer.startConsumer('analytics-events');
  await until('all', () => batches.reduce((sum, [count]) => sum + count, 0) === 20);
  expect(batches.at(-1)?.slice(1)).toEqual(['19', '0']);
});

test('status, metrics and Prometheus text tell what happened', async () => {
  await initializeKafka4();
  expect(kafkaInitializationService.isKafkaInitialized()).toBe(true);
  const before = getKafkaMetrics();
  consumer.registerHandler('orders', remember);
  await consumer.startConsumer('orders', 'status-group');
  await producer.publishBatch('orders', [{ value: 'abc', partition: 2 }]);
  await until('the commit', () => getKafkaMetrics().handled === before.handled + 1);
  const status = await getKafka4Status();
  expect(status).toMatchObject({ initialized: true, status: 'healthy', producer: { connected: true } });
  expect(status.topics.names).toEqual(expect.arrayContaining(['orders', 'user-events']));
  const [group] = status.consumers.groups;
  expect(group).toMatchObject({ groupId: 'status-group', topics: ['orders'], memberState: 'joined' });
  expect(group?.partitions[2]).toMatchObject({ position: 1, committed: 1, highWatermark: 1, lag: 0, inHandler: 0 });
  const { produced, producedBytes } = getKafkaMetrics();
  expect([produced - before.produced, producedBytes - before.producedBytes]).toEqual([1, 3]);
  expect(kafkaMetricsService.prometheus()).toContain(`kafka4_produced_messages_total ${produced}\n`);
});

test('the admin service creates, describes and deletes topics', async () => {
  const [report] = await kafkaAdminService.createTopics([{ name: 'fresh', partitions: 2, retentionMs: 1000 }]);
  expect(report).toEqual({ name: 'fresh', created: true, differences: [] });
  const [again] = await kafkaAdminService.createTopics([{ name: 'fresh', partitions: 3, retentionMs: 1000 }]);
  expect(again).toMatchObject({ created: false, differences: [{ what: 'partitions', declared: 3, actual: 2 }] });
  expect((await kafkaAdminService.describeTopics(['fresh']))[0]?.partitions).toHaveLength(2);
  await kafkaAdminService.deleteTopics(['fresh']);
  expect(await kafkaAdminService.listTopics()).not.toContain('fresh');
  expect(await rejection(kafkaAdminService.describeTopics(['fresh']))).toMatchObject({
    code: 'ERR_KAFKA_UNKNOWN_TOPIC_OR_PART',
  });
});

test('kafkaConfig has its checks, also that of what is frozen while clients run', async () => {
  expect(thrown(() => Object.assign(kafkaConfig, { compressionType: 'rar' }))).toMatchObject({
    code: 'ERR_KAFKA_CONFIG_INVALID',
  });
  expect(thrown(() => Object.assign(kafkaConfig, { timeout: 5 }))).toMatchObject({ code: 'ERR_KAFKA_CONFIG_INVALID' });
  kafkaConfig.clientId = 'mine';
  await producer.connect();
  expect(thrown(() => Object.assign(kafkaConfig, { clientId: 'other' }))).toMatchObject({
    code: 'ERR_KAFKA_CONFIG_NOT_LIVE',
  });
  kafkaConfig.consumerGroup = 'live';
  expect([kafkaConfig.clientId, kafkaConfig.consumerGroup]).toEqual(['mine', 'live']);
  await producer.disconnect();
  Object.assign(kafkaConfig, { clientId: null, consumerGroup: null });
  expect(kafkaConfig.clientId).toBe('edu-matrix-interlinked');
});

test('a handler that never ends does not hold up the end of its test: left open here', async () => {
  let called = false;
  consumer.registerHandler('orders', () => {
    called = true;
    return new Promise(() => {});
  });
  await consumer.startConsumer('orders');
  await producer.publishBatch('orders', [{ value: 'x' }]);
  await until('the handler', () => called);
});

test('a handler that never ends does not hold up the end of its test: gone there', async () => {
  expect(consumer.getActiveConsumers()).toEqual([]);
  expect(kafkaConfig.timeout).toBe(30_000);
});
