// A broker killed and restarted while publishing and consuming: nothing acknowledged is lost or duplicated, order within
// a key holds, consumers go on by themselves. Checked with Kafka's own console consumer.

import {
  getKafkaMetrics,
  initializeKafka4,
  kafkaConfig,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { unique, until } from '../support/until';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({ projectTopics: true });
  kafkaConfig.brokers = [broker.brokers];
  kafkaConfig.logLevel = 0;
});
afterEach(async () => {
  if (!broker.running) await broker.restart();
  await kafkaInitializationService.cleanup();
});
afterAll(() => broker?.stop());

interface Stored {
  partition: number;
  offset: string;
  user: string;
  id: number;
}

/** Everything in user-events with this run's name, as Kafka's console consumer prints it, in the order of offsets. */
async function readBack(run: string): Promise<Stored[]> {
  const properties = ['print.partition=true', 'print.offset=true', 'print.key=true'];
  const text = await broker.exec('ConsoleConsumer', [
    ...['--topic', 'user-events', '--from-beginning', '--timeout-ms', '6000'],
    ...properties.flatMap((property) => ['--formatter-property', property]),
  ]);
  const stored = text.split('\n').flatMap((line) => {
    const found = /Partition:(\d+)\s+Offset:(\d+)\s+(\S+)\s+(\{.*\})$/.exec(line);
    if (found === null) return [];
    const [, partition, offset, user, value] = found as unknown as [string, string, string, string, string];
    const { data } = JSON.parse(value) as { data: { run: string; id: number } };
    return data.run === run ? [{ partition: Number(partition), offset, user, id: data.id }] : [];
  });
  return stored.sort((a, b) => a.partition - b.partition || Number(a.offset) - Number(b.offset));
}

interface Load {
  acknowledged: Map<number, { partition: number; offset: string }>;
  failed: unknown[];
  sent(): number;
  stop(): Promise<void>;
}

/** Publishes ten events every 10 ms, without waiting for one before the next. */
function publishing(run: string): Load {
  const acknowledged: Load['acknowledged'] = new Map();
  const failed: unknown[] = [];
  const pending = new Set<Promise<void>>();
  let id = 0;
  const one = async (mine: number) => {
    try {
      const [metadata] = await kafkaProducerService.publishUserEvent('e', `user-${mine % 12}`, { run, id: mine });
      acknowledged.set(mine, { partition: metadata?.partition as number, offset: metadata?.offset as string });
    } catch (error) {
      failed.push(error);
    }
  };
  const timer = setInterval(() => {
    for (let i = 0; i < 10; i++) {
      const publish = one(id++);
      pending.add(publish);
      void publish.then(() => pending.delete(publish));
    }
  }, 10);
  return {
    acknowledged,
    failed,
    sent: () => id,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
}

test.each(['kill9', 'shutdown'] as const)(
  '%s and restart, twice, while publishing and consuming',
  async (how) => {
    await initializeKafka4();
    const run = unique('run');
    const seen: number[] = [];
    kafkaConsumerService.registerUserEventHandler(async ({ message }) => {
      const { data } = JSON.parse(String(message.value)) as { data: { run: string; id: number } };
      if (data.run === run) seen.push(data.id);
    });
    await kafkaConsumerService.startConsumer('user-events', unique('group'));
    const load = publishing(run);
    for (let round = 1; round <= 2; round++) {
      const before = load.acknowledged.size;
      await until('publishes are acknowledged', () => load.acknowledged.size > before + 300, 60_000);
      const consumed = seen.length;
      await until('messages are handled', () => seen.length > consumed + 100, 60_000);
      await broker[how]();
      const down = load.sent();
      await until('it is published on while the broker is away', () => load.sent() > down + 500);
      await broker.restart();
    }
    const before = load.acknowledged.size;
    await until('publishes are acknowledged again', () => load.acknowledged.size > before + 300, 60_000);
    await load.stop();

    expect(load.failed).toEqual([]);
    expect(load.acknowledged.size).toBe(load.sent());
    const handled = new Set(seen);
    await until(
      'every acknowledged message is handled',
      () => {
        for (const id of seen) handled.add(id);
        return handled.size === load.sent();
      },
      60_000,
    );

    const stored = await readBack(run);
    expect(stored.length).toBe(load.sent());
    expect(new Set(stored.map(({ id }) => id)).size).toBe(load.sent());
    const places = new Map(stored.map(({ id, partition, offset }) => [id, { partition, offset }]));
    for (const [id, place] of load.acknowledged) expect(places.get(id)).toEqual(place);
    const last = new Map<string, number>();
    for (const { user, id } of stored) {
      expect(id).toBeGreaterThan(last.get(user) ?? -1);
      last.set(user, id);
    }
    expect(getKafkaMetrics().produceErrors).toBe(0);
  },
  240_000,
);

test('a publish while the broker is away waits and is stored when it is back', async () => {
  await initializeKafka4();
  const run = unique('run');
  await broker.kill9();
  const publish = kafkaProducerService.publishUserEvent('e', 'u', { run, id: 1 });
  const batch = kafkaProducerService.publishBatch('course-events', [{ value: 'x' }, { value: 'y' }]);
  const transaction = kafkaProducerService.publishTransaction([{ topic: 'chat-events', messages: [{ value: 'z' }] }]);
  await broker.restart();
  await Promise.all([publish, batch]);
  // A transaction may be refused while the broker is away, but it must say so and work afterwards.
  const [outcome] = await Promise.allSettled([transaction]);
  if (outcome.status === 'rejected') expect(outcome.reason.code).toMatch(/^ERR_KAFKA_/);
  await kafkaProducerService.publishTransaction([{ topic: 'chat-events', messages: [{ value: 'z' }] }]);
  expect(await readBack(run)).toHaveLength(1);
}, 120_000);

test('a process that starts before its broker: initializeKafka4 may be called until it works', async () => {
  await kafkaInitializationService.cleanup();
  await broker.kill9();
  kafkaConfig.timeout = 1_000;
  let attempts = 0;
  const loop = until(
    'it is initialized',
    async () => {
      attempts += 1;
      return initializeKafka4().then(
        () => true,
        () => false,
      );
    },
    60_000,
  );
  await until('it has failed', () => attempts > 1);
  await broker.restart();
  await loop;
  kafkaConfig.timeout = 30_000;
  await kafkaProducerService.publishUserEvent('e', 'u', {});
}, 120_000);

test('a consumer that starts while the broker is away rejects in time, and starts when it is back', async () => {
  await initializeKafka4();
  let seen = 0;
  kafkaConsumerService.registerChatEventHandler(async () => {
    seen += 1;
  });
  await broker.kill9();
  kafkaConfig.timeout = 3_000;
  const from = Date.now();
  const error = await kafkaConsumerService.startConsumer('chat-events', unique('group')).catch((e: unknown) => e);
  expect(Date.now() - from).toBeLessThan(6_000);
  expect((error as Error).name).toMatch(/^Kafka(Connection|Timeout)Error$/);
  expect(kafkaConsumerService.getActiveConsumers()).toEqual([]);
  await broker.restart();
  kafkaConfig.timeout = 30_000;
  await kafkaConsumerService.startConsumer('chat-events', unique('group'));
  await kafkaProducerService.publishChatEvent('room', 'u', {});
  await until('the event is handled', () => seen > 0);
}, 120_000);
