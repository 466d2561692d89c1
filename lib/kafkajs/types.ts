/**
 * The shapes of KafkaJS 2.2.4 that handlers and publishers see (KafkaJS docs: producing, consuming). They are the same
 * for the services and for KafkaJS's own API.
 */

/** Header values as given: a list repeats the name. */
export interface IHeaders {
  [key: string]: Buffer | string | (Buffer | string)[] | undefined;
}

/** A message to publish. `value: null` is a tombstone. */
export interface Message {
  key?: Buffer | string | null;
  value: Buffer | string | null;
  /** Default: chosen by key (murmur2 as Kafka's Java client) or sticky without key. */
  partition?: number;
  headers?: IHeaders;
  /** ms since the epoch. Default: now. */
  timestamp?: string;
}

/** Messages for one topic. */
export interface ProducerRecord {
  topic: string;
  messages: Message[];
}

/** What the brokers stored of one call in one partition. */
export interface RecordMetadata {
  topicName: string;
  partition: number;
  /** Always 0: errors reject. */
  errorCode: number;
  /** Offset of the first message, decimal. */
  offset?: string;
  timestamp?: string;
  /** Offset of the first message, decimal. */
  baseOffset?: string;
  /** ms; `-1` where the topic keeps the time of creation (and librdkafka does not tell otherwise). */
  logAppendTime?: string;
  /** First offset of the partition; `-1` where the brokers do not tell. */
  logStartOffset?: string;
}

/** A consumed message. `key`, `value` and header values are views over memory that all messages of a batch share. */
export interface KafkaMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** ms since the epoch, decimal; `-1` when the broker has none. */
  readonly timestamp: string;
  readonly attributes: number;
  /** Decimal. */
  readonly offset: string;
  readonly headers: IHeaders;
  /** All headers in their order, repeated names included. */
  readonly headerList: readonly (readonly [string, Buffer | null])[];
  /** The value as UTF-8, `null` for a tombstone; no Buffer is made. */
  text(): string | null;
  /** The value parsed as JSON, `null` for a tombstone. Throws KafkaSerializationError where it is none. */
  json<T = unknown>(): T | null;
  /** A message of its own memory: keeping one message otherwise keeps its whole batch alive. */
  copy(): KafkaMessage;
}

export interface EachMessagePayload {
  topic: string;
  partition: number;
  message: KafkaMessage;
  /** Resolves at once: heartbeats are sent by the core, however long a handler takes. */
  heartbeat(): Promise<void>;
  /** Pauses the partition after this message; the returned function resumes it. */
  pause(): () => void;
}

export interface Batch {
  topic: string;
  partition: number;
  /** Offset after the last message of the partition, decimal; `-1` while not known. */
  readonly highWatermark: string;
  readonly messages: KafkaMessage[];
  isEmpty(): boolean;
  firstOffset(): string | null;
  lastOffset(): string;
  /** Messages after this batch. */
  offsetLag(): string;
  /** Messages from the first of this batch on. */
  offsetLagLow(): string;
}

export interface OffsetsByTopicPartition {
  topics: { topic: string; partitions: { partition: number; offset: string }[] }[];
}

export interface EachBatchPayload {
  batch: Batch;
  /** Marks a message as done, and all before it: after a failure the handler gets the rest. */
  resolveOffset(offset: string): void;
  heartbeat(): Promise<void>;
  pause(): () => void;
  /** Commits what was resolved so far. */
  commitOffsetsIfNecessary(offsets?: unknown): Promise<void>;
  uncommittedOffsets(): OffsetsByTopicPartition;
  isRunning(): boolean;
  /** The partition was taken away: nothing of this batch will be committed any more. */
  isStale(): boolean;
}

export type EachMessageHandler = (payload: EachMessagePayload) => Promise<void> | void;
export type EachBatchHandler = (payload: EachBatchPayload) => Promise<void> | void;
