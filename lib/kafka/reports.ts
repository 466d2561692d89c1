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

export function* readReports(numbers: ArrayLike<number>, topicName: (id: number) => string): Generator<Report> {
  let at = 0;
  const next = (): number => numbers[at++] as number;
  while (at < numbers.length) {
    const sendId = next();
    const count = next();
    const partitions = next();
    const failed = next();
    const metadata: RecordMetadata[] = [];
    for (let i = 0; i < partitions; i++) {
      const topic = topicName(next());
      const partition = next();
      const offset = String(next());
      // -1 where the topic keeps the time of creation.
      const logAppendTime = String(next());
      metadata.push({
        topicName: topic,
        partition,
        errorCode: 0,
        offset,
        baseOffset: offset,
        logAppendTime,
        logStartOffset: '-1',
      });
    }
    const failures: Report['failures'] = [];
    for (let i = 0; i < failed; i++) failures.push({ index: next(), code: next(), unknown: next() === 1 });
    yield { sendId, count, metadata, failures };
  }
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
