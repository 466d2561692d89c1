/** The event services of kafka4. Importing opens no connection and starts no thread. */
export type {
  Batch,
  EachBatchHandler,
  EachBatchPayload,
  EachMessageHandler,
  EachMessagePayload,
  IHeaders,
  KafkaMessage,
  KafkaMessage as Kafka4Message,
  Message,
  ProducerRecord,
  RecordMetadata,
} from '../kafkajs/types.js';
export type { CallOptions } from './abort.js';
export { KafkaAdminService, kafkaAdminService } from './admin.js';
export {
  type BatchHandler,
  KafkaConsumerService,
  kafkaConsumerService,
  type MessageHandler,
} from './consumer.js';
export {
  Kafka4Error,
  KafkaAuthenticationError,
  KafkaAuthorizationError,
  KafkaConfigError,
  KafkaConnectionError,
  KafkaConsumerError,
  KafkaNotSupportedError,
  KafkaProtocolError,
  KafkaPublishError,
  KafkaSerializationError,
  KafkaStateError,
  KafkaTimeoutError,
  KafkaTransactionError,
  KafkaValidationError,
  type MessageOutcome,
} from './errors.js';
export type { EventPartition, Kafka4Event, Kafka4EventName, OauthBearerProvider } from './events.js';
export {
  checkKafkaHealth,
  getKafka4Status,
  initializeKafka4,
  KafkaInitializationService,
  kafkaInitializationService,
} from './initialization.js';
export {
  type CompressionType,
  KafkaConfig,
  type KafkaConfigValues,
  kafkaConfig,
  type LibrdkafkaProperties,
  type SaslMechanism,
  type SecurityProtocol,
} from './kafka-config.js';
export { getKafkaMetrics, KafkaMetricsService, kafkaMetricsService } from './metrics.js';
export { KafkaProducerService, kafkaProducerService } from './producer.js';
export type { RetryPolicy } from './retry-policy.js';
export type {
  ClusterInfo,
  GroupStatus,
  Kafka4Metrics,
  Kafka4Status,
  PartitionStatus,
  Percentiles,
  TopicDescription,
  TopicDifference,
  TopicReport,
  TopicSpec,
} from './shapes.js';
export { installSignalHandlers, type SignalHandlerOptions } from './signals.js';
export { declaredTopics, declareTopics, KAFKA_TOPICS, type KafkaTopic } from './topics.js';
export { setTraceparentProvider } from './trace.js';
