/** Reads the reports of settled sends (src/producer_service.rs, `pack`). */

import type { NativeError } from '../../index.js';
import type { RecordMetadata } from '../kafkajs/types.js';
import { fromNative, type Kafka4Error, KafkaPublishError, type MessageOutcome } from './errors.js';
import { native } from './native.js';

export interface Report {
  sendId: number;
  count: number;
  metadata: RecordMetadata[];
  failures: { index: number; code: number; unknown: boolean }[];
}

/** Numbers of a report's head, of a partition in it, of a failure. */
const HEAD = 4;
const PARTITION = 5;
const FAILURE = 3;
const NONE: Report['failures'] = [];

/** Gives each report to `take`, as long as there are numbers; `numbers` may be longer. */
export function readReports(
  numbers: ArrayLike<number>,
  length: number,
  topicName: (id: number) => string,
  take: (report: Report) => void,
): void {
  for (let at = 0; at < length; ) {
    const sendId = numbers[at] as number;
    const count = numbers[at + 1] as number;
    const partitions = numbers[at + 2] as number;
    const failed = numbers[at + 3] as number;
    at += HEAD;
    // Not pushed: a push makes room for 17.
    const metadata: RecordMetadata[] =
      partitions === 1 ? [readPartition(numbers, at, topicName)] : new Array<RecordMetadata>(partitions);
    if (partitions > 1) {
      for (let i = 0; i < partitions; i++) metadata[i] = readPartition(numbers, at + i * PARTITION, topicName);
    }
    at += partitions * PARTITION;
    const failures = failed === 0 ? NONE : readFailures(numbers, at, failed);
    at += failed * FAILURE;
    take({ sendId, count, metadata, failures });
  }
}

function readPartition(numbers: ArrayLike<number>, at: number, topicName: (id: number) => string): RecordMetadata {
  const offset = String(numbers[at + 2]);
  return {
    topicName: topicName(numbers[at] as number),
    partition: numbers[at + 1] as number,
    errorCode: 0,
    offset,
    baseOffset: offset,
    // -1 where the topic keeps the time of creation.
    logAppendTime: String(numbers[at + 3]),
    logStartOffset: String(numbers[at + 4]),
  };
}

function readFailures(numbers: ArrayLike<number>, at: number, failed: number): Report['failures'] {
  return Array.from({ length: failed }, (_, i) => ({
    index: numbers[at + i * FAILURE] as number,
    code: numbers[at + i * FAILURE + 1] as number,
    unknown: numbers[at + i * FAILURE + 2] === 1,
  }));
}

/** The error of a send that was refused as a whole. */
export function refusal(error: NativeError, count: number): Kafka4Error {
  const made = fromNative(error);
  if (error.className !== 'KafkaPublishError') return made;
  const { code, message, retriable, fatal, cause, details } = made;
  const results: MessageOutcome[] = Array.from({ length: count }, (_, index) => ({
    index,
    status: 'notStored',
    error: made,
  }));
  return new KafkaPublishError(code, message, results, { retriable, fatal, cause, details });
}

/** The refusals of one crossing. Sends that are refused alike share an error: there can be hundreds of thousands. */
export class Refusals {
  readonly #known = new Map<string, Kafka4Error>();

  of(error: NativeError, count: number): Kafka4Error {
    if (!error.retriable) return refusal(error, count);
    const key = `${count} ${error.code}`;
    const known = this.#known.get(key) ?? refusal(error, count);
    this.#known.set(key, known);
    return known;
  }
}

/** What to do, where the broker's words do not tell it. */
const HINTS: Record<string, string> = {
  ERR_KAFKA_MSG_SIZE_TOO_LARGE:
    '. A message may be as large as message.max.bytes of kafkaConfig.librdkafka allows, and the messages that travel ' +
    'together to a partition as large as max.message.bytes of the topic: lower KAFKA_BATCH_SIZE where each alone would fit',
};

/** The error of a send of which something failed. */
export function publishError(report: Report, topic: string): Kafka4Error {
  const byCode = new Map<number, Kafka4Error>();
  const errorOf = (code: number): Kafka4Error => {
    const known = byCode.get(code);
    if (known !== undefined) return known;
    const made = fromNative(native().describeErrorCode(code, `publish to ${topic}`));
    byCode.set(code, made);
    return made;
  };
  const results: MessageOutcome[] = Array.from({ length: report.count }, (_, index) => ({ index, status: 'stored' }));
  for (const { index, code, unknown } of report.failures) {
    results[index] = { index, status: unknown ? 'unknown' : 'notStored', error: errorOf(code) };
  }
  const first = errorOf((report.failures[0] as { code: number }).code);
  const hint = HINTS[first.code] ?? '';
  const failed = report.failures.length;
  const what =
    report.count === 1
      ? 'the message was not stored'
      : `${failed} of ${report.count} messages were not stored (see results)`;
  return new KafkaPublishError(first.code, `${first.message}; ${what}${hint}`, results, {
    retriable: first.retriable,
    fatal: first.fatal,
    cause: first,
    details: { topic, stored: report.metadata, failed },
  });
}
