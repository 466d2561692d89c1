/** What handlers get, in KafkaJS's shapes. The services' handlers get the same and more (../types.ts). */
import type { Offsets, TopicOffsets } from '../shared-types.js';
import type { IHeaders } from '../types.js';

interface Entry {
  key: Buffer | null;
  value: Buffer | null;
  /** ms since the epoch, decimal. */
  timestamp: string;
  attributes: number;
  /** Decimal. */
  offset: string;
}

/** Of a message format that Kafka 4 no longer has: never comes. */
export interface MessageSetEntry extends Entry {
  size: number;
  headers?: never;
}

export interface RecordBatchEntry extends Entry {
  headers: IHeaders;
  size?: never;
}

/** A plain object. Its Buffers are views over memory that all messages of a batch share. */
export type KafkaMessage = MessageSetEntry | RecordBatchEntry;

export type Batch = {
  topic: string;
  partition: number;
  /** Offset after the last message of the partition, decimal. */
  highWatermark: string;
  messages: KafkaMessage[];
  isEmpty(): boolean;
  firstOffset(): string | null;
  lastOffset(): string;
  /** Messages after this batch. */
  offsetLag(): string;
  /** Messages after the first of this batch. */
  offsetLagLow(): string;
};

export interface OffsetsByTopicPartition {
  topics: TopicOffsets[];
}

export interface EachMessagePayload {
  topic: string;
  partition: number;
  message: KafkaMessage;
  /** Rejects with REBALANCE_IN_PROGRESS once the partition is taken away; else resolves at once. */
  heartbeat(): Promise<void>;
  /** Pauses the partition after this message; the returned function resumes it. */
  pause(): () => void;
}

export interface EachBatchPayload {
  batch: Batch;
  /** Marks a message as done, and all before it. */
  resolveOffset(offset: string): void;
  heartbeat(): Promise<void>;
  pause(): () => void;
  /**
   * Commits these (`{}`: all that is resolved), or what is resolved when autoCommitInterval or autoCommitThreshold say
   * so.
   */
  commitOffsetsIfNecessary(offsets?: Offsets): Promise<void>;
  uncommittedOffsets(): OffsetsByTopicPartition;
  /** False once a stop was asked for. */
  isRunning(): boolean;
  /** The partition was sought away, or taken away: the rest of the batch is void. */
  isStale(): boolean;
}

export type EachBatchHandler = (payload: EachBatchPayload) => Promise<void>;
export type EachMessageHandler = (payload: EachMessagePayload) => Promise<void>;
export type ConsumerEachMessagePayload = EachMessagePayload;
export type ConsumerEachBatchPayload = EachBatchPayload;
