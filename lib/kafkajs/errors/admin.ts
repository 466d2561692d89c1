/** Errors of admin calls that tell what became of each item. */
import { KafkaJSError, type Reason } from './base.js';

export interface DeleteGroupsFailure {
  groupId: string;
  errorCode?: number;
  error?: Error;
}

export class KafkaJSDeleteGroupsError extends KafkaJSError {
  /** The groups that were not deleted. */
  readonly groups: DeleteGroupsFailure[];

  constructor(reason: Reason, groups: DeleteGroupsFailure[] = []) {
    super(reason);
    this.name = 'KafkaJSDeleteGroupsError';
    this.groups = groups;
  }
}

export interface DeleteTopicRecordsFailure {
  partition: number;
  offset: string;
  error?: Error | null;
}

/** Retriable when each of its errors is. */
export class KafkaJSDeleteTopicRecordsError extends KafkaJSError {
  readonly partitions: DeleteTopicRecordsFailure[];

  constructor({ partitions }: { topic?: string; partitions: DeleteTopicRecordsFailure[] }) {
    const failed = partitions.filter(({ error }) => error != null);
    const retriable = failed.every(({ error }) => (error as KafkaJSError).retriable === true);
    super('Error while deleting records', { retriable });
    this.name = 'KafkaJSDeleteTopicRecordsError';
    this.partitions = partitions;
  }
}
