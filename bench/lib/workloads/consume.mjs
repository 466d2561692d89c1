// All messages of the topics, from the beginning, by the client's consumer in a group.

import { setTimeout as sleep } from 'node:timers/promises';
import { Tally } from '../tally.mjs';

export async function run(adapter, row, options) {
  const tally = new Tally(options);
  const client = await adapter.consumer(options, tally, row);
  await tally.done;
  // Whatever comes twice would come now, and is counted.
  await sleep(300);
  const result = tally.result();
  await client.close();
  return result;
}
