/** Brokers and topics as the cluster knows them. */
import type { PartitionMetadata } from '../shared-types.js';
import { checkTopic } from './checks.js';
import type { AdminClient } from './client.js';
import type { Admin, ITopicMetadata } from './types.js';
import { assertDone, CODES, type Verdict } from './verdicts.js';

export type TopicAnswer = Verdict & { name: string; partitions: (PartitionMetadata & { leader: number })[] };

/** Each with what the broker says about it; without names: all topics. */
export function describeTopics(client: AdminClient, topics?: string[]): Promise<TopicAnswer[]> {
  return client.ask('describeTopics', { topics: topics ?? null });
}

/** Ids in ascending order. Rejects for a topic that does not exist. */
export async function partitionsOf(client: AdminClient, topic: string): Promise<number[]> {
  const found = await describeTopics(client, [topic]);
  assertDone(found);
  return (found[0]?.partitions ?? []).map(({ partitionId }) => partitionId);
}

export function listTopics(client: AdminClient): Promise<string[]> {
  return client.ask('listTopics');
}

export async function fetchTopicMetadata(
  client: AdminClient,
  { topics = [] }: NonNullable<Parameters<Admin['fetchTopicMetadata']>[0]> = { topics: [] },
): Promise<{ topics: ITopicMetadata[] }> {
  if (topics) for (const topic of topics) checkTopic(topic);
  const wanted = topics == null || topics.length === 0 ? undefined : [...new Set(topics)];
  return client.retrying(['LEADER_NOT_AVAILABLE'], 'Could not fetch topic metadata', async () => {
    const found = await describeTopics(client, wanted);
    // Of all topics, those that come and go meanwhile do not matter.
    if (wanted === undefined) return { topics: found.map(plain) };
    assertDone(found);
    const leaderless = found.flatMap(({ partitions }) => partitions).find(({ leader }) => leader < 0);
    if (leaderless !== undefined) assertDone([{ errorCode: CODES.LEADER_NOT_AVAILABLE, errorMessage: null }]);
    return { topics: found.map(plain) };
  });
}

const plain = ({ name, partitions }: TopicAnswer): ITopicMetadata => ({ name, partitions });

export function describeCluster(client: AdminClient): ReturnType<Admin['describeCluster']> {
  return client.ask('describeCluster');
}
