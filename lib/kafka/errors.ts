/**
 * The errors of kafka4. Every one has a stable `code` (`ERR_KAFKA_…`), `retriable` (the same call may succeed later),
 * `fatal` (the client that raised it is unusable; the services replace it by themselves), and `details` for programs.
 */
import type { NativeError } from '../../index.js';

export interface ErrorOptionsOfKafka4 {
  retriable?: boolean;
  fatal?: boolean;
  cause?: unknown;
  details?: Record<string, unknown>;
}

const BRAND = Symbol.for('kafka4.error');

export class Kafka4Error extends Error {
  /**
   * A bundler or a hot reload evaluates this module twice while the services exist once: an error of the one evaluation
   * is an instance of the classes of the other, by name.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    try {
      if (!(BRAND in value)) return false;
      // `this` is the class that stands right of instanceof, which may be a subclass.
      for (let proto = Object.getPrototypeOf(value); proto !== null; proto = Object.getPrototypeOf(proto)) {
        // biome-ignore lint/complexity/noThisInStatic: see above
        if (proto === this.prototype || (BRAND in proto && proto.constructor.name === this.name)) return true;
      }
    } catch {
      // A Proxy that throws, or is revoked: anything can be thrown, and is looked at here.
    }
    return false;
  }

  readonly code: string;
  readonly retriable: boolean;
  readonly fatal: boolean;
  readonly details: Record<string, unknown>;

  constructor(code: string, message: string, options: ErrorOptionsOfKafka4 = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retriable = options.retriable ?? false;
    this.fatal = options.fatal ?? false;
    this.details = options.details ?? {};
  }
}

Object.defineProperty(Kafka4Error.prototype, BRAND, { value: true });

/** A variable or property that cannot be used. `details`: variable, value (secrets masked), allowed. */
export class KafkaConfigError extends Kafka4Error {}
/** An argument of the wrong type or out of range; nothing was done. */
export class KafkaValidationError extends Kafka4Error {}
/** Data that cannot become bytes, or bytes that are not what was expected; nothing was sent. `details.path` names the place. */
export class KafkaSerializationError extends Kafka4Error {}
/** No broker could be reached, or TLS failed. `details.brokers`: the addresses tried, each with its reason. */
export class KafkaConnectionError extends Kafka4Error {}
/** The broker refused the credentials. */
export class KafkaAuthenticationError extends Kafka4Error {}
/** The broker knows the client but does not allow the operation. */
export class KafkaAuthorizationError extends Kafka4Error {}
/** A bound of time passed. */
export class KafkaTimeoutError extends Kafka4Error {}
/** The call does not fit the state of the service. */
export class KafkaStateError extends Kafka4Error {}
/** A transaction was not committed. `details.outcome`: `aborted` (nothing is visible) or `unknown`. */
export class KafkaTransactionError extends Kafka4Error {}
/** A consumer operation failed. */
export class KafkaConsumerError extends Kafka4Error {}
/** Any other answer of the broker. */
export class KafkaProtocolError extends Kafka4Error {}
/** This broker or client cannot do it; the message names the alternative. */
export class KafkaNotSupportedError extends Kafka4Error {}

/** What became of one message of a publish that failed. */
export interface MessageOutcome {
  /** Place in the array that was given. */
  index: number;
  /** `unknown`: sent, but the acknowledgement never came. */
  status: 'stored' | 'notStored' | 'unknown';
  error?: Kafka4Error;
}

/** Some or all messages of a publish were not stored. */
export class KafkaPublishError extends Kafka4Error {
  /** Every message of the call, in order. */
  readonly results: MessageOutcome[];
  /** Only those that were not stored, or may not have been. */
  readonly failures: MessageOutcome[];

  constructor(code: string, message: string, results: MessageOutcome[], options: ErrorOptionsOfKafka4) {
    super(code, message, options);
    this.results = results;
    this.failures = results.filter((result) => result.status !== 'stored');
  }
}

const CLASSES: Record<string, new (code: string, message: string, options: ErrorOptionsOfKafka4) => Kafka4Error> = {
  KafkaConfigError,
  KafkaValidationError,
  KafkaSerializationError,
  KafkaConnectionError,
  KafkaAuthenticationError,
  KafkaAuthorizationError,
  KafkaTimeoutError,
  KafkaStateError,
  KafkaTransactionError,
  KafkaConsumerError,
  KafkaProtocolError,
  KafkaNotSupportedError,
};

/** Builds the exception from what crossed the border. */
export function fromNative(error: NativeError): Kafka4Error {
  const Class = CLASSES[error.className] ?? Kafka4Error;
  return new Class(error.code, error.message, {
    retriable: error.retriable,
    fatal: error.fatal,
    cause: error.cause == null ? undefined : fromNative(JSON.parse(error.cause) as NativeError),
    details: error.details == null ? undefined : JSON.parse(error.details),
  });
}

/** Throws what a call of the border returned, if it returned an error. */
export function check(error: NativeError | null | undefined): void {
  if (error != null) throw fromNative(error);
}

/** The error for an argument that cannot be used. */
export function invalid(message: string, details?: Record<string, unknown>): KafkaValidationError {
  return new KafkaValidationError('ERR_KAFKA_INVALID_ARGUMENT', message, { details });
}

/** What the caller's objects threw while they were read, as an error of kafka4. */
export function typed(error: unknown, what: string): Kafka4Error {
  if (error instanceof Kafka4Error) return error;
  return new KafkaValidationError('ERR_KAFKA_INVALID_ARGUMENT', `${what} cannot be read: ${tell(error)}`, {
    cause: error,
  });
}

/** Reads objects of the caller, whose getters and traps are code that may throw anything. */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw typed(error, what);
  }
}

/** What was thrown, in words; anything can be thrown, also what has no text. */
export function tell(error: unknown): string {
  try {
    // Also the message of an error can be anything.
    return String(error instanceof Error ? error.message : error);
  } catch {
    return show(error);
  }
}

/** A short form of any value for messages: never calls code of the value. */
export function show(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? `'${value.slice(0, 40)}…'` : `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value;
}
