// ssl and sasl in KafkaJS's words: each way to connect sends, each way to be refused is told alike.

import { readFileSync } from 'node:fs';
import type { KafkaConfig } from 'kafkajs';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { both, rejectionOf } from './support/both';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({
    listeners: ['SASL_PLAINTEXT', 'SSL', 'SASL_SSL', 'MTLS'],
    users: { alice: 'alice-secret' },
    topics: [{ name: 'secured', partitions: 1 }],
  });
});
afterAll(() => broker?.stop());

const pem = (name: 'ca' | 'cert' | 'key' | 'encryptedKey' | 'strangerCa'): string =>
  readFileSync((broker.tls as unknown as Record<string, string>)[name] as string, 'utf8');

type Make = () => Partial<KafkaConfig>;
const at = (listener: string, config: Partial<KafkaConfig> = {}): Partial<KafkaConfig> => ({
  brokers: [broker.endpoints[listener] as string],
  ...config,
});
const alice = (mechanism: string, password = 'alice-secret'): KafkaConfig['sasl'] =>
  ({ mechanism, username: 'alice', password }) as KafkaConfig['sasl'];

/** A JSON Web Token without a signature, which the test broker takes. */
function token(subject: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1_000);
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: now, exp: now + 600 })}.`;
}
const oauth = (value: () => string): KafkaConfig['sasl'] => ({
  mechanism: 'oauthbearer',
  oauthBearerProvider: async () => ({ value: value() }),
});

both('ways to connect', (lib) => {
  const GOOD: [string, Make][] = [
    ['sasl plain', () => at('SASL_PLAINTEXT', { sasl: alice('plain') })],
    ['sasl PLAIN', () => at('SASL_PLAINTEXT', { sasl: alice('PLAIN') })],
    ['sasl scram-sha-256', () => at('SASL_PLAINTEXT', { sasl: alice('scram-sha-256') })],
    ['sasl scram-sha-512', () => at('SASL_PLAINTEXT', { sasl: alice('scram-sha-512') })],
    ['sasl oauthbearer', () => at('SASL_PLAINTEXT', { sasl: oauth(() => token('alice')) })],
    ['sasl oauthbearer over ssl', () => at('SASL_SSL', { ssl: { ca: pem('ca') }, sasl: oauth(() => token('alice')) })],
    ['ssl with the CA as string', () => at('SSL', { ssl: { ca: pem('ca') } })],
    ['ssl with the CA as Buffer', () => at('SSL', { ssl: { ca: Buffer.from(pem('ca')) } })],
    ['ssl with a list of CAs', () => at('SSL', { ssl: { ca: [pem('strangerCa'), pem('ca')] } })],
    ['ssl that trusts anybody', () => at('SSL', { ssl: { rejectUnauthorized: false } })],
    ['ssl with servername', () => at('SSL', { ssl: { ca: pem('ca'), servername: 'localhost' } })],
    ['sasl over ssl', () => at('SASL_SSL', { ssl: { ca: pem('ca') }, sasl: alice('scram-sha-512') })],
    ['mutual TLS', () => at('MTLS', { ssl: { ca: pem('ca'), cert: pem('cert'), key: pem('key') } })],
    [
      'mutual TLS with an encrypted key',
      () =>
        at('MTLS', {
          ssl: {
            ca: pem('ca'),
            cert: Buffer.from(pem('cert')),
            key: Buffer.from(pem('encryptedKey')),
            passphrase: broker.tls?.keyPassword,
          },
        }),
    ],
  ];

  test.each(GOOD)('%s', async (_, make) => {
    const producer = await lib.open(lib.kafka(make()).producer());
    expect(await producer.send({ topic: 'secured', messages: [{ value: 'x' }] })).toHaveLength(1);
  });
});

both('ways to be refused', (lib) => {
  const FEW = { retries: 1, initialRetryTime: 100 };
  const refusal = (make: Make): Promise<any> =>
    rejectionOf(lib.later(lib.kafka({ retry: FEW, ...make() }).producer()).connect());

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('a wrong password with %s', async (mechanism) => {
    const error = await refusal(() => at('SASL_PLAINTEXT', { sasl: alice(mechanism, 'wrong') }));
    expect(error.retriable).toBe(false);
    const names = [error.name, error.cause?.name];
    expect(names).toContain('KafkaJSSASLAuthenticationError');
    expect(error.message).not.toContain('KAFKA_');
    expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain('wrong"');
  });

  test.each([
    ['plain', 'SASL Plain: Invalid username or password'],
    ['scram-sha-256', 'SASL SCRAM SHA256 authentication: Invalid username or password'],
    ['scram-sha-512', 'SASL SCRAM SHA512 authentication: Invalid username or password'],
  ])('no password with %s', async (mechanism, message) => {
    const error = await refusal(() => at('SASL_PLAINTEXT', { sasl: { mechanism, username: 'alice' } as never }));
    expect(error.message).toBe(message);
    expect(error).toBeInstanceOf(lib.exports.KafkaJSSASLAuthenticationError);
  });

  test('a token that the broker does not take', async () => {
    const connecting = lib.later(
      lib.kafka({ retry: FEW, ...at('SASL_PLAINTEXT', { sasl: oauth(() => 'no-token-at-all') }) }).producer(),
    );
    await lib.differs("kafkajs takes the broker's refusal for an answer, and learns of it at its first request", {
      kafkajs: () => connecting.connect(),
      kafka4: async () => {
        const error = await rejectionOf(connecting.connect());
        expect([error.name, error.cause?.name]).toContain('KafkaJSSASLAuthenticationError');
        expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain('no-token-at-all');
      },
    });
  });

  test('a certificate of a stranger', async () => {
    const error = await refusal(() => at('SSL', { ssl: { ca: pem('strangerCa') } }));
    expect(error.cause).toBeInstanceOf(lib.exports.KafkaJSConnectionError);
  });

  test('a servername that the certificate does not have', async () => {
    const error = await refusal(() => at('SSL', { ssl: { ca: pem('ca'), servername: 'other.example' } }));
    expect([error.name, error.cause?.name]).toContain('KafkaJSConnectionError');
  });

  test('no certificate where one is wanted', async () => {
    const error = await refusal(() => at('MTLS', { ssl: { ca: pem('ca') } }));
    expect(error).toBeInstanceOf(lib.exports.KafkaJSError);
  });
});

describe('kafka4: oauthbearer', () => {
  test('a provider is asked for the token, whose subject is its owner', async () => {
    const { saslSettings } = jest.requireActual(
      '@/lib/kafkajs/config/sasl',
    ) as typeof import('@/lib/kafkajs/config/sasl');
    const claims = Buffer.from(JSON.stringify({ sub: 'alice', exp: 2_000_000_000 })).toString('base64url');
    const value = `e30.${claims}.sig`;
    const settings = saslSettings({ mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value }) });
    expect(settings.variables).toEqual({ KAFKA_SASL_MECHANISM: 'OAUTHBEARER' });
    expect(await settings.oauthBearerProvider?.()).toEqual({ value, principal: 'alice', expiresAt: 2_000_000_000_000 });
  });

  test.each([[undefined], [{}], [{ value: '' }], [{ value: 5 }]])('a provider that gives %j', async (given) => {
    const { saslSettings } = jest.requireActual(
      '@/lib/kafkajs/config/sasl',
    ) as typeof import('@/lib/kafkajs/config/sasl');
    const settings = saslSettings({ mechanism: 'oauthbearer', oauthBearerProvider: async () => given as never });
    expect((await rejectionOf(settings.oauthBearerProvider?.() as Promise<unknown>)).message).toBe(
      'SASL OAUTHBEARER: Invalid OAuth bearer token',
    );
  });
});
