/** The shapes of KafkaJS's consumer, by the names of its declarations. */
import type { RetryOptions } from '../config/types.js';
import type {
  ConnectEvent,
  DisconnectEvent,
  InstrumentationEvent,
  RemoveInstrumentationEventListener,
  RequestEvent,
  RequestQueueSizeEvent,
  RequestTimeoutEvent,
} from '../events/types.js';
import type { Logger } from '../logger.js';
import type {
  GroupDescription,
  TopicOffsets,
  TopicPartitionOffset,
  TopicPartitionOffsetAndMetadata,
  TopicPartitions,
} from '../shared-types.js';
import type { EachBatchHandler, EachMessageHandler } from './payloads.js';

export type * from './payloads.js';

export interface ConsumerConfig {
  groupId: string;
  /** librdkafka assigns partitions itself, by its `roundrobin`; an assigner in JavaScript is not asked, which is logged. */
  partitionAssigners?: ((config: any) => any)[];
  /** ms. Default: 300000. */
  metadataMaxAge?: number;
  /** ms after which the coordinator gives a silent member up. Default: 30000. */
  sessionTimeout?: number;
  /** ms that handlers have to finish when their partition is taken away. Default: 60000. */
  rebalanceTimeout?: number;
  /** ms. Default: 3000. */
  heartbeatInterval?: number;
  /** Bytes fetched of a partition at a time. */
  maxBytesPerPartition?: number;
  /** Bytes that a broker gathers before it answers a fetch. Default: 1. */
  minBytes?: number;
  /** Bytes of one fetch. Default: 10485760. */
  maxBytes?: number;
  /** ms that a broker waits for `minBytes`. Default: 5000. */
  maxWaitTimeInMs?: number;
  retry?: RetryOptions & { restartOnFailure?: (error: Error) => Promise<boolean> };
  /** Default: true. */
  allowAutoTopicCreation?: boolean;
  maxInFlightRequests?: number;
  /** Default: false. */
  readUncommitted?: boolean;
  rackId?: string;
  /** An addition to KafkaJS: static membership. A restart within the session timeout causes no rebalance. */
  groupInstanceId?: string;
  /** An addition to KafkaJS: `consumer` is the protocol of KIP-848 (Kafka 4). Default: `classic`. */
  groupProtocol?: 'classic' | 'consumer';
}

export type ConsumerEvents = {
  HEARTBEAT: 'consumer.heartbeat';
  COMMIT_OFFSETS: 'consumer.commit_offsets';
  GROUP_JOIN: 'consumer.group_join';
  FETCH_START: 'consumer.fetch_start';
  FETCH: 'consumer.fetch';
  START_BATCH_PROCESS: 'consumer.start_batch_process';
  END_BATCH_PROCESS: 'consumer.end_batch_process';
  CONNECT: 'consumer.connect';
  DISCONNECT: 'consumer.disconnect';
  STOP: 'consumer.stop';
  CRASH: 'consumer.crash';
  REBALANCING: 'consumer.rebalancing';
  RECEIVED_UNSUBSCRIBED_TOPICS: 'consumer.received_unsubscribed_topics';
  REQUEST: 'consumer.network.request';
  REQUEST_TIMEOUT: 'consumer.network.request_timeout';
  REQUEST_QUEUE_SIZE: 'consumer.network.request_queue_size';
};

export type ConsumerHeartbeatEvent = InstrumentationEvent<{
  groupId: string;
  memberId: string;
  groupGenerationId: number;
}>;

export type ConsumerCommitOffsetsEvent = InstrumentationEvent<{
  groupId: string;
  memberId: string;
  groupGenerationId: number;
  topics: TopicOffsets[];
}>;

export interface IMemberAssignment {
  [key: string]: number[];
}

export type ConsumerGroupJoinEvent = InstrumentationEvent<{
  /** ms since the rebalance began. */
  duration: number;
  groupId: string;
  isLeader: boolean;
  leaderId: string;
  groupProtocol: string;
  memberId: string;
  memberAssignment: IMemberAssignment;
}>;

export type ConsumerFetchStartEvent = InstrumentationEvent<{ nodeId: number }>;

export type ConsumerFetchEvent = InstrumentationEvent<{
  /** Always 0, as in KafkaJS. */
  numberOfBatches: number;
  duration: number;
  nodeId: number;
}>;

