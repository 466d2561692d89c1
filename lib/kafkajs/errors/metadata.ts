/** Errors about what is known of the cluster: brokers, topics, coordinators. */
import { KafkaJSError, type KafkaJSErrorMetadata, KafkaJSNonRetriableError, type Reason } from './base.js';

export class KafkaJSMetadataNotLoaded extends KafkaJSError {
  constructor(reason: Reason, metadata?: KafkaJSErrorMetadata) {
    super(reason, metadata);
    this.name = 'KafkaJSMetadataNotLoaded';
  }
}

export class KafkaJSTopicMetadataNotLoaded extends KafkaJSMetadataNotLoaded {
  readonly topic?: string;

  constructor(reason: Reason, { topic }: { topic?: string } = {}) {
    super(reason);
    this.name = 'KafkaJSTopicMetadataNotLoaded';
    this.topic = topic;
  }
}

export class KafkaJSStaleTopicMetadataAssignment extends KafkaJSError {
  readonly topic?: string;
  readonly unknownPartitions?: unknown[];

  constructor(reason: Reason, { topic, unknownPartitions }: { topic?: string; unknownPartitions?: unknown[] } = {}) {
    super(reason);
    this.name = 'KafkaJSStaleTopicMetadataAssignment';
    this.topic = topic;
    this.unknownPartitions = unknownPartitions;
  }
}

export class KafkaJSBrokerNotFound extends KafkaJSError {
  constructor(reason: Reason, metadata?: KafkaJSErrorMetadata) {
    super(reason, metadata);
    this.name = 'KafkaJSBrokerNotFound';
  }
}

export class KafkaJSNoBrokerAvailableError extends KafkaJSError {
  constructor() {
    super('No broker available');
    this.name = 'KafkaJSNoBrokerAvailableError';
  }
}

export class KafkaJSGroupCoordinatorNotFound extends KafkaJSNonRetriableError {
  constructor(reason: Reason, metadata?: { cause?: Error }) {
    super(reason, metadata);
    this.name = 'KafkaJSGroupCoordinatorNotFound';
  }
}
