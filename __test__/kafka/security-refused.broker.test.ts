// Bad credentials and certificates: each is a typed error in time that says what to check, and shows no secret.

import { inspect } from 'node:util';
import {
  checkKafkaHealth,
  initializeKafka4,
  type KafkaConfig,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { runScript } from '../support/child';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { rejection } from '../support/until';

const TIMEOUT = 3_000;
const SLACK = 3_000;
const SECRET = 'hunter2-very-secret';

let broker: TestBroker;
const plain = JSON.parse(JSON.stringify(kafkaConfig)) as Partial<KafkaConfig>;
beforeAll(async () => {
  broker = await startTestBroker({ listeners: ['SASL_PLAINTEXT', 'SSL', 'SASL_SSL', 'MTLS'], projectTopics: true });
});
beforeEach(async () => {
  await kafkaInitializationService.cleanup();
  kafkaConfig.oauthBearerProvider = undefined;
  Object.assign(kafkaConfig, plain, { timeout: TIMEOUT, logLevel: 0 });
});
afterAll(async () => {
  await kafkaInitializationService.cleanup();
  await broker?.stop();
});

/** What initializeKafka4 rejects with, in time; health is false and a publish rejects with the same class. */
async function refusal(settings: Partial<KafkaConfig>) {
  Object.assign(kafkaConfig, settings);
  const from = Date.now();
  const error = await rejection(initializeKafka4());
  expect(Date.now() - from).toBeLessThan(TIMEOUT + SLACK);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
  expect(error.code).toMatch(/^ERR_KAFKA_/);
  expect(await checkKafkaHealth()).toBe(false);
  const published = await rejection(kafkaProducerService.publishUserEvent('e', 'u', {}));
  expect(published.name).toBe(error.name);
  return error;
}

const endpoint = (name: string) => [broker.endpoints[name] as string];

test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
  'a wrong password with %s is a KafkaAuthenticationError',
  async (saslMechanism) => {
    const error = await refusal({
      brokers: endpoint('SASL_PLAINTEXT'),
      securityProtocol: 'SASL_PLAINTEXT',
      saslMechanism,
      saslUsername: 'alice',
      saslPassword: SECRET,
    });
    expect(error).toMatchObject({ name: 'KafkaAuthenticationError', retriable: false });
    expect(error.message).toContain('KAFKA_SASL_PASSWORD');
  },
);

test('an unknown user over SASL_SSL is a KafkaAuthenticationError', async () => {
  const error = await refusal({
    brokers: endpoint('SASL_SSL'),
    securityProtocol: 'SASL_SSL',
    saslMechanism: 'SCRAM-SHA-256',
    saslUsername: 'mallory',
    saslPassword: SECRET,
    sslCaLocation: broker.tls?.ca as string,
  });
  expect(error.name).toBe('KafkaAuthenticationError');
});

test('SASL without a user name is told in time, by a KafkaConfigError or a KafkaAuthenticationError', async () => {
  const error = await refusal({ brokers: endpoint('SASL_PLAINTEXT'), securityProtocol: 'SASL_PLAINTEXT' });
  expect(error.name).toMatch(/^Kafka(Config|Authentication)Error$/);
  expect(error.message).toMatch(/KAFKA_SASL_USERNAME|sasl\.username/);
});

test('OAUTHBEARER without a provider, with one that throws and with a bad token: a KafkaAuthenticationError', async () => {
  const settings: Partial<KafkaConfig> = {
    brokers: endpoint('SASL_PLAINTEXT'),
    securityProtocol: 'SASL_PLAINTEXT',
    saslMechanism: 'OAUTHBEARER',
  };
  const without = await refusal(settings);
  expect([without.name, without.message]).toEqual([
    'KafkaAuthenticationError',
    expect.stringContaining('oauthBearerProvider'),
  ]);
  await kafkaInitializationService.cleanup();
  kafkaConfig.oauthBearerProvider = () => Promise.reject(new Error('the identity provider is away'));
  const thrown = await refusal(settings);
  expect([thrown.name, thrown.message]).toEqual([
    'KafkaAuthenticationError',
    expect.stringContaining('the identity provider is away'),
  ]);
  await kafkaInitializationService.cleanup();
  kafkaConfig.oauthBearerProvider = () => ({ value: SECRET, principal: 'alice' });
  expect((await refusal(settings)).name).toBe('KafkaAuthenticationError');
});

test('a wrong CA is a KafkaConnectionError that names KAFKA_SSL_CA_LOCATION', async () => {
  const error = await refusal({
    brokers: endpoint('SSL'),
    securityProtocol: 'SSL',
    sslCaLocation: broker.tls?.strangerCa as string,
  });
  expect(error).toMatchObject({ name: 'KafkaConnectionError', code: 'ERR_KAFKA_SSL' });
  expect(error.message).toContain('KAFKA_SSL_CA_LOCATION');
  expect(error.message).toMatch(/certificate/i);
});

