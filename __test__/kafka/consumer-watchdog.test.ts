// The watchdog: a consumer that holds messages and makes no progress is told, counted, and turns health; until it moves.

import {
  checkKafkaHealth,
  kafkaConsumerService as consumers,
  getKafka4Status,
  getKafkaMetrics,
  initializeKafka4,
  type Kafka4Event,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { deferred } from '../support/deferred';
import { newTopic, numbered } from '../support/topics';
import { until } from '../support/until';

useEmbeddedBroker();

// It takes a minute without progress to count as stalled.
test('a handler that hangs for a minute is found: event, metric, health; and when it goes on, that too', async () => {
  await initializeKafka4();
  const [stuck, paused] = [await newTopic(2), await newTopic()];
  const go = deferred();
  const events: Kafka4Event[] = [];
  const offs = (['stalled', 'recovered'] as const).map((name) => consumers.on(name, (event) => events.push(event)));
  consumers.registerHandler(stuck, ({ partition }) => (partition === 1 ? go.promise : undefined));
  consumers.registerHandler(paused, ({ pause }) => void pause());
  await consumers.startConsumer(stuck, 'watched');
  await consumers.startConsumer(paused, 'watched');
  await producer.publishBatch(stuck, [...numbered(5, 0), ...numbered(5, 1)]);
  await producer.publishBatch(paused, numbered(5));
  const before = getKafkaMetrics().stalls;
  await until('the stall', () => events.length > 0, 90_000);
  expect(events).toEqual([
    {
      type: 'stalled',
      groupId: 'watched',
      topic: stuck,
      partition: 1,
      stalledMs: expect.any(Number),
      reason: expect.stringMatching(/handlers hold \d+ messages/),
      healing: false,
    },
  ]);
  expect(getKafkaMetrics().stalls).toBe(before + 1);
  expect(await checkKafkaHealth()).toBe(false);
  const status = await getKafka4Status();
  expect(status.status).toBe('unhealthy');
  expect(status.reasons.join()).toContain(stuck);
  const of = (topic: string, partition: number) =>
    status.consumers.groups[0]!.partitions.find((p) => p.topic === topic && p.partition === partition);
  expect([of(stuck, 1)!.stalled, of(stuck, 0)!.stalled, of(paused, 0)!.stalled]).toEqual([true, false, false]);
  expect(of(stuck, 1)!.lastProgressMs).toBeGreaterThanOrEqual(59_000);
  go.resolve();
  await until('the recovery', () => events.length > 1);
  expect(events[1]).toEqual({ type: 'recovered', groupId: 'watched', topic: stuck, partition: 1 });
  expect(await checkKafkaHealth()).toBe(true);
  expect((await getKafka4Status()).status).toBe('healthy');
  for (const off of offs) off();
}, 120_000);
