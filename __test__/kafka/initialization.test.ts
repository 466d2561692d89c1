// Contract sections 3 and 5 on the embedded broker: initializeKafka4, declareTopics, cleanup.

import {
  checkKafkaHealth,
  declaredTopics,
  declareTopics,
  getKafka4Status,
  initializeKafka4,
  KafkaValidationError,
  kafkaAdminService,
  kafkaConfig,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { thrown, unique, until } from '../support/until';

const DAY = 24 * 3600 * 1000;

beforeAll(() => {
  kafkaConfig.brokers = ['embedded'];
});
afterEach(() => kafkaInitializationService.cleanup());

test('initializeKafka4 creates the five topics with the partitions and the retention of the contract', async () => {
  await initializeKafka4();
  const five = ['user-events', 'course-events', 'notification-events', 'chat-events', 'analytics-events'];
  const described = await kafkaAdminService.describeTopics(five);
  const found = described.map(({ name, partitions, retentionMs }) => [name, partitions.length, retentionMs]);
  expect(found).toEqual([
    ['user-events', 6, 7 * DAY],
    ['course-events', 4, 30 * DAY],
    ['notification-events', 3, 3 * DAY],
    ['chat-events', 8, 1 * DAY],
    ['analytics-events', 12, 30 * DAY],
  ]);
});

test('initializeKafka4 is idempotent and safe to call concurrently', async () => {
  expect(kafkaInitializationService.isKafkaInitialized()).toBe(false);
  await Promise.all(Array.from({ length: 20 }, () => initializeKafka4()));
  expect(kafkaInitializationService.isKafkaInitialized()).toBe(true);
  const reports = kafkaInitializationService.getTopicReports();
  await initializeKafka4();
  expect(kafkaInitializationService.getTopicReports()).toEqual(reports);
  expect(reports.map((report) => report.name)).toEqual(declaredTopics().map((topic) => topic.name));
});

test('declareTopics adds topics of the application to those that initializeKafka4 creates', async () => {
  const orders = unique('orders');
  const audit = unique('audit');
  declareTopics({ [orders]: { partitions: 5, retentionMs: 2 * DAY }, [audit]: {} });
  expect(declaredTopics()).toEqual(
    expect.arrayContaining([
      { name: orders, partitions: 5, retentionMs: 2 * DAY },
      { name: audit, partitions: 3, retentionMs: 7 * DAY },
    ]),
  );
  await initializeKafka4();
  const [first, second] = await kafkaAdminService.describeTopics([orders, audit]);
  expect([first?.partitions.length, first?.retentionMs]).toEqual([5, 2 * DAY]);
  expect([second?.partitions.length, second?.retentionMs]).toEqual([3, 7 * DAY]);
  const created = kafkaInitializationService.getTopicReports().filter((report) => report.created);
  expect(created.map((report) => report.name)).toEqual(expect.arrayContaining([orders, audit]));
});

test('a topic that is declared after initializeKafka4 is created by the next call', async () => {
  await initializeKafka4();
  const late = unique('late');
  declareTopics({ [late]: { partitions: 2 } });
  await initializeKafka4();
  expect(await kafkaAdminService.listTopics()).toContain(late);
  await kafkaProducerService.publishBatch(late, [{ value: 'x' }]);
});

test('an existing topic is left alone and where it differs is reported', async () => {
  const name = unique('different');
  await kafkaAdminService.createTopics([{ name, partitions: 2, retentionMs: DAY }]);
  declareTopics({ [name]: { partitions: 4, retentionMs: 2 * DAY } });
  await initializeKafka4();
  const report = kafkaInitializationService.getTopicReports().find((each) => each.name === name);
  expect(report).toEqual({
    name,
    created: false,
    differences: [
      { what: 'partitions', declared: 4, actual: 2 },
      { what: 'retention.ms', declared: 2 * DAY, actual: DAY },
    ],
  });
  const status = await getKafka4Status();
  expect(status.topics.differences).toEqual([report]);
  expect(status.status).toBe('degraded');
  expect(status.reasons.join('\n')).toContain(name);
  declareTopics({ [name]: { partitions: 2, retentionMs: DAY } });
});

test.each([
  ['a name that Kafka refuses', { 'no/slash': {} }],
  ['an empty name', { '': {} }],
  ['a name of dots', { '..': {} }],
  ['a name of 250 characters', { [`x${'y'.repeat(249)}`]: {} }],
  ['no partitions', { fine: { partitions: 0 } }],
  ['half a partition', { fine: { partitions: 1.5 } }],
  ['partitions as a text', { fine: { partitions: '3' as unknown as number } }],
  ['a retention below -1', { fine: { retentionMs: -2 } }],
  ['a retention that is no number', { fine: { retentionMs: Number.NaN } }],
  ['null in place of a declaration', { fine: null as unknown as object }],
])('declareTopics refuses %s', (_what, topics) => {
  const before = declaredTopics();
  expect(thrown(() => declareTopics(topics))).toBeInstanceOf(KafkaValidationError);
  expect(declaredTopics()).toEqual(before);
});

test.each([[null], [undefined], ['orders'], [5]])('declareTopics refuses %p in place of the table', (topics) => {
  const declare = () => declareTopics(topics as unknown as Record<string, object>);
  expect(thrown(declare)).toBeInstanceOf(KafkaValidationError);
});

test('cleanup is idempotent, shares one promise, and everything works again after it', async () => {
  await initializeKafka4();
  await kafkaProducerService.publishUserEvent('a', 'u', {});
  const first = kafkaInitializationService.cleanup();
  expect(kafkaInitializationService.cleanup()).toBe(first);
  await first;
  await kafkaInitializationService.cleanup();
  expect(kafkaInitializationService.isKafkaInitialized()).toBe(false);
  await initializeKafka4();
  await kafkaProducerService.publishUserEvent('b', 'u', {});
  expect(await checkKafkaHealth()).toBe(true);
});

test('cleanup before anything was started resolves', async () => {
  await kafkaInitializationService.cleanup();
  expect(kafkaInitializationService.isKafkaInitialized()).toBe(false);
});

test('cleanup flushes: what was published before it is acknowledged', async () => {
  await initializeKafka4();
  const publishes = Array.from({ length: 500 }, (_, i) => kafkaProducerService.publishUserEvent('e', `u${i}`, { i }));
  await kafkaInitializationService.cleanup();
  const results = await Promise.all(publishes);
  expect(results.every(([metadata]) => Number(metadata?.offset) >= 0)).toBe(true);
});

test('cleanup waits for the running handler, and commits it', async () => {
  const topic = unique('drain');
  declareTopics({ [topic]: { partitions: 1 } });
  await initializeKafka4();
  let begun = false;
  let ended = false;
  kafkaConsumerService.registerHandler(topic, async () => {
    begun = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
    ended = true;
  });
  await kafkaConsumerService.startConsumer(topic, unique('group'));
  await kafkaProducerService.publishBatch(topic, [{ value: 'x' }]);
  await until('the handler runs', () => begun);
  await kafkaInitializationService.cleanup();
  expect(ended).toBe(true);
  expect(kafkaConsumerService.getActiveConsumers()).toEqual([]);
});

test('cleanup is bounded by KAFKA_TIMEOUT when a handler never returns', async () => {
  const topic = unique('stuck');
  declareTopics({ [topic]: { partitions: 1 } });
  kafkaConfig.timeout = 1_000;
  try {
    await initializeKafka4();
    let begun = false;
    kafkaConsumerService.registerHandler(topic, () => {
      begun = true;
      return new Promise(() => {});
    });
    await kafkaConsumerService.startConsumer(topic, unique('group'));
    await kafkaProducerService.publishBatch(topic, [{ value: 'x' }]);
    await until('the handler runs', () => begun);
    const from = Date.now();
    await kafkaInitializationService.cleanup();
    expect(Date.now() - from).toBeLessThan(3_000);
  } finally {
    kafkaConfig.timeout = 30_000;
  }
});

test('initialize and cleanup in any order, many times at once, settle and leave a working state', async () => {
  const calls = Array.from({ length: 20 }, (_, i) =>
    i % 2 === 0 ? initializeKafka4() : kafkaInitializationService.cleanup(),
  );
  await Promise.all(calls);
  await initializeKafka4();
  await kafkaProducerService.publishUserEvent('e', 'u', {});
  expect(kafkaInitializationService.isKafkaInitialized()).toBe(true);
});
