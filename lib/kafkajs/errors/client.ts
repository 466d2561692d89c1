/** Errors of the client itself: what it cannot do, waits that ended, data that is no record. */
import { KafkaJSNonRetriableError, type Reason } from './base.js';

type Cause = { cause?: Error };

/** The message names the alternative. */
export class KafkaJSNotImplemented extends KafkaJSNonRetriableError {
  constructor(reason: Reason, metadata?: Cause) {
    super(reason, metadata);
    this.name = 'KafkaJSNotImplemented';
  }
}

export class KafkaJSTimeout extends KafkaJSNonRetriableError {
  constructor(reason: Reason, metadata?: Cause) {
    super(reason, metadata);
    this.name = 'KafkaJSTimeout';
  }
}

export class KafkaJSLockTimeout extends KafkaJSTimeout {
  constructor(reason: Reason, metadata?: Cause) {
    super(reason, metadata);
    this.name = 'KafkaJSLockTimeout';
  }
}

export class KafkaJSPartialMessageError extends KafkaJSNonRetriableError {
  constructor(reason: Reason, metadata?: Cause) {
    super(reason, metadata);
    this.name = 'KafkaJSPartialMessageError';
  }
}

export class KafkaJSUnsupportedMagicByteInMessageSet extends KafkaJSNonRetriableError {
  constructor(reason: Reason, metadata?: Cause) {
    super(reason, metadata);
    this.name = 'KafkaJSUnsupportedMagicByteInMessageSet';
  }
}

/** A defect of the client. */
export class KafkaJSInvariantViolation extends KafkaJSNonRetriableError {
  constructor(reason: Reason) {
    const message = (reason as Error).message || (reason as string);
    super(`Invariant violated: ${message}. This is likely a bug and should be reported.`);
    this.name = 'KafkaJSInvariantViolation';
  }
}

// The names of these two are KafkaJS's: programs that log `name` see no difference.

export class KafkaJSInvalidVarIntError extends KafkaJSNonRetriableError {}

export class KafkaJSInvalidLongError extends KafkaJSNonRetriableError {}

/** Plain, as in KafkaJS. */
export class KafkaJSFetcherRebalanceError extends Error {}
