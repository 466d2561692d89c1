/** What follows when a handler throws: KafkaJS's retries, one partition's own. */
import { Kafka4Error, tell } from '../../kafka/errors.js';
import type { Retry } from '../config/retry.js';
import {
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNotImplemented,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} from '../errors/index.js';

/** Defects of a program: calling again does not help. */
const UNRECOVERABLE = new Set(['RangeError', 'ReferenceError', 'SyntaxError', 'TypeError']);
const REBALANCING = new Set(['REBALANCE_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP', 'ILLEGAL_GENERATION']);

interface Thrown {
  message?: unknown;
  name?: unknown;
  type?: unknown;
  retriable?: unknown;
  cause?: unknown;
}

/** Anything can be thrown. */
function fields(thrown: unknown): Thrown {
  return typeof thrown === 'object' && thrown !== null ? (thrown as Thrown) : {};
}

/** Also one of another realm, as in a sandbox of a test runner. */
export function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]';
}

export function isRebalancing(thrown: unknown): boolean {
  return REBALANCING.has(String(fields(thrown).type));
}

/**
 * What an error came from, in KafkaJS's sense. Its own errors have what the core or the broker told as their cause here;
 * in KafkaJS those are where it begins.
 */
export function causeOf(thrown: unknown): unknown {
  const { cause } = fields(thrown);
  if (thrown instanceof KafkaJSProtocolError) return undefined;
  return thrown instanceof KafkaJSError && cause instanceof Kafka4Error ? undefined : cause;
}

function asError(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  const { message } = fields(thrown);
  return new Error(typeof message === 'string' && message !== '' ? message : tell(thrown));
}

function isRetriable(thrown: unknown): boolean {
  const { retriable, name } = fields(thrown);
  return (retriable === true || retriable !== false) && !UNRECOVERABLE.has(String(name));
}

/** A wait varied by its random part, ms. */
function varied(ms: number, factor: number): number {
  return Math.ceil(ms + (Math.random() * 2 - 1) * factor * ms);
}

export type Verdict = { retryMs: number } | { crash: Error };

export class Failures {
  readonly #retry: Retry;
  #count = 0;
  #wait = 0;

  constructor(retry: Retry) {
    this.#retry = retry;
  }

  /** Something went well: the next failure is the first again. */
  over(): void {
    this.#count = 0;
  }

  next(thrown: unknown): Verdict {
    const error = asError(thrown);
    if (error instanceof KafkaJSNotImplemented) return { crash: error };
    if (!isRetriable(thrown)) {
      return { crash: new KafkaJSNonRetriableError(error, { cause: (causeOf(thrown) || thrown) as Error }) };
    }
    const { initialRetryTime, factor, multiplier, maxRetryTime, retries } = this.#retry;
    if (this.#count === 0) this.#wait = varied(initialRetryTime, factor);
    const retryMs = this.#wait;
    if (this.#count >= retries) {
      return { crash: new KafkaJSNumberOfRetriesExceeded(error, { retryCount: this.#count, retryTime: retryMs }) };
    }
    this.#count += 1;
    this.#wait = Math.min(varied(retryMs, factor) * multiplier, maxRetryTime);
    return { retryMs };
  }
}
