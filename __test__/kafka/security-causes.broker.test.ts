// Every way in which security settings can be wrong is told by a typed error that names the cause, within 5 s of the first
// call with the default settings.

import {
  initializeKafka4,
  type KafkaConfig,
  KafkaProducerService,
  kafkaAdminService,
  kafkaConfig,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { unusedPort } from '../support/listeners';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { rejection, unique } from '../support/until';

const BOUND = 5_000;

let broker: TestBroker;
const plain = JSON.parse(JSON.stringify(kafkaConfig)) as Partial<KafkaConfig>;
const group = unique('allowed-group');
beforeAll(async () => {
  broker = await startTestBroker({
    listeners: ['SASL_PLAINTEXT', 'SSL', 'SASL_SSL', 'MTLS'],
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:test-client',
    },
    topics: ['allowed', 'denied', 'read-only', 'write-only'].map((name) => ({ name, partitions: 1 })),
  });
  const allow = (...args: string[]) => broker.exec('AclCommand', ['--add', '--allow-principal', 'User:alice', ...args]);
  await allow('--operation', 'Read', '--operation', 'Write', '--operation', 'Describe', '--topic', 'allowed');
  await allow('--operation', 'Read', '--operation', 'Describe', '--topic', 'read-only');
  await allow('--operation', 'Write', '--operation', 'Describe', '--topic', 'write-only');
  await allow('--operation', 'Read', '--group', group);
});
beforeEach(async () => {
  await kafkaInitializationService.cleanup();
  await kafkaAdminService.disconnect();
  kafkaConfig.oauthBearerProvider = undefined;
  Object.assign(kafkaConfig, plain, { logLevel: 0 });
});
afterAll(async () => {
  await kafkaInitializationService.cleanup();
  await broker?.stop();
});

const endpoint = (name: string) => broker.endpoints[name] as string;
const tls = () => broker.tls as NonNullable<TestBroker['tls']>;

async function inTime(call: () => Promise<unknown>): Promise<any> {
  const from = Date.now();
  const error = await rejection(call());
  expect(Date.now() - from).toBeLessThan(BOUND);
  return error;
}

/** What the first call of each service is told. */
async function causes(settings: Partial<KafkaConfig>): Promise<any[]> {
  Object.assign(kafkaConfig, settings);
  kafkaConsumerService.registerHandler('allowed', () => Promise.resolve());
  const calls = [
    () => kafkaProducerService.connect(),
    () => kafkaProducerService.publishBatch('allowed', [{ value: 'x' }]),
    () => kafkaProducerService.publishTransaction([{ topic: 'allowed', messages: [{ value: 'x' }] }]),
    () => initializeKafka4(),
    () => kafkaAdminService.connect(),
    () => kafkaConsumerService.startConsumer('allowed', group),
  ];
  const errors = [];
  for (const call of calls) errors.push(await inTime(call));
  return errors;
}

/** All of them are of this class and code, and their messages say this. */
async function expectCause(settings: Partial<KafkaConfig>, name: string, code: string, message: RegExp): Promise<void> {
  for (const error of await causes(settings)) {
    expect({ name: error.name, code: error.code, message: error.message }).toEqual({
      name,
      code,
      message: expect.stringMatching(message),
    });
    expect(error.retriable).toBe(code === 'ERR_KAFKA_CONNECTION_FAILED');
  }
}

const mallory = { saslUsername: 'alice', saslPassword: 'wrong-password' };

test.each([
  ['PLAIN', 'SASL_PLAINTEXT'],
  ['SCRAM-SHA-256', 'SASL_PLAINTEXT'],
  ['SCRAM-SHA-512', 'SASL_SSL'],
] as const)('a wrong password: %s over %s', (saslMechanism, securityProtocol) =>
  expectCause(
    { brokers: [endpoint(securityProtocol)], securityProtocol, saslMechanism, sslCaLocation: tls().ca, ...mallory },
    'KafkaAuthenticationError',
    'ERR_KAFKA_AUTHENTICATION',
    /refused the credentials.*KAFKA_SASL_PASSWORD/s,
  ),
);

test('a wrong CA', () =>
  expectCause(
    { brokers: [endpoint('SSL')], securityProtocol: 'SSL', sslCaLocation: tls().strangerCa },
    'KafkaConnectionError',
    'ERR_KAFKA_SSL',
    /certificate.*KAFKA_SSL_CA_LOCATION/s,
  ));

test('no client certificate where one is required', () =>
  expectCause(
    { brokers: [endpoint('MTLS')], securityProtocol: 'SSL', sslCaLocation: tls().ca },
    'KafkaConnectionError',
    'ERR_KAFKA_SSL',
    /KAFKA_SSL_CERTIFICATE_LOCATION/,
  ));

