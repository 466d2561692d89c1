// Contract section 2: one reader of the environment, values checked when read.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaConfig, KafkaConfigError } from '@/lib/kafka';
import { Context } from '@/lib/kafka/context';
import { thrown } from '../support/until';

const read = (env: Record<string, string>): KafkaConfig => {
  const context = new Context(env);
  return new KafkaConfig(() => context);
};

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'kafka4-config-'));
  writeFileSync(join(dir, 'ca.pem'), 'pem');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('without variables every setting has the default of the contract', () => {
  expect(read({}).toJSON()).toEqual({
    brokers: ['localhost:29092'],
    clientId: 'edu-matrix-interlinked',
    consumerGroup: 'edu-matrix-consumers',
    timeout: 30_000,
    retryAttempts: 8,
    batchSize: null,
    compressionType: 'lz4',
    securityProtocol: 'PLAINTEXT',
    saslMechanism: 'PLAIN',
    saslUsername: null,
    saslPassword: null,
    sslCaLocation: null,
    sslCertificateLocation: null,
    sslKeyLocation: null,
    sslKeyPassword: null,
    logLevel: 2,
    librdkafka: {},
  });
});

test.each([
  ['KAFKA_BROKER', 'kafka-1:9092', 'brokers', ['kafka-1:9092']],
  ['KAFKA_BROKER', 'a:1, b:2 ,a:1', 'brokers', ['a:1', 'b:2']],
  ['KAFKA_BROKER', '[::1]:9092', 'brokers', ['[::1]:9092']],
  ['KAFKA_BROKER', 'embedded-kafka.internal:9092', 'brokers', ['embedded-kafka.internal:9092']],
  ['KAFKA_BROKER', 'embedded', 'brokers', ['embedded']],
  ['KAFKA_BROKER', 'embedded:3', 'brokers', ['embedded:3']],
  ['KAFKA_BROKERS', 'a:1,b:2', 'brokers', ['a:1', 'b:2']],
  ['KAFKA_CLIENT_ID', 'shop', 'clientId', 'shop'],
  ['KAFKA_CONSUMER_GROUP', 'shop-group', 'consumerGroup', 'shop-group'],
  ['KAFKA_TIMEOUT', '5000', 'timeout', 5000],
  ['KAFKA_RETRY_ATTEMPTS', '3', 'retryAttempts', 3],
  ['KAFKA_BATCH_SIZE', '16384', 'batchSize', 16384],
  ['KAFKA_COMPRESSION_TYPE', 'none', 'compressionType', 'none'],
  ['KAFKA_COMPRESSION_TYPE', 'gzip', 'compressionType', 'gzip'],
  ['KAFKA_COMPRESSION_TYPE', 'snappy', 'compressionType', 'snappy'],
  ['KAFKA_COMPRESSION_TYPE', 'lz4', 'compressionType', 'lz4'],
  ['KAFKA_COMPRESSION_TYPE', 'zstd', 'compressionType', 'zstd'],
  ['KAFKA_SECURITY_PROTOCOL', 'SASL_SSL', 'securityProtocol', 'SASL_SSL'],
  ['KAFKA_SASL_MECHANISM', 'SCRAM-SHA-512', 'saslMechanism', 'SCRAM-SHA-512'],
  ['KAFKA_SASL_USERNAME', 'alice', 'saslUsername', 'alice'],
  ['KAFKA_SASL_PASSWORD', 'pa ss,wörd=1', 'saslPassword', 'pa ss,wörd=1'],
  ['KAFKA_SSL_KEY_PASSWORD', 'k', 'sslKeyPassword', 'k'],
  ['KAFKA_LOG_LEVEL', '4', 'logLevel', 4],
])('%s=%s is read into kafkaConfig.%s', (variable, value, property, expected) => {
  expect((read({ [variable]: value }) as unknown as Record<string, unknown>)[property]).toEqual(expected);
});

test.each([
  ['KAFKA_SSL_CA_LOCATION', 'sslCaLocation'],
  ['KAFKA_SSL_CERTIFICATE_LOCATION', 'sslCertificateLocation'],
  ['KAFKA_SSL_KEY_LOCATION', 'sslKeyLocation'],
])('%s is the path of a readable file', (variable, property) => {
  const path = join(dir, 'ca.pem');
  expect((read({ [variable]: path }) as unknown as Record<string, unknown>)[property]).toBe(path);
});

test('KAFKA_BROKER wins over KAFKA_BROKERS, and an empty variable counts as not set', () => {
  expect(read({ KAFKA_BROKERS: 'a:1', KAFKA_BROKER: 'b:2' }).brokers).toEqual(['b:2']);
  expect(read({ KAFKA_BROKERS: 'a:1', KAFKA_BROKER: '' }).brokers).toEqual(['a:1']);
  expect(read({ KAFKA_TIMEOUT: ' ' }).timeout).toBe(30_000);
});

