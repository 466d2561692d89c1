/** Deletion of old records. */

import { protocolErrorOf } from '../errors/codes.js';
import { KafkaJSBrokerNotFound, KafkaJSDeleteTopicRecordsError, KafkaJSNonRetriableError } from '../errors/index.js';
import { refuse } from './checks.js';
import type { AdminClient } from './client.js';
import { describeTopics } from './metadata.js';
import type { OffsetAnswer } from './offsets.js';
import type { Admin, SeekEntry } from './types.js';
import { assertDone } from './verdicts.js';

export async function deleteTopicRecords(
  client: AdminClient,
  { topic, partitions }: Parameters<Admin['deleteTopicRecords']>[0],
): Promise<void> {
  if (!topic || typeof topic !== 'string') refuse(`Invalid topic "${topic}"`);
  if (!partitions || partitions.length === 0) refuse('Invalid partitions');
  const positions = partitions.map(({ partition, offset }) => ({ partition, offset: checkedOffset(offset) }));
  const types = ['UNKNOWN_TOPIC_OR_PARTITION', 'NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE'];
  await client.retrying(types, 'Could not delete records', () => remove(client, topic, positions));
}

function checkedOffset(offset: unknown): string {
  const text = String(offset);
  if (!/^(-1|\d{1,19})$/.test(text)) refuse(`Invalid offset "${text}"`);
  return text;
}

async function remove(client: AdminClient, topic: string, partitions: SeekEntry[]): Promise<void> {
  const found = await describeTopics(client, [topic]);
  assertDone(found);
  const led = new Set(
    found.flatMap((each) => each.partitions.filter(({ leader }) => leader >= 0).map(({ partitionId }) => partitionId)),
  );
  const leaderless = partitions.filter(({ partition }) => !led.has(partition));
  if (leaderless.length > 0) {
    const error = new KafkaJSBrokerNotFound('Could not find the leader for the partition', { retriable: false });
    const failures = leaderless.map(({ partition, offset }) => ({ partition, offset, error }));
    throw new KafkaJSDeleteTopicRecordsError({ topic, partitions: failures });
  }
  const answers = await client.ask<OffsetAnswer[]>('deleteRecords', { topic, partitions });
  const failures = answers
    .filter(({ errorCode }) => errorCode !== 0)
    .map(({ partition, errorCode }) => {
      const offset = partitions.find((each) => each.partition === partition)?.offset ?? '';
      return { partition, offset, error: protocolErrorOf(errorCode) };
    });
  if (failures.length === 0) return;
  const [first] = failures;
  if (failures.every(({ error }) => error.retriable) && first !== undefined) throw first.error;
  const cause = new KafkaJSDeleteTopicRecordsError({ topic, partitions: failures });
  throw new KafkaJSNonRetriableError(cause, { cause });
}
