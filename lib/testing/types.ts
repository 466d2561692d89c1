/** What tests see of kafka4/testing. */
import type { IHeaders } from '../kafkajs/types.js';

/** A message that the brokers have acknowledged. `Data`: the type of `data`. */
export interface PublishedEvent<Data = any> {
  topic: string;
  partition: number;
  /** Decimal. */
  offset: string;
  /** ms since the epoch, decimal. */
  timestamp: string;
  /** As UTF-8; null: published without one. */
  key: string | null;
  /** The bytes of the value; null: a tombstone. */
  value: Buffer | null;
  /** As UTF-8; a name that comes again has a list. */
  headers: Record<string, string | string[]>;
  /** Of an event in the envelope; undefined for every other message. */
  eventType: string | undefined;
  /** The whole envelope; undefined for every other message. */
  envelope: EventEnvelope<Data> | undefined;
  /** `data` of the envelope; for other messages the value parsed as JSON, undefined where it is none. */
  data: Data;
}

/** The value of an event (README, "Topics and envelope"). */
export interface EventEnvelope<Data = any> {
  eventType: string;
  userId?: string;
  courseId?: string;
  recipientId?: string;
  roomId?: string;
  entityId?: string;
  data: Data;
  /** ISO 8601, UTC. */
  timestamp: string;
  version: string;
}

/**
 * What `deliver` gives to a handler: a PublishedEvent, or the parts of an event (`{ topic: 'user-events', eventType,
 * userId, data }`: the envelope is made from them), or a message with a `value` of its own.
 */
export interface EventToDeliver {
  topic: string;
  eventType?: string;
  userId?: string;
  courseId?: string;
  recipientId?: string;
  roomId?: string;
  entityId?: string;
  data?: unknown;
  key?: string | Buffer | null;
  /** A string or bytes as they are, null for a tombstone; anything else becomes JSON. */
  value?: unknown;
  headers?: IHeaders;
  /** Default 0. */
  partition?: number;
  /** Default: one more than at the last delivery. */
  offset?: string | number;
  /** ms since the epoch. Default: now. */
  timestamp?: string | number;
}

export interface WaitOptions {
  /** Only events of this topic. */
  topic?: string;
  /** ms. Default 5000. */
  within?: number;
}

/** An event type, or a function that is true for the event. */
export type EventMatcher = string | ((event: PublishedEvent) => boolean);

/** What tests hold in hand: the embedded broker of this file, or the fakes. */
export interface TestKafka {
  /** `embedded`, or `fake`. */
  readonly kind: 'embedded' | 'fake';
  publishedEvents(topic?: string): Promise<PublishedEvent[]>;
  waitForEvent(what: EventMatcher, options?: WaitOptions): Promise<PublishedEvent>;
  /** What was published so far is not listed any more. */
  forget(): Promise<void>;
  /** Stops what runs and closes what is open. Then another broker can be started; fakes stay for the file. */
  dispose(): Promise<void>;
  /** `await using kafka = await startEmbeddedKafka()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The hooks of a test runner: jest's, vitest's, or node:test's. */
export interface Runner {
  beforeAll?: (run: () => any, timeout?: any) => any;
  afterAll?: (run: () => any, timeout?: any) => any;
  beforeEach?: (run: () => any, timeout?: any) => any;
  afterEach?: (run: () => any, timeout?: any) => any;
  before?: (run: () => any, options?: any) => any;
  after?: (run: () => any, options?: any) => any;
}

export interface UseOptions {
  /**
   * Where `beforeAll`, `beforeEach`, `afterEach` and `afterAll` come from. Default: the globals. For vitest without globals
   * `import * as vitest from 'vitest'` and `{ runner: vitest }`; for node:test in the same way.
   */
  runner?: Runner;
  /** Topics besides the five, as for `declareTopics`. */
  topics?: Record<string, { partitions?: number; retentionMs?: number }>;
}

export interface EmbeddedOptions extends UseOptions {
  /** Brokers of the cluster, 1 to 9. Default: the first of 2 to 9 and 1 that no other test file of this process has. */
  brokers?: number;
}
