/** Reassignment of partitions to brokers. librdkafka does not know these requests; see wire/. */
import { protocolErrorOf } from '../errors/codes.js';
import {
  KafkaJSAggregateError,
  KafkaJSAlterPartitionReassignmentsError,
  type KafkaJSProtocolError,
} from '../errors/index.js';
import { checkTopics, refuse, timeoutOf } from './checks.js';
import type { AdminClient } from './client.js';
import type { Admin, ListPartitionReassignmentsResponse, PartitionReassignment } from './types.js';
import { errorOf, withReason } from './verdicts.js';
import { alterReassignments, listReassignments } from './wire/reassignments.js';

/** ms that the controller may take: what KafkaJS asks for. */
const TIMEOUT_MS = 5_000;

export async function alterPartitionReassignments(
  client: AdminClient,
  { topics, timeout }: Parameters<Admin['alterPartitionReassignments']>[0],
): Promise<void> {
  checkTopics(topics, 'topics');
  for (const each of topics) checkAssignment(each);
  const timeoutMs = timeoutOf(timeout, TIMEOUT_MS);
  await client.retrying(['NOT_CONTROLLER'], 'Could not reassign partitions', async () => {
    const { verdict, partitions } = await alterReassignments(client, topics, timeoutMs);
    if (verdict.errorCode !== 0) throw errorOf(verdict);
    const errors = partitions
      .filter(({ errorCode }) => errorCode !== 0)
      .map(({ topic, partition, errorCode, errorMessage }) => {
        const reason = protocolErrorOf(errorCode) as KafkaJSProtocolError;
        return withReason(new KafkaJSAlterPartitionReassignmentsError(reason, topic, partition), errorMessage);
      });
    if (errors.length > 0) throw new KafkaJSAggregateError('Errors altering partition reassignments', errors);
  });
}

function checkAssignment({ topic, partitionAssignment }: PartitionReassignment): void {
  if (!Array.isArray(partitionAssignment)) {
    refuse(`Invalid partitions array: ${partitionAssignment} for topic: ${topic}`);
  }
  for (const { partition, replicas } of partitionAssignment) {
    if (typeof partition !== 'number' || !(partition >= 0)) {
      refuse(`Invalid partitions index: ${partition} for topic: ${topic}`);
    }
    const where = `Invalid replica assignment: ${replicas} for topic: ${topic} on partition: ${partition}`;
    if (!Array.isArray(replicas)) refuse(where);
    if (!replicas.every(isIndex)) refuse(`${where}. Replicas must be a non negative number`);
  }
}

const isIndex = (value: unknown): boolean => typeof value === 'number' && value >= 0;

export async function listPartitionReassignments(
  client: AdminClient,
  { topics, timeout }: Parameters<Admin['listPartitionReassignments']>[0],
): Promise<ListPartitionReassignmentsResponse> {
  if (topics) {
    checkTopics(topics, 'topics');
    for (const { topic, partitions } of topics) {
      const where = `Invalid partition array: ${partitions} for topic: ${topic}`;
      if (!Array.isArray(partitions)) refuse(where);
      if (!partitions.every(isIndex)) {
        refuse(`${where}. The partition indices have to be a valid number greater than 0.`);
      }
    }
  }
  const timeoutMs = timeoutOf(timeout, TIMEOUT_MS);
  return client.retrying(['NOT_CONTROLLER'], 'Could not list partition reassignments', async () => {
    const { verdict, topics: found } = await listReassignments(client, topics ?? null, timeoutMs);
    if (verdict.errorCode !== 0) throw errorOf(verdict);
    return { topics: found };
  });
}
