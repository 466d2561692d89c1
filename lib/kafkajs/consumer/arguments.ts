/** Checks of what is given to a consumer's methods. Messages are KafkaJS's. */
import { KafkaJSNonRetriableError } from '../errors/index.js';

const LONGEST = 2n ** 63n - 1n;
/** Kafka's numbers for the end and the beginning of a partition. */
export const LATEST = -1;
export const EARLIEST = -2;

export function assertTopic(topic: unknown): asserts topic is string {
  if (!topic) throw new KafkaJSNonRetriableError(`Invalid topic ${topic}`);
}

export function assertPartition(partition: unknown): asserts partition is number {
  if (Number.isNaN(Number(partition)) || partition === undefined) {
    throw new KafkaJSNonRetriableError(`Invalid partition, expected a number received ${partition}`);
  }
}

/** A 64-bit number from what KafkaJS takes for one: a number, a bigint, decimal text, an object that shows as one. */
export function offsetOf(offset: unknown): bigint {
  try {
    const number = typeof offset === 'number' ? BigInt(offset) : BigInt(String(offset).trim());
    if (offset === '' || number > LONGEST || number < -LONGEST) throw new RangeError();
    return number;
  } catch {
    throw new KafkaJSNonRetriableError(`Invalid offset, expected a long received ${offset}`);
  }
}

export interface OffsetToCommit {
  topic: string;
  partition: number;
  offset: string;
  metadata: string | null;
}

export function offsetsToCommit(topicPartitions: unknown): OffsetToCommit[] {
  return ((topicPartitions ?? []) as Record<string, unknown>[]).map(({ topic, partition, offset, metadata = null }) => {
    assertTopic(topic);
    assertPartition(partition);
    const number = offsetOf(offset);
    if (number < 0n) throw new KafkaJSNonRetriableError('Offset must not be a negative number');
    if (metadata !== null && typeof metadata !== 'string') {
      throw new KafkaJSNonRetriableError(`Invalid offset metadata, expected string or null, received ${metadata}`);
    }
    return { topic, partition: Number(partition), offset: String(number), metadata };
  });
}

export interface SeekTarget {
  topic: string;
  partition: number;
  offset: number;
}

export function seekTarget({ topic, partition, offset }: Record<string, unknown>): SeekTarget {
  assertTopic(topic);
  assertPartition(partition);
  const number = offsetOf(offset);
  if (number < 0n && number !== BigInt(LATEST) && number !== BigInt(EARLIEST)) {
    throw new KafkaJSNonRetriableError('Offset must not be a negative number');
  }
  return { topic, partition: Number(partition), offset: Number(number) };
}

export interface TopicChoice {
  topic: string;
  /** Absent: all. */
  partitions?: number[];
}

/** For `pause` and `resume`. */
export function topicChoices(topicPartitions: unknown, verb: 'pause' | 'resume'): TopicChoice[] {
  const choices = (topicPartitions ?? []) as (Record<string, unknown> | undefined)[];
  for (const choice of choices) {
    if (!choice?.topic) throw new KafkaJSNonRetriableError(`Invalid topic ${choice?.topic || choice}`);
    const { partitions } = choice;
    if (partitions === undefined) continue;
    if (!Array.isArray(partitions) || partitions.some((each) => Number.isNaN(Number(each)))) {
      throw new KafkaJSNonRetriableError(
        `Array of valid partitions required to ${verb} specific partitions instead of ${partitions}`,
      );
    }
  }
  return choices as unknown as TopicChoice[];
}
