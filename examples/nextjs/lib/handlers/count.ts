// Counts one event, and what else it stands for.

import type { EachMessagePayload } from '@/lib/kafka';
import type { HandlerContext } from '.';

export function count(
  { state, cluster }: HandlerContext,
  { topic, partition, message: { offset } }: EachMessagePayload,
  more: Record<string, number> = {},
): Promise<void> {
  const fields = Object.entries({ events: 1, ...more });
  const steps = fields.map(([field, by]) => ({ offset, field, by }));
  return state.counters.add({ cluster, topic, partition, steps });
}
