// Contract section 3 on real Kafka, checked with Kafka's own tools, and what status says of a real cluster.

import {
  checkKafkaHealth,
  declareTopics,
  getKafka4Status,
  initializeKafka4,
  kafkaAdminService,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { unique } from '../support/until';

const DAY = 24 * 3600 * 1000;

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({
    topics: [
      { name: 'chat-events', partitions: 2, config: { 'retention.ms': String(5 * DAY) } },
      {
        name: 'course-events',
        partitions: 4,
        config: { 'retention.ms': String(30 * DAY), 'cleanup.policy': 'compact' },
      },
    ],
  });
  kafkaConfig.brokers = [broker.brokers];
});
afterEach(() => kafkaInitializationService.cleanup());
afterAll(() => broker?.stop());

const describeTopic = (name: string) => broker.exec('TopicCommand', ['--describe', '--topic', name]);
const configOf = (name: string) =>
  broker.exec('ConfigCommand', ['--describe', '--entity-type', 'topics', '--entity-name', name, '--all']);

test('initializeKafka4 creates what is missing, and Kafka sees partitions, retention and compression', async () => {
  await initializeKafka4();
  const described = await broker.exec('TopicCommand', ['--describe']);
  const lines = described.split('\n').filter((line) => line.includes('TopicId'));
  const found = lines.map((line) => {
    const [, name, partitions, factor] =
      /Topic: (\S+).*PartitionCount: (\d+)\s+ReplicationFactor: (\d+)/.exec(line) ?? [];
    return [name, Number(partitions), Number(factor), Number(/retention\.ms=(\d+)/.exec(line)?.[1]) / DAY];
  });
  expect(found.sort()).toEqual([
    ['analytics-events', 12, 1, 30],
    ['chat-events', 2, 1, 5],
    ['course-events', 4, 1, 30],
    ['notification-events', 3, 1, 3],
    ['user-events', 6, 1, 7],
  ]);
  const config = await configOf('user-events');
  expect(config).toMatch(/retention\.ms=604800000 .*DYNAMIC_TOPIC_CONFIG/);
  expect(config).toMatch(/compression\.type=producer/);
  expect(config).toMatch(/min\.insync\.replicas=1/);
});

test('topics that exist are left alone, and getTopicReports and the status tell where they differ', async () => {
  await initializeKafka4();
  const reports = kafkaInitializationService.getTopicReports();
  const chat = {
    name: 'chat-events',
    created: false,
    differences: [
      { what: 'partitions', declared: 8, actual: 2 },
      { what: 'retention.ms', declared: DAY, actual: 5 * DAY },
    ],
  };
  expect(reports).toContainEqual(chat);
  expect(reports).toContainEqual({ name: 'course-events', created: false, differences: [] });
  const status = await getKafka4Status();
  expect(status.status).toBe('degraded');
  expect(status.topics.differences).toEqual([chat]);
  expect(status.reasons.join('\n')).toMatch(/chat-events.*partitions/);
  expect(await describeTopic('chat-events')).toContain('PartitionCount: 2');
  expect(await configOf('chat-events')).toContain(`retention.ms=${5 * DAY}`);
  expect(await configOf('course-events')).toContain('cleanup.policy=compact');
  // Another number of partitions harms nobody: the process is healthy in the sense of a health check.
  expect(await checkKafkaHealth()).toBe(true);
});

test('the second initializeKafka4 of another process creates nothing', async () => {
  await initializeKafka4();
  await kafkaInitializationService.cleanup();
  await initializeKafka4();
  expect(kafkaInitializationService.getTopicReports().filter((report) => report.created)).toEqual([]);
});

test('declared topics of the application are created with their retention, -1 for ever', async () => {
  const [orders, forever] = [unique('orders'), unique('forever')];
  declareTopics({ [orders]: { partitions: 5, retentionMs: 12 * 3600 * 1000 }, [forever]: { retentionMs: -1 } });
  await initializeKafka4();
  expect(await describeTopic(orders)).toContain('PartitionCount: 5');
  expect(await configOf(orders)).toMatch(/retention\.ms=43200000 /);
  expect(await describeTopic(forever)).toContain('PartitionCount: 3');
  expect(await configOf(forever)).toMatch(/retention\.ms=-1 /);
});

test('twenty concurrent initializeKafka4 and creators of one topic all succeed', async () => {
  const name = unique('raced');
  const creators = Array.from({ length: 10 }, () =>
    kafkaAdminService.createTopics([{ name, partitions: 2, retentionMs: DAY }]),
  );
  const results = await Promise.all([...creators, ...Array.from({ length: 10 }, () => initializeKafka4())]);
  const created = results.slice(0, 10).filter((reports) => (reports as { created: boolean }[])[0]?.created);
  expect(created.length).toBe(1);
});

test('the status of a real cluster: clusterId, controller, brokers, KRaft, version, topics, response time', async () => {
  await initializeKafka4();
  const status = await getKafka4Status();
  expect(status.cluster).toMatchObject({
    clusterId: expect.stringMatching(/^[\w-]{22}$/),
    controllerId: expect.any(Number),
    brokers: [{ id: expect.any(Number), host: '127.0.0.1', port: broker.port }],
    kraft: true,
    version: expect.stringMatching(/^4\.\d/),
  });
  expect(status.cluster?.controllerId).toBe(status.cluster?.brokers[0]?.id);
  expect(status.responseTime).toBeGreaterThan(0);
  const listed = (await broker.exec('TopicCommand', ['--list'])).trim().split('\n');
  const own = listed.filter((name) => !name.startsWith('__')).sort();
  expect(status.topics).toMatchObject({ total: own.length, names: own });
  expect(status.limits).toEqual([]);
});

test('a declared topic that is missing is a reason in the status', async () => {
  await initializeKafka4();
  await broker.exec('TopicCommand', ['--delete', '--topic', 'notification-events']);
  const status = await getKafka4Status();
  expect(status.status).not.toBe('healthy');
  expect(status.reasons.join('\n')).toContain('notification-events');
});

test('publishing works right after initializeKafka4: every partition has a leader', async () => {
  const topic = unique('fresh');
  declareTopics({ [topic]: { partitions: 30 } });
  await initializeKafka4();
  const messages = Array.from({ length: 30 }, (_, partition) => ({ value: 'x', partition }));
  const written = await kafkaProducerService.publishBatch(topic, messages);
  expect(written.map(({ partition, baseOffset }) => [partition, baseOffset])).toHaveLength(30);
});
