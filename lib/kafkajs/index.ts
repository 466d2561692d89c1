/** KafkaJS's 44 exports, and its types. */
export type * from './admin/types.js';
export {
  type Assigner,
  type GroupMember,
  type GroupMemberAssignment,
  type GroupState,
  PartitionAssigners,
} from './assigners/index.js';
export {
  AssignerProtocol,
  type Assignment,
  type ISerializer,
  type MemberAssignment,
  type MemberMetadata,
} from './assigners/protocol.js';
export type * from './cluster-types.js';
export { CompressionCodecs } from './compression/index.js';
export type * from './config/types.js';
export type * from './consumer/types.js';
export * from './enums/index.js';
export * from './errors/index.js';
export type * from './errors/types.js';
export type * from './events/types.js';
export { Kafka } from './kafka.js';
export type { LogEntry, Logger, LoggerEntryContent, logCreator } from './logger.js';
export { Partitioners } from './partitioners/index.js';
export type * from './producer/types.js';
export type * from './shared-types.js';
