import type { BatchHandler } from '@/lib/kafka';
import type { HandlerContext } from '.';
import { envelopeOf } from './envelope';

/** analytics-events: many and small, so by the batch: one call of the counters for all of them. */
export function analyticsHandler({ state, cluster }: HandlerContext): BatchHandler {
  return async ({ batch: { topic, partition, messages } }) => {
    const steps = messages.map(({ offset }) => ({ offset, field: 'events', by: 1 }));
    // First what can fail: a batch that comes again must not count twice in the chart either.
    await state.counters.add({ cluster, topic, partition, steps });
    for (const message of messages) {
      const event = envelopeOf(message);
      if (event) state.hub.event('analytics', event.timestamp);
    }
  };
}
