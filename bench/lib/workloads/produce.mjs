// Sends of a pool of distinct messages, several in flight, over the topics in turn.

import { sends } from '../payloads.mjs';
import { inFlight } from './lanes.mjs';

export async function run(adapter, row, options) {
  const { topics } = options;
  const client = await adapter.producer(options, row);
  const pool = sends(options);
  // In the client's own form, made before the clock starts: messages name their topic there or do not. Each topic has
  // its part of the pool.
  const ready = topics.map((topic, at) => {
    const part = pool.filter((_, index) => index % topics.length === at % pool.length);
    return part.map((messages) => client.prepare?.(messages, topic) ?? messages);
  });
  const result = await inFlight(options, (number) => {
    const at = number % topics.length;
    const part = ready[at];
    return client.send(topics[at], part[Math.floor(number / topics.length) % part.length]);
  });
  await client.close();
  return result;
}
