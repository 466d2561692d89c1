// Events by `publishUserEvent`, not awaited one by one; clients without it send the same envelope.

import { envelope, events } from '../payloads.mjs';
import { inFlight } from './lanes.mjs';

export async function run(adapter, row, options) {
  const [topic] = options.topics;
  const pool = events();
  const client = await adapter.producer({ ...options, strings: true, headers: true, keys: true }, row);
  const event =
    client.event ??
    ((given) => {
      const messages = [envelope(given)];
      return client.send(topic, client.prepare?.(messages, topic) ?? messages);
    });
  const result = await inFlight(options, (number) => {
    const round = new Array(options.batch);
    for (let i = 0; i < options.batch; i++) round[i] = event(pool[(number * options.batch + i) % pool.length]);
    return Promise.all(round);
  });
  await client.close();
  return result;
}
