/** Answers of brokers that are errors: `type` is the name of Kafka's protocol, `code` its number. */
import { KafkaJSError, type Reason } from './base.js';

/** What an error of the protocol is made of, see codes.ts. */
export interface ProtocolReason {
  message: string;
  type: string;
  code: number;
  retriable: boolean;
  helpUrl?: string;
}

export class KafkaJSProtocolError extends KafkaJSError {
  readonly type: string;
  readonly code: number;

  constructor(
    reason: Reason | ProtocolReason,
    { retriable = (reason as ProtocolReason).retriable }: { retriable?: boolean } = {},
  ) {
    super(reason as Reason, { retriable });
    this.name = 'KafkaJSProtocolError';
    this.type = (reason as ProtocolReason).type;
    this.code = (reason as ProtocolReason).code;
  }
}

export class KafkaJSOffsetOutOfRange extends KafkaJSProtocolError {
  readonly topic: string;
  readonly partition: number;

  constructor(reason: Reason | ProtocolReason, { topic, partition }: { topic: string; partition: number }) {
    super(reason);
    this.name = 'KafkaJSOffsetOutOfRange';
    this.topic = topic;
    this.partition = partition;
  }
}

export class KafkaJSMemberIdRequired extends KafkaJSProtocolError {
  readonly memberId: string;

  constructor(reason: Reason | ProtocolReason, { memberId }: { memberId: string }) {
    super(reason);
    this.name = 'KafkaJSMemberIdRequired';
    this.memberId = memberId;
  }
}

export class KafkaJSCreateTopicError extends KafkaJSProtocolError {
  readonly topic: string;

  constructor(reason: Reason | ProtocolReason, topic: string) {
    super(reason);
    this.name = 'KafkaJSCreateTopicError';
    this.topic = topic;
  }
}

export class KafkaJSAlterPartitionReassignmentsError extends KafkaJSProtocolError {
  readonly topic?: string;
  readonly partition?: number;

  constructor(reason: Reason | ProtocolReason, topic?: string, partition?: number) {
    super(reason);
    this.name = 'KafkaJSAlterPartitionReassignmentsError';
    this.topic = topic;
    this.partition = partition;
  }
}
