// Contract section 7: what every error has.

import * as library from '@/lib/kafka';
import {
  initializeKafka4,
  Kafka4Error,
  kafkaAdminService,
  kafkaConfig,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { rejection, thrown, unique } from '../support/until';

beforeAll(() => {
  kafkaConfig.brokers = ['embedded'];
});
afterAll(() => kafkaInitializationService.cleanup());

const CLASSES = Object.entries(library).filter(
  ([name, value]) => typeof value === 'function' && name.endsWith('Error') && name !== 'KafkaPublishError',
) as unknown as [string, typeof Kafka4Error][];

test.each(CLASSES)('%s is an Error subclass with code, retriable, fatal and cause', (name, Class) => {
  const cause = new Error('why');
  const error = new Class('ERR_KAFKA_X', 'what to do', { retriable: true, fatal: true, cause, details: { a: 1 } });
  expect(error).toBeInstanceOf(Error);
  expect(error).toBeInstanceOf(Kafka4Error);
  expect(error).toMatchObject({ name, code: 'ERR_KAFKA_X', retriable: true, fatal: true, cause, details: { a: 1 } });
  expect(error.stack).toContain('errors.test');
  const plain = new Class('ERR_KAFKA_X', 'm');
  expect(plain).toMatchObject({ retriable: false, fatal: false, details: {} });
  expect('cause' in plain).toBe(false);
});

const REJECTIONS: [string, string, string, () => Promise<unknown>][] = [
  ['an empty id', 'KafkaSerializationError', 'userId', () => kafkaProducerService.publishUserEvent('e', '', {})],
  [
    'data with a BigInt',
    'KafkaSerializationError',
    'a',
    () => kafkaProducerService.publishUserEvent('e', 'u', { a: 1n }),
  ],
  [
    'no topic',
    'KafkaValidationError',
    'topic',
    () => kafkaProducerService.publishBatch(null as never, [{ value: 'x' }]),
  ],
  ['no messages', 'KafkaValidationError', 'messages', () => kafkaProducerService.publishBatch('t', null as never)],
  [
    'a consumer without handler',
    'KafkaStateError',
    'registerHandler',
    () => kafkaConsumerService.startConsumer('none'),
  ],
  ['no consumer at all', 'KafkaStateError', 'registerHandler', () => kafkaConsumerService.startAllConsumers()],
  ['an unknown topic', 'KafkaProtocolError', 'does not exist', () => kafkaAdminService.describeTopics([unique('no')])],
  ['names that are no array', 'KafkaValidationError', 'names', () => kafkaAdminService.describeTopics('t' as never)],
  ['a topic without partitions', 'KafkaValidationError', 'topic', () => kafkaAdminService.createTopics([{}] as never)],
  [
    'a group id that is none',
    'KafkaValidationError',
    'groupId',
    () => kafkaConsumerService.startConsumer('t', 5 as never),
  ],
];

test.each(REJECTIONS)('%s rejects with a typed error that tells what to do', async (_what, name, hint, call) => {
  await initializeKafka4();
  const error = await rejection<Kafka4Error>(call());
  expect(error).toBeInstanceOf(Kafka4Error);
  expect(error.name).toBe(name);
  expect(error.code).toMatch(/^ERR_KAFKA_[A-Z_]+$/);
  expect(error.message).toContain(hint);
  expect(typeof error.retriable).toBe('boolean');
  expect(error.fatal).toBe(false);
});

test('what is thrown instead of rejected is typed too', () => {
  const error = thrown<Kafka4Error>(() => kafkaConsumerService.registerHandler('t', 'no function' as never));
  expect(error).toBeInstanceOf(library.KafkaValidationError);
  expect(error.code).toBe('ERR_KAFKA_INVALID_ARGUMENT');
});

test('an error can be serialized and copied between threads without losing its message', () => {
  const error = new library.KafkaConnectionError('ERR_KAFKA_X', 'm', { details: { brokers: [] } });
  expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'ERR_KAFKA_X', details: { brokers: [] } });
  expect(structuredClone(error).message).toBe('m');
});
