/** What brokers say about the parts of a request, as errors of KafkaJS. */
import { protocolErrorOf } from '../errors/codes.js';
import type { KafkaJSProtocolError } from '../errors/index.js';

export interface Verdict {
  /** 0: done. Negative but -1: librdkafka's own. */
  errorCode: number;
  /** The broker's own sentence, if it gave one. */
  errorMessage: string | null;
}

/** Codes by the names under which the rules of KafkaJS know them. */
export const CODES = {
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  REQUEST_TIMED_OUT: 7,
  INVALID_TOPIC_EXCEPTION: 17,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_REPLICA_ASSIGNMENT: 39,
} as const;

/** librdkafka's general sentence for a code begins so: it tells nothing new. */
const GENERAL = 'Broker: ';

/** KafkaJS's sentence is the message; the broker's own, which tells more, is the message of the cause. */
export function withReason<E extends Error>(error: E, reason: string | null | undefined): E {
  const telling = reason != null && reason !== '' && !reason.startsWith(GENERAL);
  if (telling) (error as { cause?: Error }).cause = new Error(reason);
  return error;
}

export function errorOf({ errorCode, errorMessage }: Verdict): KafkaJSProtocolError {
  return withReason(protocolErrorOf(errorCode), errorMessage);
}

/** Throws for the first part that failed. */
export function assertDone(verdicts: readonly Verdict[]): void {
  const failed = verdicts.find(({ errorCode }) => errorCode !== 0);
  if (failed !== undefined) throw errorOf(failed);
}

/**
 * To a request that gives them no time brokers answer REQUEST_TIMED_OUT as soon as it is under way. librdkafka tells that
 * as done; KafkaJS rejects.
 */
export function withTimeouts<V extends Verdict>(verdicts: readonly V[], timeoutMs: number): V[] {
  return verdicts.map((verdict) =>
    timeoutMs > 0 || verdict.errorCode !== 0 ? verdict : { ...verdict, errorCode: CODES.REQUEST_TIMED_OUT },
  );
}
