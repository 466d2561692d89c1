// Members of one group on real Kafka: partitions are shared, and a planned leave costs neither a message nor a duplicate.

import { KafkaConsumerService, kafkaProducerService as producer } from '@/lib/kafka';
import { useRealBroker } from '../support/broker';
import { runScript } from '../support/child';
import { sharedBroker } from '../support/kafka-tools';
import { newTopic } from '../support/topics';
import { unique, until } from '../support/until';

useRealBroker();

/** Publishes 0, 1, 2 … over the partitions until it is told to stop; gives how many were acknowledged. */
function publishStream(topic: string, partitions: number): { stop(): Promise<number> } {
  let going = true;
  const done = (async () => {
    let count = 0;
    while (going) {
      const messages = Array.from({ length: 10 }, (_, i) => ({
        value: String(count + i),
        partition: (count + i) % partitions,
      }));
      await producer.publishBatch(topic, messages);
      count += messages.length;
    }
    return count;
  })();
  return {
    stop: () => {
      going = false;
      return done;
    },
  };
}

function member(topic: string, seen: { partition: number; value: number }[]): KafkaConsumerService {
  const service = new KafkaConsumerService();
  service.registerHandler(topic, async ({ partition, message }) => {
    await null;
    seen.push({ partition, value: Number(message.text()) });
  });
  return service;
}

test('two instances in one group share the partitions; joins and planned leaves lose and repeat nothing', async () => {
  const partitions = 6;
  const [topic, group] = [await newTopic(partitions), unique('group')];
  const [a, b]: { partition: number; value: number }[][] = [[], []];
  const [first, second] = [member(topic, a!), member(topic, b!)];
  await first.startConsumer(topic, group);
  const stream = publishStream(topic, partitions);
  await until('the first works', () => a!.length > 100);
  await second.startConsumer(topic, group);
  await until('the second works', () => b!.length > 100, 40_000);
  const shared = [a!.length, b!.length];
  await until('both work', () => a!.length > shared[0]! + 50 && b!.length > shared[1]! + 50);
  const now = (seen: { partition: number }[]) => new Set(seen.slice(-40).map(({ partition }) => partition));
  // Partitions may still be on their way from one to the other.
  await until('each has its own partitions', () => ![...now(a!)].some((partition) => now(b!).has(partition)));
  await first.stopConsumer(topic);
  const left = a!.length;
  await until('the second has all', () => now(b!).size === partitions, 40_000);
  await first.startConsumer(topic, group);
  await until('the first is back', () => a!.length > left + 50, 40_000);
  await second.stopAllConsumers();
  const count = await stream.stop();
  await until('all messages', () => a!.length + b!.length >= count, 40_000);
  await first.stopAllConsumers();
  const all = [...a!, ...b!].map(({ value }) => value).sort((x, y) => x - y);
  expect(all).toEqual(Array.from({ length: count }, (_, i) => i));
}, 120_000);

const MEMBER = `
const { kafkaConsumerService: consumers, installSignalHandlers } = await import('kafka4');
installSignalHandlers();
const { TOPIC, GROUP } = process.env;
consumers.registerHandler(TOPIC, async ({ message }) => {
  await new Promise((resolve) => setImmediate(resolve));
  process.stdout.write(message.text() + '\\n');
});
await consumers.startConsumer(TOPIC, GROUP);
`;

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'two processes in one group: %s to one, the other takes over',
  async (signal) => {
    const partitions = 4;
    const [topic, group] = [await newTopic(partitions), unique('group')];
    const env = { KAFKA_BROKER: sharedBroker(), TOPIC: topic, GROUP: group, KAFKA_LOG_LEVEL: '1' };
    const values = (out: string) => out.split('\n').slice(0, -1).map(Number);
    const output = ['', ''];
    const kill: (() => void)[] = [];
    const run = (i: number) =>
      runScript(MEMBER, {
        env: { ...env, KAFKA_CLIENT_ID: `member-${i}` },
        within: 110_000,
        onOutput: (out, child) => {
          output[i] = out;
          kill[i] = () => child.kill(i === 0 ? signal : 'SIGTERM');
        },
      });
    const stream = publishStream(topic, partitions);
    const processes = [run(0), run(1)];
    await until('both work', () => output.every((out) => values(out).length > 100), 60_000);
    kill[0]!();
    const gone = await processes[0]!;
    expect({ hung: gone.hung, stderr: gone.stderr }).toEqual({ hung: false, stderr: '' });
    const count = await stream.stop();
    const union = () => new Set(output.flatMap(values));
    // A member that was killed is missed only after session.timeout.ms.
    await until('all messages', () => union().size >= count, 80_000);
    kill[1]!();
    expect(await processes[1]).toMatchObject({ hung: false, stderr: '' });
    expect([...union()].sort((x, y) => x - y)).toEqual(Array.from({ length: count }, (_, i) => i));
    if (signal === 'SIGTERM') expect(output.flatMap(values)).toHaveLength(count);
  },
  150_000,
);
