// What Kafka itself says of a consumer group.

import { kafkaTool } from './kafka-tools';

/** Committed offsets as `topic-partition`: offset, from Kafka's ConsumerGroupCommand. Not committed: not in it. */
export async function committedOffsets(group: string): Promise<Record<string, number>> {
  const described = await kafkaTool('ConsumerGroupCommand', ['--describe', '--offsets', '--group', group]);
  const rows = described.split('\n').map((line) => line.trim().split(/\s+/));
  const committed = rows.filter(([name, , , offset]) => name === group && /^\d+$/.test(offset ?? ''));
  return Object.fromEntries(committed.map(([, topic, partition, offset]) => [`${topic}-${partition}`, Number(offset)]));
}