export interface IBatchProcessEvent {
  topic: string;
  partition: number;
  highWatermark: string;
  offsetLag: string;
  offsetLagLow: string;
  batchSize: number;
  firstOffset: string;
  lastOffset: string;
}

export type ConsumerStartBatchProcessEvent = InstrumentationEvent<IBatchProcessEvent>;
export type ConsumerEndBatchProcessEvent = InstrumentationEvent<IBatchProcessEvent & { duration: number }>;

export type ConsumerCrashEvent = InstrumentationEvent<{
  error: Error;
  groupId: string;
  restart: boolean;
}>;

export type ConsumerRebalancingEvent = InstrumentationEvent<{
  groupId: string;
  memberId: string;
}>;

export type ConsumerReceivedUnsubcribedTopicsEvent = InstrumentationEvent<{
  groupId: string;
  generationId: number;
  memberId: string;
  assignedTopics: string[];
  topicsSubscribed: string[];
  topicsNotSubscribed: string[];
}>;

export type ConsumerRunConfig = {
  /** Default: true. */
  autoCommit?: boolean;
  /** ms after which a batch that is being handled is committed as far as it is resolved. */
  autoCommitInterval?: number | null;
  /** Resolved messages after which they are committed. */
  autoCommitThreshold?: number | null;
  /** Default: true: a batch whose handler has returned counts as done. */
  eachBatchAutoResolve?: boolean;
  /** Default: 1. */
  partitionsConsumedConcurrently?: number;
  eachBatch?: EachBatchHandler;
  eachMessage?: EachMessageHandler;
};

export type ConsumerSubscribeTopic = { topic: string | RegExp; fromBeginning?: boolean };
export type ConsumerSubscribeTopics = { topics: (string | RegExp)[]; fromBeginning?: boolean };

type Listen<Name extends keyof ConsumerEvents, Event> = (
  eventName: ConsumerEvents[Name],
  listener: (event: Event) => void,
) => RemoveInstrumentationEventListener<ConsumerEvents[Name]>;

export type Consumer = {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  subscribe(subscription: ConsumerSubscribeTopics | ConsumerSubscribeTopic): Promise<void>;
  stop(): Promise<void>;
  run(config?: ConsumerRunConfig): Promise<void>;
  commitOffsets(topicPartitions: Array<TopicPartitionOffsetAndMetadata>): Promise<void>;
  seek(topicPartitionOffset: TopicPartitionOffset): void;
  describeGroup(): Promise<GroupDescription>;
  pause(topics: Array<{ topic: string; partitions?: number[] }>): void;
  paused(): TopicPartitions[];
  resume(topics: Array<{ topic: string; partitions?: number[] }>): void;
  on: Listen<'HEARTBEAT', ConsumerHeartbeatEvent> &
    Listen<'COMMIT_OFFSETS', ConsumerCommitOffsetsEvent> &
    Listen<'GROUP_JOIN', ConsumerGroupJoinEvent> &
    Listen<'FETCH_START', ConsumerFetchStartEvent> &
    Listen<'FETCH', ConsumerFetchEvent> &
    Listen<'START_BATCH_PROCESS', ConsumerStartBatchProcessEvent> &
    Listen<'END_BATCH_PROCESS', ConsumerEndBatchProcessEvent> &
    Listen<'CONNECT', ConnectEvent> &
    Listen<'DISCONNECT', DisconnectEvent> &
    Listen<'STOP', InstrumentationEvent<null>> &
    Listen<'CRASH', ConsumerCrashEvent> &
    Listen<'REBALANCING', ConsumerRebalancingEvent> &
    Listen<'RECEIVED_UNSUBSCRIBED_TOPICS', ConsumerReceivedUnsubcribedTopicsEvent> &
    Listen<'REQUEST', RequestEvent> &
    Listen<'REQUEST_TIMEOUT', RequestTimeoutEvent> &
    Listen<'REQUEST_QUEUE_SIZE', RequestQueueSizeEvent> &
    ((
      eventName: ConsumerEvents[keyof ConsumerEvents],
      listener: (event: InstrumentationEvent<any>) => void,
    ) => RemoveInstrumentationEventListener<ConsumerEvents[keyof ConsumerEvents]>);
  logger(): Logger;
  readonly events: ConsumerEvents;
};
