// Contract section 2: setting a field of kafkaConfig at run time, and the pass-through of librdkafka's properties.

import {
  initializeKafka4,
  KafkaConfigError,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { rejection, thrown } from '../support/until';

beforeAll(() => {
  kafkaConfig.brokers = ['embedded'];
});
afterEach(async () => {
  await kafkaInitializationService.cleanup();
  kafkaConfig.librdkafka = {};
  kafkaConfig.timeout = 30_000;
});

const set = (name: string, value: unknown) => {
  (kafkaConfig as unknown as Record<string, unknown>)[name] = value;
};

test.each([
  ['timeout', 12_345],
  ['retryAttempts', 5],
  ['consumerGroup', 'another'],
  ['logLevel', 1],
])('kafkaConfig.%s can be set while clients are connected', async (name, value) => {
  await initializeKafka4();
  set(name, value);
  expect((kafkaConfig as unknown as Record<string, unknown>)[name]).toBe(value);
});

test.each([
  ['brokers', ['other:9092']],
  ['clientId', 'other'],
  ['batchSize', 1000],
  ['compressionType', 'zstd'],
  ['securityProtocol', 'SSL'],
  ['saslMechanism', 'SCRAM-SHA-256'],
  ['saslUsername', 'bob'],
  ['saslPassword', 'hunter2'],
  ['sslKeyPassword', 'hunter2'],
  ['librdkafka', { 'linger.ms': 5 }],
])('kafkaConfig.%s throws while clients are connected, says what to do, and keeps its value', async (name, value) => {
  await initializeKafka4();
  const fields = kafkaConfig as unknown as Record<string, unknown>;
  const before = fields[name];
  const error = thrown<KafkaConfigError>(() => set(name, value));
  expect(error).toBeInstanceOf(KafkaConfigError);
  expect(error.code).toBe('ERR_KAFKA_CONFIG_NOT_LIVE');
  expect(error.message).toContain(`kafkaConfig.${name}`);
  expect(error.message).toContain('cleanup()');
  expect(error.message).not.toContain('hunter2');
  expect(fields[name]).toEqual(before);
});

test('resetting a field that is not live while connected throws with its variable', async () => {
  await initializeKafka4();
  const error = thrown<KafkaConfigError>(() => set('compressionType', null));
  expect(error.code).toBe('ERR_KAFKA_CONFIG_NOT_LIVE');
  expect(error.details).toMatchObject({ property: 'compressionType', variable: 'KAFKA_COMPRESSION_TYPE' });
});

test('after cleanup() every field can be set again, and undefined sets the default', async () => {
  await initializeKafka4();
  await kafkaInitializationService.cleanup();
  kafkaConfig.compressionType = 'gzip';
  await initializeKafka4();
  expect(kafkaConfig.compressionType).toBe('gzip');
  await kafkaInitializationService.cleanup();
  set('compressionType', undefined);
  expect(kafkaConfig.compressionType).toBe('lz4');
});

test.each([
  ['timeout', 'soon'],
  ['timeout', Number.NaN],
  ['timeout', -1],
  ['timeout', Number.POSITIVE_INFINITY],
  ['timeout', 2 ** 31],
  ['timeout', {}],
  ['timeout', true],
  ['retryAttempts', 0],
  ['retryAttempts', 1.5],
  ['logLevel', 5],
  ['logLevel', '4 '.repeat(2)],
  ['consumerGroup', ''],
  ['consumerGroup', Symbol('x')],
  ['clientId', ['a']],
  ['brokers', []],
  ['brokers', [1]],
  ['brokers', 'a b'],
  ['compressionType', 'rar'],
  ['saslUsername', new Date()],
  ['sslCaLocation', '/no/such/file'],
])('junk in kafkaConfig.%s (%p) is a KafkaConfigError and changes nothing', (name, value) => {
  const before = JSON.stringify(kafkaConfig);
  const error = thrown<KafkaConfigError>(() => set(name, value));
  expect(error).toBeInstanceOf(KafkaConfigError);
  expect(error.message).toMatch(/KAFKA_[A-Z_]+/);
  expect(JSON.stringify(kafkaConfig)).toBe(before);
});

test('a misspelt field of kafkaConfig throws instead of doing nothing', () => {
  expect(thrown(() => set('brokerz', 'a:1'))).toBeInstanceOf(TypeError);
});

test('kafkaConfig.librdkafka passes properties through: they change what is sent', async () => {
  kafkaConfig.librdkafka = { 'message.max.bytes': 2_000, 'queue.buffering.max.messages': '1000', 'check.crcs': true };
  await initializeKafka4();
  const error = await rejection(kafkaProducerService.publishUserEvent('big', 'u', { text: 'x'.repeat(5_000) }));
  expect(error.code).toBe('ERR_KAFKA_MSG_SIZE_TOO_LARGE');
  await kafkaProducerService.publishUserEvent('small', 'u', {});
});

test('an unknown librdkafka property is a KafkaConfigError that names it', async () => {
  kafkaConfig.librdkafka = { 'no.such.property': 1 };
  const error = await rejection(initializeKafka4());
  expect(error).toBeInstanceOf(KafkaConfigError);
  expect(error.message).toContain('no.such.property');
  expect(error.details).toMatchObject({ property: 'no.such.property' });
});

test('transactional.id is refused, with the call that it belongs to', async () => {
  kafkaConfig.librdkafka = { 'transactional.id': 'mine' };
  const error = await rejection(kafkaProducerService.connect());
  expect(error).toBeInstanceOf(KafkaConfigError);
  expect(error.message).toContain('setTransactionalId');
  expect(error.details).toMatchObject({ property: 'transactional.id' });
});

test('a librdkafka property with a value that it cannot have is a KafkaConfigError that names both', async () => {
  kafkaConfig.librdkafka = { 'socket.timeout.ms': 'soon' };
  const error = await rejection(initializeKafka4());
  expect(error).toBeInstanceOf(KafkaConfigError);
  expect(error.message).toContain('socket.timeout.ms');
  expect(error.message).toContain('soon');
});

test.each([
  ['no object', 'linger.ms=5'],
  ['an array', ['linger.ms']],
  ['null', null],
  ['a property that is an object', { 'linger.ms': {} }],
  ['a property that is undefined', { 'linger.ms': undefined }],
  ['a line break', { 'client.rack': 'a\nsecurity.protocol=ssl' }],
])('kafkaConfig.librdkafka = %s is refused', async (_what, value) => {
  const run = async () => {
    set('librdkafka', value);
    await initializeKafka4();
  };
  expect(await rejection(run())).toBeInstanceOf(KafkaConfigError);
});

test('kafkaConfig.librdkafka is a frozen copy: the given object is neither kept nor changed', () => {
  const given = { 'linger.ms': 5 };
  kafkaConfig.librdkafka = given;
  given['linger.ms'] = 7;
  expect(kafkaConfig.librdkafka).toEqual({ 'linger.ms': 5 });
  expect(Object.isFrozen(kafkaConfig.librdkafka)).toBe(true);
});
