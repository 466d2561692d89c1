// Backpressure: what waits on the broker does not come into memory before handlers take it.

import { randomBytes } from 'node:crypto';
import { kafkaProducerService as producer } from '@/lib/kafka';
import { useRealBroker } from '../support/broker';
import { lastLine, runScript } from '../support/child';
import { sharedBroker } from '../support/kafka-tools';
import { newTopic } from '../support/topics';
import { unique } from '../support/until';

useRealBroker();

const MiB = 1024 * 1024;
const COUNT = 200_000;
const SIZE = 2_000;

const SLOW = `
const { kafkaConsumerService: consumers, kafkaInitializationService: all, getKafkaMetrics } = await import('kafka4');
const { TOPIC, GROUP } = process.env;
let handled = 0;
let most = 0;
let held = 0;
consumers.registerHandler(TOPIC, async () => {
  handled += 1;
  await new Promise((resolve) => setTimeout(resolve, 1));
});
await consumers.startConsumer(TOPIC, GROUP);
globalThis.gc();
const before = process.memoryUsage().rss;
const end = Date.now() + 10_000;
while (Date.now() < end) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  most = Math.max(most, process.memoryUsage().rss);
  held = Math.max(held, getKafkaMetrics().consumerInHandlers);
}
await all.cleanup();
console.log(JSON.stringify({ handled, held, grown: most - before }));
`;

test.each([
  ['that compress to a half', Array.from({ length: 500 }, () => randomBytes(SIZE / 2).toString('hex'))],
  // lz4 makes some KiB of a whole batch: what a fetch brings is a hundred times what it asked for.
  ['that compress to nearly nothing', ['x'.repeat(SIZE)]],
])(
  'a slow handler with 200,000 messages (400 MB) waiting %s keeps memory bounded',
  async (_, values) => {
    const topic = await newTopic(4);
    for (let sent = 0; sent < COUNT; sent += 10_000) {
      const message = (i: number) => ({ value: values[i % values.length]!, partition: i % 4 });
      await producer.publishBatch(
        topic,
        Array.from({ length: 10_000 }, (_, i) => message(i)),
      );
    }
    const env = { KAFKA_BROKER: sharedBroker(), TOPIC: topic, GROUP: unique('group'), KAFKA_LOG_LEVEL: '1' };
    const child = await runScript(SLOW, { env, within: 60_000, flags: ['--expose-gc'] });
    expect({ code: child.code, stderr: child.stderr }).toEqual({ code: 0, stderr: '' });
    const { handled, held, grown } = lastLine<{ handled: number; held: number; grown: number }>(child);
    expect(handled).toBeGreaterThan(500);
    expect(handled).toBeLessThan(COUNT / 2);
    // 2,048 messages or 4 MiB a partition.
    expect(held).toBeLessThanOrEqual(4 * 2_200);
    // A fetch is bounded as it comes, compressed: the second case may hold a few fetches of a hundred times that size.
    expect(grown).toBeLessThan(300 * MiB);
  },
  120_000,
);
