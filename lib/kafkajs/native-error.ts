/** Errors of the core as errors of KafkaJS. The original is kept as `cause`, with its stable code and its details. */
import type { NativeError } from '../../index.js';
import { fromNative, Kafka4Error, KafkaPublishError } from '../kafka/errors.js';
import { lastWaitMs, type Retry } from './config/retry.js';
import { protocolErrorNamed } from './errors/codes.js';
import {
  KafkaJSConnectionError,
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNotImplemented,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
  KafkaJSRequestTimeoutError,
  KafkaJSSASLAuthenticationError,
} from './errors/index.js';

/** Without the names of environment variables, which mean nothing here. */
function plain(error: Kafka4Error): string {
  return error.message.replace(/\.? Check KAFKA_.*$/s, '');
}

type Make = (error: Kafka4Error) => KafkaJSError;

const BY_CLASS: Record<string, Make> = {
  KafkaConnectionError: (error) => {
    const [first] = (error.details.brokers ?? []) as { address: string; reason: string }[];
    const code = /refused/i.test(first?.reason ?? '') ? 'ECONNREFUSED' : undefined;
    return new KafkaJSConnectionError(`Connection error: ${plain(error)}`, { broker: first?.address, code });
  },
  KafkaAuthenticationError: (error) => new KafkaJSSASLAuthenticationError(plain(error)),
  KafkaTimeoutError: (error) => new KafkaJSRequestTimeoutError(error.message),
  KafkaNotSupportedError: (error) => new KafkaJSNotImplemented(error.message),
};

/** The code of Kafka or librdkafka in a stable code: `ERR_KAFKA_MSG_TIMED_OUT` gives `MSG_TIMED_OUT`. */
function nameOf(error: Kafka4Error): string {
  return error.code.replace(/^ERR_KAFKA_/, '');
}

/** What was thrown or returned by the core, as KafkaJS's error; errors of KafkaJS pass as they are. */
export function nativeError(thrown: unknown): KafkaJSError {
  if (thrown instanceof KafkaJSError) return thrown;
  const error = isNative(thrown) ? fromNative(thrown) : thrown;
  if (!(error instanceof Kafka4Error)) return withCause(new KafkaJSNonRetriableError(asReason(error)), error);
  const found = broken(error);
  return withCause(found, error);
}

function broken(error: Kafka4Error): KafkaJSError {
  const protocol = protocolErrorNamed(nameOf(error));
  const make = BY_CLASS[error.name];
  // Names that the protocol and librdkafka share, such as REQUEST_TIMED_OUT, are answers of a broker.
  if (protocol !== undefined) return protocol;
  if (make !== undefined) return make(error);
  // A publish has the class of its calls; what befell the message tells more.
  if (error instanceof KafkaPublishError && error.cause instanceof Kafka4Error) {
    const inner = BY_CLASS[error.cause.name];
    if (inner !== undefined) return inner(error.cause);
  }
  if (error.retriable) return new KafkaJSError(error.message, { retriable: true });
  return new KafkaJSNonRetriableError(error.message);
}

/**
 * As `nativeError`, for a call that was retried until its time was over: what is retriable comes as
 * KafkaJSNumberOfRetriesExceeded, whose cause tells why.
 */
export function exhausted(thrown: unknown, retry: Retry): KafkaJSError {
  const error = nativeError(thrown);
  // What the surface found by itself was not tried again.
  if (thrown instanceof KafkaJSError && !(thrown instanceof KafkaJSProtocolError)) return error;
  if (!error.retriable || error instanceof KafkaJSNumberOfRetriesExceeded) return error;
  return new KafkaJSNumberOfRetriesExceeded(error, { retryCount: retry.retries, retryTime: lastWaitMs(retry) });
}

/** The error of KafkaJS for a name of Kafka or librdkafka as it stands in results (`UNKNOWN_TOPIC_OR_PART`). */
export function protocolError(name: string, message?: string): KafkaJSProtocolError {
  const plain = name.replace(/^ERR_KAFKA_/, '').replace(/^_+/, '');
  const reason = { code: -1, type: plain, retriable: false, message: message ?? plain };
  return protocolErrorNamed(plain) ?? new KafkaJSProtocolError(reason);
}

function withCause<T extends KafkaJSError>(error: T, cause: unknown): T {
  if (error.cause === undefined && cause instanceof Error) error.cause = cause;
  return error;
}

function asReason(thrown: unknown): Error | string {
  return thrown instanceof Error ? thrown : String(thrown);
}

function isNative(value: unknown): value is NativeError {
  return (
    typeof value === 'object' && value !== null && !(value instanceof Error) && 'className' in value && 'code' in value
  );
}