const JUNK: [string, string][] = [
  ['KAFKA_BROKER', ','],
  ['KAFKA_BROKER', ':9092'],
  ['KAFKA_BROKER', 'host:0'],
  ['KAFKA_BROKER', 'host:99999'],
  ['KAFKA_BROKER', 'host:9x'],
  ['KAFKA_BROKER', 'host:'],
  ['KAFKA_BROKER', 'http://host:9092'],
  ['KAFKA_BROKER', 'a:1,,b:2'],
  ['KAFKA_BROKER', 'ho st:9092'],
  ['KAFKA_BROKER', '[::1:9092'],
  ['KAFKA_BROKER', 'a:1\nsecurity.protocol=ssl'],
  ['KAFKA_BROKER', 'embedded:'],
  ['KAFKA_BROKER', 'embedded:0'],
  ['KAFKA_BROKER', 'embedded:10'],
  ['KAFKA_BROKER', 'embedded:-1'],
  ['KAFKA_BROKER', 'embedded:+3'],
  ['KAFKA_BROKER', 'embedded:3x'],
  ['KAFKA_BROKER', 'embedded:three'],
  ['KAFKA_BROKER', 'embedded 3'],
  ['KAFKA_BROKER', 'embedded,localhost:9092'],
  ['KAFKA_BROKERS', 'host:99999'],
  ['KAFKA_CLIENT_ID', 'a\nb'],
  ['KAFKA_CLIENT_ID', 'a\0b'],
  ['KAFKA_CLIENT_ID', 'x'.repeat(250)],
  ['KAFKA_CONSUMER_GROUP', 'a\tb'],
  ['KAFKA_CONSUMER_GROUP', 'x'.repeat(1_000_000)],
  ['KAFKA_TIMEOUT', '0'],
  ['KAFKA_TIMEOUT', '-1'],
  ['KAFKA_TIMEOUT', '1e4'],
  ['KAFKA_TIMEOUT', '1.5'],
  ['KAFKA_TIMEOUT', 'Infinity'],
  ['KAFKA_TIMEOUT', 'NaN'],
  ['KAFKA_TIMEOUT', '30s'],
  ['KAFKA_TIMEOUT', '99999999999999999999'],
  ['KAFKA_RETRY_ATTEMPTS', '0'],
  ['KAFKA_RETRY_ATTEMPTS', 'many'],
  ['KAFKA_RETRY_ATTEMPTS', '-3'],
  ['KAFKA_BATCH_SIZE', '0'],
  ['KAFKA_BATCH_SIZE', '16k'],
  ['KAFKA_BATCH_SIZE', '2147483648'],
  ['KAFKA_COMPRESSION_TYPE', 'brotli'],
  ['KAFKA_SECURITY_PROTOCOL', 'TLS'],
  ['KAFKA_SASL_MECHANISM', 'GSSAPI'],
  ['KAFKA_SASL_USERNAME', 'a\nb'],
  ['KAFKA_SSL_CA_LOCATION', '/no/such/file.pem'],
  ['KAFKA_SSL_CERTIFICATE_LOCATION', '/no/such/file.pem'],
  ['KAFKA_SSL_KEY_LOCATION', '-----BEGIN PRIVATE KEY-----'],
  ['KAFKA_LOG_LEVEL', '5'],
  ['KAFKA_LOG_LEVEL', 'debug'],
  ['KAFKA_LOG_LEVEL', '-1'],
];

const ALLOWED: Record<string, RegExp> = {
  KAFKA_BROKER: /host:port.*embedded/,
  KAFKA_BROKERS: /host:port.*embedded/,
  KAFKA_CLIENT_ID: /249/,
  KAFKA_CONSUMER_GROUP: /249/,
  KAFKA_TIMEOUT: /100 to 3600000/,
  KAFKA_RETRY_ATTEMPTS: /1 to 1000/,
  KAFKA_BATCH_SIZE: /1 to 2147483647/,
  KAFKA_COMPRESSION_TYPE: /none, gzip, snappy, lz4 or zstd/,
  KAFKA_SECURITY_PROTOCOL: /PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL/,
  KAFKA_SASL_MECHANISM: /PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER/,
  KAFKA_SASL_USERNAME: /line breaks/,
  KAFKA_SSL_CA_LOCATION: /readable/,
  KAFKA_SSL_CERTIFICATE_LOCATION: /readable/,
  KAFKA_SSL_KEY_LOCATION: /readable/,
  KAFKA_LOG_LEVEL: /0 .*4/,
};

test.each(JUNK.map(([variable, value]) => [variable, value.slice(0, 60), value] as const))(
  'junk in %s (%j) is a KafkaConfigError that names variable, value and what is allowed',
  (variable, _shown, value) => {
    const config = read({ [variable]: value });
    const error = thrown<KafkaConfigError>(() => config.timeout);
    expect(error).toBeInstanceOf(KafkaConfigError);
    expect(error).toMatchObject({ name: 'KafkaConfigError', code: 'ERR_KAFKA_CONFIG_INVALID', retriable: false });
    expect(error.message).toContain(variable);
    expect(error.message).toMatch(ALLOWED[variable] as RegExp);
    expect(error.details).toMatchObject({ variable, allowed: expect.stringMatching(ALLOWED[variable] as RegExp) });
    expect(String(error.details.value).slice(0, 40)).toBe(value.slice(0, 40));
    // A megabyte of junk does not become a megabyte of log.
    expect(error.message.length).toBeLessThan(2_000);
  },
);

test.each(['KAFKA_SASL_PASSWORD', 'KAFKA_SSL_KEY_PASSWORD'])('junk in %s is refused without showing it', (variable) => {
  const error = thrown<KafkaConfigError>(() => read({ [variable]: 'hunter2\nx' }).timeout);
  expect(error).toBeInstanceOf(KafkaConfigError);
  expect(error.message).toContain(variable);
  expect(JSON.stringify([error.message, error.details, error.stack, String(error.cause)])).not.toContain('hunter2');
});

test('junk does not spoil the import: the first call that needs the settings throws, again and again', () => {
  const config = read({ KAFKA_LOG_LEVEL: 'junk' });
  for (let i = 0; i < 3; i++) expect(thrown(() => config.brokers)).toBeInstanceOf(KafkaConfigError);
});