test("a stranger's client certificate", () =>
  expectCause(
    {
      brokers: [endpoint('MTLS')],
      securityProtocol: 'SSL',
      sslCaLocation: tls().ca,
      sslCertificateLocation: tls().strangerCert,
      sslKeyLocation: tls().strangerKey,
    },
    'KafkaConnectionError',
    'ERR_KAFKA_SSL',
    /KAFKA_SSL_CERTIFICATE_LOCATION/,
  ));

const alice = { saslUsername: 'alice', saslPassword: 'alice-secret' };

test.each([
  ['TLS to a plaintext port', 'PLAINTEXT', 'SSL', /does not speak TLS.*is SSL: set it to PLAINTEXT/],
  ['SASL_SSL to a SASL_PLAINTEXT port', 'SASL_PLAINTEXT', 'SASL_SSL', /SASL without TLS.*set it to SASL_PLAINTEXT/],
  ['plaintext to a TLS port', 'SSL', 'PLAINTEXT', /speaks TLS.*is PLAINTEXT: set it to SSL or SASL_SSL/],
  ['SASL_PLAINTEXT to a SASL_SSL port', 'SASL_SSL', 'SASL_PLAINTEXT', /speaks TLS.*is SASL_PLAINTEXT: set it to SSL/],
  ['plaintext to a SASL port', 'SASL_PLAINTEXT', 'PLAINTEXT', /asks for SASL.*SCRAM-SHA-256.*set it to SASL_PLAINTEXT/],
  ['SASL to a plaintext port', 'PLAINTEXT', 'SASL_PLAINTEXT', /takes no SASL.*set it to PLAINTEXT/],
] as const)('%s', (_, listener, securityProtocol, message) =>
  expectCause(
    { brokers: [endpoint(listener)], securityProtocol, sslCaLocation: tls().ca, ...alice },
    'KafkaConnectionError',
    'ERR_KAFKA_SECURITY_PROTOCOL',
    message,
  ),
);

test('nothing listening', async () => {
  const address = `127.0.0.1:${await unusedPort()}`;
  await expectCause(
    { brokers: [address] },
    'KafkaConnectionError',
    'ERR_KAFKA_CONNECTION_FAILED',
    new RegExp(`${address} \\(.*Connection refused`),
  );
});

describe('ACLs', () => {
  beforeEach(() => {
    Object.assign(kafkaConfig, { brokers: [endpoint('SASL_PLAINTEXT')], securityProtocol: 'SASL_PLAINTEXT', ...alice });
  });

  test.each(['denied', 'read-only'])(
    'publishing to %s: each message is told TOPIC_AUTHORIZATION_FAILED',
    async (topic) => {
      const error = await inTime(() => kafkaProducerService.publishBatch(topic, [{ value: 'x' }, { value: 'y' }]));
      expect(error).toMatchObject({ name: 'KafkaPublishError', code: 'ERR_KAFKA_TOPIC_AUTHORIZATION_FAILED' });
      expect(error.message).toContain(topic);
      expect(error.results.map(({ error: each }: any) => each.name)).toEqual(Array(2).fill('KafkaAuthorizationError'));
    },
  );

  test.each([
    ['a topic that may not be seen', 'denied', group, 'TOPIC', 'denied'],
    ['a topic that may only be written', 'write-only', group, 'TOPIC', 'write-only'],
    ['a group that may not be joined', 'allowed', 'foreign-group', 'GROUP', 'foreign-group'],
  ])('consuming %s', async (_, topic, groupId, what, named) => {
    kafkaConsumerService.registerHandler(topic, () => Promise.resolve());
    const error = await inTime(() => kafkaConsumerService.startConsumer(topic, groupId));
    expect(error).toMatchObject({
      name: 'KafkaAuthorizationError',
      code: `ERR_KAFKA_${what}_AUTHORIZATION_FAILED`,
      message: expect.stringContaining(named),
    });
    expect(kafkaConsumerService.getActiveConsumers()).toEqual([]);
  });

  test('a transactional id', async () => {
    const own = new KafkaProducerService();
    own.setTransactionalId('foreign-id');
    const error = await inTime(() => own.publishTransaction([{ topic: 'allowed', messages: [{ value: 'x' }] }]));
    expect(error).toMatchObject({ name: 'KafkaTransactionError', retriable: false, details: { outcome: 'aborted' } });
    expect(error.cause).toMatchObject({
      name: 'KafkaAuthorizationError',
      code: 'ERR_KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    });
    await own.disconnect();
  });

  test('creating a topic', async () => {
    const error = await inTime(() => kafkaAdminService.createTopics([{ name: 'new', partitions: 1, retentionMs: -1 }]));
    expect(error).toMatchObject({ name: 'KafkaAuthorizationError', message: expect.stringContaining('new') });
  });
});
