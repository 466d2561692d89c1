// From the call of send to the call of the handler, producer and consumer in one process, one message in flight.

import { setTimeout as sleep } from 'node:timers/promises';
import { percentiles } from '../meter.mjs';
import { sends } from '../payloads.mjs';
import { oneByOne } from './latency.mjs';

const PATIENCE_MS = 30_000;

/** In place of a tally: tells who waits that the message is there, and when it came. */
class Arrival {
  delivered = 0;
  #waiting;

  taker({ value }) {
    return (message) => {
      const at = performance.now();
      // Read, as every handler reads.
      if (value(message).length === 0) throw new Error('an empty value');
      this.delivered += 1;
      this.#waiting?.(at);
    };
  }

  next() {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

export async function run(adapter, row, options) {
  const [topic] = options.topics;
  const arrival = new Arrival();
  const producer = await adapter.producer(options, row);
  const consumer = await adapter.consumer(options, arrival, row);
  const pool = sends(options).map((messages) => producer.prepare?.(messages, topic) ?? messages);
  let before = -1;
  let stuck;
  const late = new Promise((_, reject) => {
    stuck = reject;
  });
  const watch = setInterval(() => {
    if (arrival.delivered === before) stuck(new Error(`no message reached the handler for ${PATIENCE_MS / 1000} s`));
    before = arrival.delivered;
  }, PATIENCE_MS);
  const once = async (number) => {
    const arrived = arrival.next();
    // Acknowledged and handled: what is not both is not counted.
    const [at] = await Promise.all([arrived, producer.send(topic, pool[number % pool.length])]);
    return at;
  };
  const { times, ...result } = await Promise.race([oneByOne(options, once), late]);
  clearInterval(watch);
  // Whatever comes twice would come now.
  await sleep(300);
  if (arrival.delivered !== result.delivered) {
    throw new Error(`${result.delivered} messages were sent, ${arrival.delivered} were handled`);
  }
  await producer.close();
  await consumer.close();
  return { ...result, latencyMs: percentiles(times) };
}
