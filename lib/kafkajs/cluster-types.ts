/**
 * Types that KafkaJS declares for code inside its own clients (assigners, brokers). Programs may name them; kafka4 gives no
 * such objects out, since librdkafka speaks to the brokers.
 */
import type { Assigner } from './assigners/index.js';
import type { Logger } from './logger.js';
import type { GroupDescription, Offsets, PartitionMetadata, TopicOffsets } from './shared-types.js';

export interface BrokerMetadata {
  brokers: Array<{ nodeId: number; host: string; port: number; rack?: string }>;
  topicMetadata: Array<{ topicErrorCode: number; topic: string; partitionMetadata: PartitionMetadata[] }>;
}

export interface ApiVersions {
  [apiKey: number]: { minVersion: number; maxVersion: number };
}

export type Broker = {
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  apiVersions(): Promise<ApiVersions>;
  metadata(topics: string[]): Promise<BrokerMetadata>;
  describeGroups: (options: { groupIds: string[] }) => Promise<{ groups: GroupDescription[] }>;
  offsetCommit(request: Offsets & { groupId: string; groupGenerationId: number; memberId: string }): Promise<any>;
  offsetFetch(request: Offsets & { groupId: string }): Promise<{ responses: TopicOffsets[] }>;
  fetch(request: object): Promise<any>;
  produce(request: object): Promise<any>;
};

export interface CoordinatorMetadata {
  errorCode: number;
  coordinator: { nodeId: number; host: string; port: number };
}

export type ConsumerGroup = { groupId: string; generationId: number; memberId: string; coordinator: Broker };

export type Cluster = {
  getNodeIds(): number[];
  metadata(): Promise<BrokerMetadata>;
  removeBroker(options: { host: string; port: number }): void;
  addMultipleTargetTopics(topics: string[]): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findBroker(node: { nodeId: string }): Promise<Broker>;
  findControllerBroker(): Promise<Broker>;
  findTopicPartitionMetadata(topic: string): PartitionMetadata[];
  findLeaderForPartitions(topic: string, partitions: number[]): { [leader: string]: number[] };
  findGroupCoordinator(group: { groupId: string }): Promise<Broker>;
  findGroupCoordinatorMetadata(group: { groupId: string }): Promise<CoordinatorMetadata>;
  defaultOffset(config: { fromBeginning: boolean }): number;
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromBeginning?: boolean; fromTimestamp?: number }[],
  ): Promise<TopicOffsets[]>;
};

export type PartitionAssigner = (config: { cluster: Cluster; groupId: string; logger: Logger }) => Assigner;
