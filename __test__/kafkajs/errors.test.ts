// The 31 error classes: made with the same arguments they look alike.

import * as kafkajs from 'kafkajs';
import * as kafka4 from '@/lib/index';
import { protocolErrorNamed, protocolErrorOf } from '@/lib/kafkajs/errors/codes';

const reason = Object.assign(new Error('broken'), {
  type: 'SOME_TYPE',
  code: 7,
  retriable: true,
  helpUrl: 'https://h',
});
const final = Object.assign(new Error('final'), { type: 'OTHER', code: 8, retriable: false });

/** What each class is made with. */
const CASES: [string, unknown[]][] = [
  ['KafkaJSError', ['text']],
  ['KafkaJSError', [reason]],
  ['KafkaJSError', ['text', { retriable: false, cause: reason }]],
  ['KafkaJSNonRetriableError', ['text']],
  ['KafkaJSNonRetriableError', [reason, { cause: final }]],
  ['KafkaJSProtocolError', [reason]],
  ['KafkaJSProtocolError', [final]],
  ['KafkaJSProtocolError', [final, { retriable: true }]],
  ['KafkaJSAggregateError', ['several', [reason, 'text']]],
  ['KafkaJSOffsetOutOfRange', [reason, { topic: 't', partition: 3 }]],
  ['KafkaJSMemberIdRequired', [reason, { memberId: 'm' }]],
  ['KafkaJSNumberOfRetriesExceeded', [reason, { retryCount: 5, retryTime: 100 }]],
  ['KafkaJSConnectionError', ['text']],
  ['KafkaJSConnectionError', [reason, { broker: 'h:1', code: 'ECONNREFUSED' }]],
  ['KafkaJSConnectionClosedError', ['text', { host: 'h', port: 1 }]],
  ['KafkaJSConnectionClosedError', ['text']],
  ['KafkaJSRequestTimeoutError', ['text']],
  [
    'KafkaJSRequestTimeoutError',
    ['text', { broker: 'h:1', clientId: 'c', correlationId: 1, createdAt: 2, sentAt: 3, pendingDuration: 4 }],
  ],
  ['KafkaJSMetadataNotLoaded', ['text']],
  ['KafkaJSTopicMetadataNotLoaded', ['text', { topic: 't' }]],
  ['KafkaJSStaleTopicMetadataAssignment', ['text', { topic: 't', unknownPartitions: [] }]],
  ['KafkaJSServerDoesNotSupportApiKey', ['text', { apiKey: 1, apiName: 'Fetch' }]],
  ['KafkaJSDeleteGroupsError', ['text']],
  ['KafkaJSDeleteGroupsError', ['text', [{ groupId: 'g' }]]],
  ['KafkaJSDeleteTopicRecordsError', [{ partitions: [{ partition: 0, offset: '1', error: reason }] }]],
  ['KafkaJSDeleteTopicRecordsError', [{ partitions: [{ partition: 0, offset: '1', error: final }] }]],
  ['KafkaJSDeleteTopicRecordsError', [{ partitions: [] }]],
  ['KafkaJSCreateTopicError', [reason, 't']],
  ['KafkaJSAlterPartitionReassignmentsError', [reason, 't', 1]],
  ['KafkaJSBrokerNotFound', ['text']],
  ['KafkaJSNoBrokerAvailableError', []],
  ['KafkaJSPartialMessageError', ['text']],
  ['KafkaJSSASLAuthenticationError', ['text']],
  ['KafkaJSGroupCoordinatorNotFound', ['text']],
  ['KafkaJSNotImplemented', ['text']],
  ['KafkaJSTimeout', ['text']],
  ['KafkaJSLockTimeout', ['text']],
  ['KafkaJSUnsupportedMagicByteInMessageSet', ['text']],
  ['KafkaJSInvariantViolation', ['text']],
  ['KafkaJSInvariantViolation', [reason]],
  ['KafkaJSInvalidVarIntError', ['text']],
  ['KafkaJSInvalidLongError', ['text']],
  ['KafkaJSFetcherRebalanceError', ['text']],
];

type Classes = Record<string, new (...args: unknown[]) => Error>;
const THEIRS = kafkajs as unknown as Classes;
const OURS = kafka4 as unknown as Classes;
const NAMES = Object.keys(kafkajs).filter((name) => /Error$|^KafkaJS/.test(name));

const make = (classes: Classes, name: string, args: unknown[]): Error =>
  new (classes[name] as Classes[string])(...args);

/** Everything but where KafkaJS's issues are filed. */
function fieldsOf(error: Error): Record<string, unknown> {
  const { stack, helpUrl, ...fields } = Object.fromEntries(
    Object.getOwnPropertyNames(error).map((name) => [name, (error as unknown as Record<string, unknown>)[name]]),
  );
  return { ...fields, helpUrl: String(helpUrl).startsWith('https://github') ? undefined : helpUrl };
}

/** Names of the classes that an error is an instance of. */
const kinds = (error: Error, classes: Classes): string[] =>
  NAMES.filter((name) => error instanceof (classes[name] as any));

test('there are 31 classes, and every one is looked at here', () => {
  expect(NAMES).toHaveLength(31);
  expect(NAMES.filter((name) => !CASES.some(([each]) => each === name))).toEqual([]);
});

test.each(CASES)('%s%j has the fields of kafkajs', (name, args) => {
  expect(fieldsOf(make(OURS, name, args))).toEqual(fieldsOf(make(THEIRS, name, args)));
});

test.each(CASES)('%s%j is an instance of the same classes', (name, args) => {
  expect(kinds(make(OURS, name, args), OURS)).toEqual(kinds(make(THEIRS, name, args), THEIRS));
});

test.each(NAMES)('%s is a class of that name whose errors have a stack', (name) => {
  const [, args] = CASES.find(([each]) => each === name) as [string, unknown[]];
  const error = make(OURS, name, args);
  expect(OURS[name]?.name).toBe(name);
  expect(error).toBeInstanceOf(Error);
  expect(typeof error.stack).toBe('string');
});

test('the stack of KafkaJSNumberOfRetriesExceeded tells the cause', () => {
  const error = make(OURS, 'KafkaJSNumberOfRetriesExceeded', [reason, { retryCount: 1, retryTime: 1 }]);
  expect(error.stack).toContain(`Caused by: ${reason.stack}`);
});

describe('codes of the protocol', () => {
  const { errorCodes, createErrorFromCode } = jest.requireActual('kafkajs/src/protocol/error') as {
    errorCodes: { code: number; type: string }[];
    createErrorFromCode(code: number): Error;
  };

  test('every code that kafkajs knows gives the same error', () => {
    for (const { code, type } of errorCodes) {
      const { helpUrl: _theirs, ...expected } = fieldsOf(createErrorFromCode(code));
      const { helpUrl: _ours, ...found } = fieldsOf(protocolErrorOf(code));
      expect(found).toEqual(expected);
      expect(protocolErrorNamed(type)?.code).toBe(code);
    }
  });

  test('an unknown code is told as by kafkajs', () => {
    expect(fieldsOf(protocolErrorOf(12_345))).toEqual(fieldsOf(createErrorFromCode(12_345)));
  });

  test("librdkafka's names lead to the same errors", () => {
    expect(protocolErrorNamed('UNKNOWN_TOPIC_OR_PART')?.type).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(protocolErrorNamed('NOT_COORDINATOR')?.code).toBe(16);
    expect(protocolErrorNamed('MSG_SIZE_TOO_LARGE')?.code).toBe(10);
    expect(protocolErrorNamed('NO_SUCH_NAME')).toBeUndefined();
  });
});
