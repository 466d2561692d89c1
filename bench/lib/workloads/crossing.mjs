// Sends to the broker inside the process: no network and no other process. Of interest is the JavaScript thread alone:
// packing, the call across the border, settling the promises. The broker's threads are librdkafka's and not counted.

import { run as produce } from './produce.mjs';

export async function run(adapter, row, options) {
  const topic = await adapter.embeddedTopic(options.partitions);
  return produce(adapter, row, { ...options, topics: [topic] });
}
