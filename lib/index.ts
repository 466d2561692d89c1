// What the package `kafka4` exports: the services, and KafkaJS's surface.

import { KafkaConfig as ConfigService } from './kafka/index.js';
import type { KafkaConfig as KafkaJSConfig } from './kafkajs/index.js';

export * from './kafka/index.js';
export * from './kafkajs/index.js';

// Names that both have. The value is the class of `kafkaConfig`, the type is the one that programs of KafkaJS name.
export const KafkaConfig: typeof ConfigService = ConfigService;
export interface KafkaConfig extends KafkaJSConfig {}
export type {
  Batch,
  EachBatchHandler,
  EachBatchPayload,
  EachMessageHandler,
  EachMessagePayload,
  KafkaMessage,
  ProducerRecord,
} from './kafkajs/index.js';
