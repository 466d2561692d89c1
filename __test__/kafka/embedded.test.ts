// Contract section 2: KAFKA_BROKER=embedded and embedded:3, an in-process broker shared by all clients of the process.

import {
  getKafka4Status,
  initializeKafka4,
  KafkaConfig,
  KafkaConfigError,
  KafkaConsumerService,
  KafkaInitializationService,
  KafkaNotSupportedError,
  KafkaProducerService,
  kafkaAdminService,
  kafkaConfig,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { Context } from '@/lib/kafka/context';
import { lastLine, runScript } from '../support/child';
import { rejection, unique, until } from '../support/until';

beforeEach(async () => {
  await kafkaInitializationService.cleanup();
  kafkaConfig.brokers = ['embedded'];
});
afterEach(async () => {
  await kafkaInitializationService.cleanup();
  kafkaConfig.securityProtocol = 'PLAINTEXT';
  kafkaConfig.librdkafka = {};
});

test('embedded is a cluster of one broker, embedded:3 of three with topics on all of them', async () => {
  await initializeKafka4();
  expect((await getKafka4Status()).cluster?.brokers.length).toBe(1);
  await kafkaInitializationService.cleanup();
  kafkaConfig.brokers = ['embedded:3'];
  await initializeKafka4();
  const status = await getKafka4Status();
  expect(status.cluster?.brokers.map((broker) => broker.id)).toEqual([1, 2, 3]);
  expect(status).toMatchObject({ status: 'healthy', reasons: [] });
  const [chat] = await kafkaAdminService.describeTopics(['chat-events']);
  for (const partition of chat?.partitions ?? []) expect(partition.replicas.length).toBe(3);
  await kafkaProducerService.publishUserEvent('e', 'u', {});
});

test('clients with connections of their own share the embedded broker of the process', async () => {
  const topic = unique('shared');
  await kafkaAdminService.createTopics([{ name: topic, partitions: 1, retentionMs: 60_000 }]);
  const context = new Context({ KAFKA_BROKER: 'embedded', KAFKA_CLIENT_ID: 'another' });
  const producer = new KafkaProducerService(() => context);
  const consumer = new KafkaConsumerService(() => context);
  const other = new KafkaInitializationService(producer, consumer, () => context);
  expect(new KafkaConfig(() => context).clientId).toBe('another');
  const seen: string[] = [];
  kafkaConsumerService.registerHandler(topic, async ({ message }) => {
    seen.push(String(message.value));
  });
  await kafkaConsumerService.startConsumer(topic, unique('group'));
  await producer.publishBatch(topic, [{ value: 'from the other client' }]);
  await until('the message of the other client', () => seen.length > 0);
  expect(seen).toEqual(['from the other client']);
  await other.cleanup();
});

test('topics and messages stay in the embedded broker when its clients have disconnected', async () => {
  const topic = unique('kept');
  await kafkaAdminService.createTopics([{ name: topic, partitions: 1, retentionMs: 60_000 }]);
  await kafkaProducerService.publishBatch(topic, [{ value: 'x' }]);
  await kafkaInitializationService.cleanup();
  const [metadata] = await kafkaProducerService.publishBatch(topic, [{ value: 'y' }]);
  expect(metadata?.offset).toBe('1');
});

test.each(['SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const)(
  '%s on embedded is refused with a KafkaConfigError',
  async (protocol) => {
    kafkaConfig.securityProtocol = protocol;
    const error = await rejection(initializeKafka4());
    expect(error).toBeInstanceOf(KafkaConfigError);
    expect(error.message).toContain('KAFKA_SECURITY_PROTOCOL');
    expect(error.message).toContain('embedded');
    expect(await rejection(kafkaProducerService.publishUserEvent('e', 'u', {}))).toBeInstanceOf(KafkaConfigError);
  },
);

test('security.protocol in kafkaConfig.librdkafka is refused on embedded too', async () => {
  kafkaConfig.librdkafka = { 'security.protocol': 'ssl' };
  const error = await rejection(initializeKafka4());
  expect(error).toBeInstanceOf(KafkaConfigError);
  expect(error.message).toContain('security.protocol');
});

test('what the embedded broker cannot do throws, naming the alternative', async () => {
  const error = await rejection(kafkaAdminService.deleteTopics(['user-events']));
  expect(error).toBeInstanceOf(KafkaNotSupportedError);
  expect(error.code).toBe('ERR_KAFKA_EMBEDDED_UNSUPPORTED');
  expect(error.message).toContain(';');
});

test('getKafka4Status tells the limits of the embedded broker in sentences', async () => {
  await initializeKafka4();
  const { limits } = await getKafka4Status();
  expect(limits.length).toBeGreaterThan(0);
  for (const limit of limits) expect(limit).toMatch(/^[A-Z].*\.$/);
});

test('an unknown topic is an error, not created by use', async () => {
  const error = await rejection(kafkaProducerService.publishBatch(unique('unknown'), [{ value: 'x' }]));
  expect(error.code).toMatch(/UNKNOWN_TOPIC/);
});

test('two processes with embedded have brokers of their own, and both end by themselves', async () => {
  const script = `
    import { initializeKafka4, kafkaProducerService, kafkaInitializationService, getKafka4Status } from 'kafka4';
    await initializeKafka4();
    const [{ offset }] = await kafkaProducerService.publishUserEvent('e', 'u', {});
    const { cluster } = await getKafka4Status();
    console.log(JSON.stringify({ offset, port: cluster.brokers[0].port }));
    await kafkaInitializationService.cleanup();`;
  const results = await Promise.all([1, 2].map(() => runScript(script, { env: { KAFKA_BROKER: 'embedded' } })));
  expect(results.map(({ code, hung }) => ({ code, hung }))).toEqual(Array(2).fill({ code: 0, hung: false }));
  const [one, two] = results.map((result) => lastLine<{ offset: string; port: number }>(result));
  expect([one?.offset, two?.offset]).toEqual(['0', '0']);
  expect(one?.port).not.toBe(two?.port);
});
