/** What all errors of the KafkaJS surface are made of. Names, fields and messages are those of KafkaJS 2.2.4. */

/** An error, or only its text. */
export type Reason = Error | string;

export interface KafkaJSErrorMetadata {
  /** The same call may succeed later. Default: true. */
  retriable?: boolean;
  cause?: Error;
}

/** Anything can be thrown, so anything can be given as reason. */
function textOf(reason: unknown): string {
  return (reason as Error | undefined)?.message || (reason as string);
}

export class KafkaJSError extends Error {
  override name: string;
  readonly retriable: boolean;
  readonly helpUrl?: string;
  // Own, writable and not enumerable, as in KafkaJS, also where there is no cause.
  declare cause?: Error;

  constructor(reason: Reason, { retriable = true, cause }: KafkaJSErrorMetadata = {}) {
    super(textOf(reason), { cause });
    Error.captureStackTrace(this, this.constructor);
    this.name = 'KafkaJSError';
    this.retriable = retriable;
    this.helpUrl = (reason as { helpUrl?: string } | undefined)?.helpUrl;
  }
}

/** Trying again will not help. */
export class KafkaJSNonRetriableError extends KafkaJSError {
  constructor(reason: Reason, { cause }: { cause?: Error } = {}) {
    super(reason, { retriable: false, cause });
    this.name = 'KafkaJSNonRetriableError';
  }
}

/** Several errors of one call. Not a KafkaJSError, as in KafkaJS. */
export class KafkaJSAggregateError extends Error {
  readonly errors: (Error | string)[];

  constructor(message: Reason, errors: (Error | string)[]) {
    super(message as string);
    this.name = 'KafkaJSAggregateError';
    this.errors = errors;
  }
}
