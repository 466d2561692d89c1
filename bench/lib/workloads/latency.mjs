// One message at a time, each acknowledged before the next.

import { Meter, percentiles } from '../meter.mjs';
import { sends } from '../payloads.mjs';

const RUN_MS = 15_000;
const WARM_MS = 5_000;

export async function run(adapter, row, options) {
  const [topic] = options.topics;
  const client = await adapter.producer(options, row);
  const pool = sends(options).map((messages) => client.prepare?.(messages, topic) ?? messages);
  const { times, ...result } = await oneByOne(options, (number) => client.send(topic, pool[number % pool.length]));
  await client.close();
  return { ...result, latencyMs: percentiles(times) };
}

/** Times of `once`, called one by one; the warm-up is not measured. */
export async function oneByOne({ total, warmup }, once) {
  const times = [];
  const start = performance.now();
  /** @type {Meter | undefined} */
  let meter;
  let number = 0;
  for (; number < total; number++) {
    if (meter === undefined && (number >= warmup || performance.now() - start > WARM_MS)) meter = new Meter();
    const since = performance.now();
    const end = await once(number);
    if (meter !== undefined) times.push((typeof end === 'number' ? end : performance.now()) - since);
    if (meter !== undefined && meter.seconds * 1000 > RUN_MS) {
      number += 1;
      break;
    }
  }
  const result = { ...meter.stop(times.length), delivered: number, complete: number === total };
  return { ...result, times: Float64Array.from(times) };
}
