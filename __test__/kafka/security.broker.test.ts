// Contract section 2: SASL and TLS really work: each way to connect publishes and consumes on a real Kafka.

import {
  checkKafkaHealth,
  getKafka4Status,
  initializeKafka4,
  type KafkaConfig,
  kafkaConfig,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { lastLine, runScript } from '../support/child';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { unique, until } from '../support/until';

let broker: TestBroker;
const plain = JSON.parse(JSON.stringify(kafkaConfig)) as Partial<KafkaConfig>;
beforeAll(async () => {
  broker = await startTestBroker({
    listeners: ['SASL_PLAINTEXT', 'SSL', 'SASL_SSL', 'MTLS'],
    users: { alice: 'alice-secret' },
    projectTopics: true,
  });
});
beforeEach(async () => {
  await kafkaInitializationService.cleanup();
  kafkaConfig.oauthBearerProvider = undefined;
  Object.assign(kafkaConfig, plain);
});
afterAll(async () => {
  await kafkaInitializationService.cleanup();
  await broker?.stop();
});

/** Publishes an event, a batch and a transaction, and consumes them. */
async function publishesAndConsumes(settings: Partial<KafkaConfig>): Promise<void> {
  Object.assign(kafkaConfig, settings);
  await initializeKafka4();
  const user = unique('user');
  const seen: string[] = [];
  kafkaConsumerService.registerUserEventHandler(async ({ message }) => {
    if (String(message.key) === user) seen.push(JSON.parse(String(message.value)).eventType);
  });
  await kafkaConsumerService.startConsumer('user-events', unique('group'));
  await kafkaProducerService.publishUserEvent('one', user, {});
  const value = JSON.stringify({ eventType: 'two' });
  await kafkaProducerService.publishTransaction([{ topic: 'user-events', messages: [{ key: user, value }] }]);
  await until('both events', () => seen.length === 2);
  expect(seen).toEqual(['one', 'two']);
  expect(await checkKafkaHealth()).toBe(true);
  expect(await getKafka4Status()).toMatchObject({ status: 'healthy', cluster: { kraft: true } });
}

const alice = { saslUsername: 'alice', saslPassword: 'alice-secret' };
const endpoint = (name: string) => [broker.endpoints[name] as string];

test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('SASL_PLAINTEXT with %s', (saslMechanism) =>
  publishesAndConsumes({
    brokers: endpoint('SASL_PLAINTEXT'),
    securityProtocol: 'SASL_PLAINTEXT',
    saslMechanism,
    ...alice,
  }),
);

test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('SASL_SSL with %s', (saslMechanism) =>
  publishesAndConsumes({
    brokers: endpoint('SASL_SSL'),
    securityProtocol: 'SASL_SSL',
    saslMechanism,
    sslCaLocation: broker.tls?.ca as string,
    ...alice,
  }),
);

test('SSL with a CA', () =>
  publishesAndConsumes({
    brokers: endpoint('SSL'),
    securityProtocol: 'SSL',
    sslCaLocation: broker.tls?.ca as string,
  }));

test('mutual TLS with a client certificate', () =>
  publishesAndConsumes({
    brokers: endpoint('MTLS'),
    securityProtocol: 'SSL',
    sslCaLocation: broker.tls?.ca as string,
    sslCertificateLocation: broker.tls?.cert as string,
    sslKeyLocation: broker.tls?.key as string,
  }));

test('mutual TLS with an encrypted key and KAFKA_SSL_KEY_PASSWORD', () =>
  publishesAndConsumes({
    brokers: endpoint('MTLS'),
    securityProtocol: 'SSL',
    sslCaLocation: broker.tls?.ca as string,
    sslCertificateLocation: broker.tls?.cert as string,
    sslKeyLocation: broker.tls?.encryptedKey as string,
    sslKeyPassword: broker.tls?.keyPassword as string,
  }));

/** An unsigned token, as Kafka's own validator for tests takes it. */
function token(expiresAt: number, subject = 'alice'): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1000);
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: seconds, exp: Math.floor(expiresAt / 1000) })}.`;
}

test.each([
  ['SASL_PLAINTEXT', 'a promise'],
  ['SASL_SSL', 'a value'],
] as const)('OAUTHBEARER over %s with kafkaConfig.oauthBearerProvider, which gives %s', async (protocol, kind) => {
  let calls = 0;
  kafkaConfig.oauthBearerProvider = () => {
    calls += 1;
    const expiresAt = Date.now() + 3_600_000;
    const given = { value: token(expiresAt), principal: 'alice', expiresAt };
    return kind === 'a value' ? given : Promise.resolve(given);
  };
  await publishesAndConsumes({
    brokers: endpoint(protocol),
    securityProtocol: protocol,
    saslMechanism: 'OAUTHBEARER',
    ...(protocol === 'SASL_SSL' && { sslCaLocation: broker.tls?.ca as string }),
  });
  expect(calls).toBeGreaterThan(0);
});

test('a token that expires is asked for again, and work goes on', async () => {
  let calls = 0;
  kafkaConfig.oauthBearerProvider = () => {
    calls += 1;
    const expiresAt = Date.now() + 6_000;
    return { value: token(expiresAt), principal: 'alice', expiresAt };
  };
  Object.assign(kafkaConfig, {
    brokers: endpoint('SASL_PLAINTEXT'),
    securityProtocol: 'SASL_PLAINTEXT',
    saslMechanism: 'OAUTHBEARER',
  });
  await kafkaProducerService.publishUserEvent('e', 'u', {});
  const first = calls;
  await until('the token is asked for again', () => calls > first, 20_000);
  await kafkaProducerService.publishUserEvent('e', 'u', {});
});

test('the variables of the environment do the same: SASL_SSL in a process of its own, which ends by itself', async () => {
  const result = await runScript(
    `import { initializeKafka4, kafkaProducerService, kafkaInitializationService } from 'kafka4';
     await initializeKafka4();
     const [{ topicName }] = await kafkaProducerService.publishUserEvent('e', 'u', {});
     await kafkaInitializationService.cleanup();
     console.log(JSON.stringify({ topicName }));`,
    {
      env: {
        KAFKA_BROKER: broker.endpoints.SASL_SSL,
        KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
        KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
        KAFKA_SASL_USERNAME: 'alice',
        KAFKA_SASL_PASSWORD: 'alice-secret',
        KAFKA_SSL_CA_LOCATION: broker.tls?.ca,
      },
    },
  );
  expect(result).toMatchObject({ code: 0, hung: false });
  expect(lastLine(result)).toEqual({ topicName: 'user-events' });
});