test('no CA at all is a KafkaConnectionError', async () => {
  const error = await refusal({ brokers: endpoint('SSL'), securityProtocol: 'SSL' });
  expect(error).toMatchObject({ name: 'KafkaConnectionError', code: 'ERR_KAFKA_SSL' });
});

test('no client certificate where one is required is a KafkaConnectionError about TLS', async () => {
  const error = await refusal({
    brokers: endpoint('MTLS'),
    securityProtocol: 'SSL',
    sslCaLocation: broker.tls?.ca as string,
  });
  expect(error.name).toBe('KafkaConnectionError');
  expect(error.message).toContain(broker.endpoints.MTLS);
});

test("a stranger's client certificate is a KafkaConnectionError", async () => {
  const error = await refusal({
    brokers: endpoint('MTLS'),
    securityProtocol: 'SSL',
    sslCaLocation: broker.tls?.ca as string,
    sslCertificateLocation: broker.tls?.strangerCert as string,
    sslKeyLocation: broker.tls?.strangerKey as string,
  });
  expect(error.name).toBe('KafkaConnectionError');
});

test.each([
  ['plaintext to a TLS port', 'SSL', 'PLAINTEXT'],
  ['TLS to a plaintext port', 'PLAINTEXT', 'SSL'],
  ['plaintext to a SASL port', 'SASL_PLAINTEXT', 'PLAINTEXT'],
  ['SASL to a plaintext port', 'PLAINTEXT', 'SASL_PLAINTEXT'],
] as const)('%s is a typed error in time that names the address', async (_what, listener, securityProtocol) => {
  const error = await refusal({
    brokers: endpoint(listener),
    securityProtocol,
    sslCaLocation: broker.tls?.ca as string,
    saslUsername: 'alice',
    saslPassword: 'alice-secret',
  });
  expect(error.name).toMatch(/^Kafka(Connection|Authentication)Error$/);
  expect(JSON.stringify(error)).toContain(broker.endpoints[listener]);
});

test.each(['a wrong key password', 'a key that is no key'])(
  '%s is a KafkaConfigError that shows no secret',
  async (what) => {
    const error = await refusal({
      brokers: endpoint('MTLS'),
      securityProtocol: 'SSL',
      sslCaLocation: broker.tls?.ca as string,
      sslCertificateLocation: broker.tls?.cert as string,
      sslKeyLocation: (what === 'a wrong key password' ? broker.tls?.encryptedKey : broker.logFile) as string,
      sslKeyPassword: SECRET,
    });
    expect(error.name).toBe('KafkaConfigError');
    expect(error.message).toMatch(/key/i);
  },
);

test('after a wrong password the right one works without a new process', async () => {
  const settings: Partial<KafkaConfig> = {
    brokers: endpoint('SASL_PLAINTEXT'),
    securityProtocol: 'SASL_PLAINTEXT',
    saslUsername: 'alice',
    saslPassword: SECRET,
  };
  await refusal(settings);
  await kafkaInitializationService.cleanup();
  kafkaConfig.saslPassword = 'alice-secret';
  await initializeKafka4();
  await kafkaProducerService.publishUserEvent('e', 'u', {});
});

test('the log at level debug of a refused and of a good connection shows no secret and no token', async () => {
  const script = (provider: string) => `
    import { kafkaConfig, initializeKafka4, kafkaInitializationService } from 'kafka4';
    kafkaConfig.librdkafka = { debug: 'all', log_level: 7 };
    ${provider}
    await initializeKafka4().catch((error) => console.error(error));
    await kafkaInitializationService.cleanup();`;
  const env = {
    KAFKA_BROKER: broker.endpoints.SASL_PLAINTEXT,
    KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
    KAFKA_TIMEOUT: '4000',
    KAFKA_LOG_LEVEL: '4',
  };
  const provider = `kafkaConfig.oauthBearerProvider = () => ({ value: '${SECRET}', principal: 'alice' });`;
  const user = { KAFKA_SASL_USERNAME: 'alice' };
  const runs = await Promise.all([
    runScript(script(''), { env: { ...env, ...user, KAFKA_SASL_PASSWORD: SECRET } }),
    runScript(script(''), {
      env: { ...env, ...user, KAFKA_SASL_PASSWORD: SECRET, KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256' },
    }),
    runScript(script(''), { env: { ...env, ...user, KAFKA_SASL_PASSWORD: 'alice-secret' } }),
    runScript(script(provider), { env: { ...env, KAFKA_SASL_MECHANISM: 'OAUTHBEARER' } }),
  ]);
  for (const { code, stdout, stderr } of runs) {
    expect(code).toBe(0);
    expect(stderr).toContain('[kafka4] DEBUG');
    expect(stdout + stderr).not.toMatch(/hunter2|alice-secret/);
    // The form in which SASL PLAIN and OAUTHBEARER put them on the wire, in base64 and hex.
    expect(stderr).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 12));
  }
});
