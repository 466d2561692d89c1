/** Offsets of the partitions of a topic. */
import { protocolErrorOf } from '../errors/codes.js';
import { checkTopic } from './checks.js';
import type { AdminClient } from './client.js';
import { partitionsOf } from './metadata.js';
import type { Admin, SeekEntry } from './types.js';

export interface OffsetAnswer {
  topic: string;
  partition: number;
  offset: string;
  metadata: string | null;
  errorCode: number;
}

type At = 'earliest' | 'latest' | { time: number };

async function listOffsets(client: AdminClient, topic: string, partitions: number[], at: At): Promise<OffsetAnswer[]> {
  const found = await client.ask<OffsetAnswer[]>('listOffsets', { topic, partitions, at });
  const failed = found.find(({ errorCode }) => errorCode !== 0);
  if (failed !== undefined) throw protocolErrorOf(failed.errorCode);
  return found.sort((a, b) => a.partition - b.partition);
}

const retryingUnknown = <T>(client: AdminClient, run: () => Promise<T>): Promise<T> =>
  client.retrying(['UNKNOWN_TOPIC_OR_PARTITION'], 'Could not fetch the offsets of a topic', run);

export async function fetchTopicOffsets(client: AdminClient, topic: string): ReturnType<Admin['fetchTopicOffsets']> {
  checkTopic(topic);
  return retryingUnknown(client, async () => {
    const partitions = await partitionsOf(client, topic);
    const [low, high] = await Promise.all([
      listOffsets(client, topic, partitions, 'earliest'),
      listOffsets(client, topic, partitions, 'latest'),
    ]);
    return high.map(({ partition, offset }, index) => {
      return { partition, offset, high: offset, low: (low[index] as OffsetAnswer).offset };
    });
  });
}

/** The first offset that is not older than `timestamp` (ms), else the next one that will be written. */
export async function fetchTopicOffsetsByTimestamp(
  client: AdminClient,
  topic: string,
  timestamp?: number,
): Promise<SeekEntry[]> {
  checkTopic(topic);
  return retryingUnknown(client, async () => {
    const partitions = await partitionsOf(client, topic);
    const high = await listOffsets(client, topic, partitions, 'latest');
    const time = Math.trunc(Number(timestamp));
    const at = timestamp == null || !Number.isSafeInteger(time) ? 'latest' : { time };
    const found = await listOffsets(client, topic, partitions, at);
    return found.map(({ partition, offset }, index) => {
      return { partition, offset: Number(offset) >= 0 ? offset : (high[index] as OffsetAnswer).offset };
    });
  });
}
