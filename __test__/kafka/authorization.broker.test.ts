// Issues of permission: a broker with ACLs answers with KafkaAuthorizationError, and what is allowed works.

import {
  checkKafkaHealth,
  initializeKafka4,
  KafkaAuthorizationError,
  kafkaAdminService,
  kafkaConfig,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { rejection, unique, until } from '../support/until';

let broker: TestBroker;
const allowed = unique('allowed');
const denied = unique('denied');
const readOnly = unique('read-only');
const group = unique('group');
const SLACK = 3_000;

beforeAll(async () => {
  broker = await startTestBroker({
    listeners: ['SASL_PLAINTEXT'],
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
    topics: [allowed, denied, readOnly].map((name) => ({ name, partitions: 1 })),
  });
  const allow = (...args: string[]) => broker.exec('AclCommand', ['--add', '--allow-principal', 'User:alice', ...args]);
  await allow('--operation', 'Read', '--operation', 'Write', '--operation', 'Describe', '--topic', allowed);
  await allow('--operation', 'Read', '--operation', 'Describe', '--topic', readOnly);
  await allow('--operation', 'Read', '--group', group);
  kafkaConfig.brokers = [broker.endpoints.SASL_PLAINTEXT as string];
  kafkaConfig.securityProtocol = 'SASL_PLAINTEXT';
  kafkaConfig.saslUsername = 'alice';
  kafkaConfig.saslPassword = 'alice-secret';
  kafkaConfig.timeout = 8_000;
  kafkaConfig.logLevel = 0;
});
afterEach(() => kafkaInitializationService.cleanup());
afterAll(() => broker?.stop());

async function authorizationError(call: Promise<unknown>): Promise<KafkaAuthorizationError> {
  const from = Date.now();
  const error = await rejection(call);
  expect(Date.now() - from).toBeLessThan(kafkaConfig.timeout + SLACK);
  expect([error.name, error.code, error.retriable]).toEqual([
    'KafkaAuthorizationError',
    expect.stringMatching(/^ERR_KAFKA_\w+_AUTHORIZATION_FAILED$/),
    false,
  ]);
  return error;
}

test('initializeKafka4 without the right to create topics is a KafkaAuthorizationError', async () => {
  const error = await authorizationError(initializeKafka4());
  expect(error.message).toMatch(/user-events|topic/);
  expect(kafkaInitializationService.isKafkaInitialized()).toBe(false);
});

test('creating a topic is a KafkaAuthorizationError that names it', async () => {
  const name = unique('new');
  const error = await authorizationError(kafkaAdminService.createTopics([{ name, partitions: 1, retentionMs: -1 }]));
  expect(error.message).toContain(name);
});

test('what is allowed works: publishing and consuming', async () => {
  const seen: string[] = [];
  kafkaConsumerService.registerHandler(allowed, async ({ message }) => {
    seen.push(String(message.value));
  });
  await kafkaProducerService.publishBatch(allowed, [{ value: 'fine' }]);
  await kafkaConsumerService.startConsumer(allowed, group);
  await until('it is consumed', () => seen.length > 0);
  expect(seen).toEqual(['fine']);
  expect(await checkKafkaHealth()).toBe(true);
});

test.each([
  ['that may not be seen', () => denied],
  ['that may only be read', () => readOnly],
])('publishing to a topic %s is a KafkaPublishError caused by a KafkaAuthorizationError', async (_what, topic) => {
  const from = Date.now();
  const error = await rejection(kafkaProducerService.publishBatch(topic(), [{ value: 'x' }, { value: 'y' }]));
  expect(Date.now() - from).toBeLessThan(kafkaConfig.timeout + SLACK);
  expect(error).toMatchObject({ name: 'KafkaPublishError', code: 'ERR_KAFKA_TOPIC_AUTHORIZATION_FAILED' });
  expect(error.cause).toBeInstanceOf(KafkaAuthorizationError);
  expect(error.failures).toHaveLength(2);
  expect(error.retriable).toBe(false);
});

test('a transaction without the right to its id is a typed error', async () => {
  const error = await rejection(
    kafkaProducerService.publishTransaction([{ topic: allowed, messages: [{ value: 'x' }] }]),
  );
  expect(error.name).toMatch(/^Kafka(Transaction|Authorization)Error$/);
  expect(JSON.stringify([error.code, error.message])).toMatch(/authoriz/i);
});

test('consuming a topic that may not be read is a KafkaAuthorizationError', async () => {
  kafkaConsumerService.registerHandler(denied, () => Promise.resolve());
  const error = await authorizationError(kafkaConsumerService.startConsumer(denied, group));
  expect(error.message).toContain(denied);
  expect(kafkaConsumerService.isConsumerActive(denied)).toBe(false);
});

test('consuming in a group that may not be joined is a KafkaAuthorizationError', async () => {
  const foreign = unique('foreign-group');
  kafkaConsumerService.registerHandler(allowed, () => Promise.resolve());
  const error = await authorizationError(kafkaConsumerService.startConsumer(allowed, foreign));
  expect(error.message).toContain(foreign);
});
