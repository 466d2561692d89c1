// Values of variables and properties: what nobody should set, and what may be set in odd ways.

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anything } from './junk.mjs';
import { text } from './text.mjs';

export const VARIABLES = /** @type {const} */ ([
  ['brokers', 'KAFKA_BROKER'],
  ['brokers', 'KAFKA_BROKERS'],
  ['clientId', 'KAFKA_CLIENT_ID'],
  ['consumerGroup', 'KAFKA_CONSUMER_GROUP'],
  ['timeout', 'KAFKA_TIMEOUT'],
  ['retryAttempts', 'KAFKA_RETRY_ATTEMPTS'],
  ['batchSize', 'KAFKA_BATCH_SIZE'],
  ['compressionType', 'KAFKA_COMPRESSION_TYPE'],
  ['securityProtocol', 'KAFKA_SECURITY_PROTOCOL'],
  ['saslMechanism', 'KAFKA_SASL_MECHANISM'],
  ['saslUsername', 'KAFKA_SASL_USERNAME'],
  ['saslPassword', 'KAFKA_SASL_PASSWORD'],
  ['sslCaLocation', 'KAFKA_SSL_CA_LOCATION'],
  ['sslCertificateLocation', 'KAFKA_SSL_CERTIFICATE_LOCATION'],
  ['sslKeyLocation', 'KAFKA_SSL_KEY_LOCATION'],
  ['sslKeyPassword', 'KAFKA_SSL_KEY_PASSWORD'],
  ['logLevel', 'KAFKA_LOG_LEVEL'],
]);

/** PEM files that are none, by what is wrong with them. */
export const PEM_FILES = (() => {
  const body = 'MIIBszCCAVmgAwIBAgIUAAAA'.repeat(4);
  const files = {
    empty: '',
    garbage: Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) & 0xff)),
    'only a header': '-----BEGIN CERTIFICATE-----\n',
    'no base64': '-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n',
    'cut DER': `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
    'key of garbage': `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
    'encrypted garbage': `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${body}\n-----END ENCRYPTED PRIVATE KEY-----\n`,
    'NUL bytes': Buffer.alloc(1024),
    huge: '-----BEGIN CERTIFICATE-----\n'.repeat(40_000),
  };
  return Object.entries(files).map(([name, content]) => {
    const path = join(process.env.KAFKA4_FUZZ_FILES ?? tmpdir(), `fuzz-${name.replaceAll(' ', '-')}.pem`);
    return { name, path, write: () => writeFileSync(path, content) };
  });
})();

const STRINGS = [
  '',
  ' ',
  'embedded',
  'embedded:3',
  'embedded:0',
  'embedded:999999999999',
  'host',
  'host:99999',
  'host:-1',
  'host:+1',
  ':9092',
  'host:',
  ',',
  'a:1,,b:2',
  'a:1,a:1,a:1',
  '[::1]:9092',
  '[::1',
  '::1',
  'http://host:9092',
  'user:secret@host:9092',
  'host:9092/path',
  'PLAINTEXT://host:9092',
  '127.0.0.1:9092,embedded',
  '0',
  '1',
  '-1',
  '+5',
  '1e3',
  '0x10',
  '1.5',
  '100',
  '30000',
  '3600001',
  '99999999999999999999',
  'NaN',
  'null',
  'undefined',
  'lz4',
  'LZ4 ',
  'brotli',
  'SASL_SSL',
  'sasl_plaintext',
  'PLAIN',
  'GSSAPI',
  'a\nssl.key.password=x',
  'a\rb',
  'a\0b',
  '/dev/null',
  '/dev/zero',
  '/',
  '/nowhere/at/all.pem',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  `${'x'.repeat(250)}`,
  'x'.repeat(1024 * 1024),
];

/** @param {import('../random.mjs').Random} random */
export function settingText(random) {
  if (random.once(8)) {
    const file = random.pick(PEM_FILES);
    return { value: file.path, class: `PEM: ${file.name}` };
  }
  if (random.once(3)) {
    const made = text(random);
    return { value: /** @type {string} */ (made.value), class: 'setting: any text' };
  }
  const value = random.pick(STRINGS);
  const name = /[\n\r\0]/.test(value) ? 'line break in a setting' : value.length > 1000 ? '1 MiB setting' : 'setting';
  return { value, class: name };
}

/** @param {import('../random.mjs').Random} random */
export function setting(random) {
  if (random.once(2)) return settingText(random);
  if (random.once(4)) {
    const list = Array.from({ length: random.below(4) }, () =>
      random.once(5) ? anything(random).value : settingText(random).value,
    );
    return { value: list, class: 'setting: a list' };
  }
  return { ...anything(random), class: 'setting of a wrong type' };
}

const PROPERTIES = [
  'acks',
  'linger.ms',
  'batch.size',
  'message.max.bytes',
  'receive.message.max.bytes',
  'queue.buffering.max.messages',
  'queue.buffering.max.kbytes',
  'retries',
  'enable.idempotence',
  'max.in.flight.requests.per.connection',
  'compression.type',
  'compression.codec',
  'statistics.interval.ms',
  'socket.timeout.ms',
  'request.timeout.ms',
  'message.timeout.ms',
  'delivery.timeout.ms',
  'session.timeout.ms',
  'fetch.wait.max.ms',
  'auto.offset.reset',
  'isolation.level',
  'partitioner',
  'group.id',
  'group.instance.id',
  'client.id',
  'client.rack',
  'bootstrap.servers',
  'metadata.broker.list',
  'security.protocol',
  'sasl.mechanism',
  'sasl.username',
  'sasl.password',
  'ssl.ca.pem',
  'ssl.key.pem',
  'ssl.certificate.pem',
  'ssl.cipher.suites',
  'ssl.engine.location',
  'plugin.library.paths',
  'debug',
  'log_level',
  'log_cb',
  'dr_msg_cb',
  'opaque',
  'transactional.id',
  'test.mock.num.brokers',
  'test.mock.broker.rtt',
  'builtin.features',
  'api.version.request',
  'broker.version.fallback',
  'enable.sasl.oauthbearer.unsecure.jwt',
  'sasl.oauthbearer.config',
  'no.such.property',
  'topic.metadata.refresh.interval.ms',
  '',
  '__proto__',
  'constructor',
  'a\nb',
  'a\0b',
  'ssl.key.password\nsecurity.protocol',
];

/** An object of librdkafka's properties. @param {import('../random.mjs').Random} random */
export function librdkafka(random) {
  if (random.once(4)) return { ...anything(random), class: 'librdkafka: a wrong type' };
  const object = random.once(4) ? Object.create(null) : {};
  for (let i = random.between(1, 4); i > 0; i--) {
    const name = random.once(12) ? String(text(random).value) : random.pick(PROPERTIES);
    const value = random.weighted([
      [3, () => random.between(-1, 100_000)],
      [3, () => settingText(random).value],
      [2, () => random.once(2)],
      [1, () => anything(random).value],
      [1, () => random.pick([-1, 0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 1e300, 1.5])],
    ])();
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return { value: object, class: 'librdkafka properties' };
}
