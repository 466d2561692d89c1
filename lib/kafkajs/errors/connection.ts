/** Errors of connections, requests and their retries. */
import { KafkaJSError, KafkaJSNonRetriableError, type Reason } from './base.js';

export class KafkaJSNumberOfRetriesExceeded extends KafkaJSNonRetriableError {
  readonly retryCount: number;
  /** ms that the next attempt would have waited. */
  readonly retryTime: number;

  constructor(reason: Reason, { retryCount, retryTime }: { retryCount: number; retryTime: number }) {
    super(reason, { cause: reason as Error });
    this.stack = `${this.name}\n  Caused by: ${(reason as Error).stack}`;
    this.name = 'KafkaJSNumberOfRetriesExceeded';
    this.retryCount = retryCount;
    this.retryTime = retryTime;
  }
}

export class KafkaJSConnectionError extends KafkaJSError {
  /** `host:port`. */
  readonly broker?: string;
  /** Of the system, such as ECONNREFUSED. */
  readonly code?: string;

  constructor(reason: Reason, { broker, code }: { broker?: string; code?: string } = {}) {
    super(reason);
    this.name = 'KafkaJSConnectionError';
    this.broker = broker;
    this.code = code;
  }
}

export class KafkaJSConnectionClosedError extends KafkaJSConnectionError {
  readonly host?: string;
  readonly port?: number;

  constructor(reason: Reason, { host, port }: { host?: string; port?: number } = {}) {
    super(reason, { broker: `${host}:${port}` });
    this.name = 'KafkaJSConnectionClosedError';
    this.host = host;
    this.port = port;
  }
}

export interface KafkaJSRequestTimeoutErrorMetadata {
  broker?: string;
  clientId?: string;
  correlationId?: number;
  createdAt?: number;
  sentAt?: number;
  pendingDuration?: number;
}

export class KafkaJSRequestTimeoutError extends KafkaJSError {
  readonly broker?: string;
  readonly correlationId?: number;
  readonly createdAt?: number;
  readonly sentAt?: number;
  readonly pendingDuration?: number;

  constructor(reason: Reason, metadata: KafkaJSRequestTimeoutErrorMetadata = {}) {
    super(reason);
    this.name = 'KafkaJSRequestTimeoutError';
    this.broker = metadata.broker;
    this.correlationId = metadata.correlationId;
    this.createdAt = metadata.createdAt;
    this.sentAt = metadata.sentAt;
    this.pendingDuration = metadata.pendingDuration;
  }
}

/** The broker refused the credentials. */
export class KafkaJSSASLAuthenticationError extends KafkaJSNonRetriableError {
  constructor(reason: Reason, metadata?: { cause?: Error }) {
    super(reason, metadata);
    this.name = 'KafkaJSSASLAuthenticationError';
  }
}

export class KafkaJSServerDoesNotSupportApiKey extends KafkaJSNonRetriableError {
  readonly apiKey?: number;
  readonly apiName?: string;

  constructor(reason: Reason, { apiKey, apiName }: { apiKey?: number; apiName?: string } = {}) {
    super(reason);
    this.name = 'KafkaJSServerDoesNotSupportApiKey';
    this.apiKey = apiKey;
    this.apiName = apiName;
  }
}
