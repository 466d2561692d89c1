// Stops are quick where brokers answer, and bounded by 10 s with the default KAFKA_TIMEOUT where nobody does.

import {
  kafkaConsumerService as consumers,
  getKafka4Status,
  initializeKafka4,
  KafkaProducerService,
  kafkaAdminService,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { deferred, timed } from '../support/deferred';
import { silentServer, unusedPort } from '../support/listeners';
import { keep, newTopic, numbered } from '../support/topics';
import { rejection, until } from '../support/until';

useEmbeddedBroker();

const HEALTHY = 2_000;
const SILENT = 10_000;

describe('brokers that answer: 2 s', () => {
  test('disconnect, stopConsumer, stopAllConsumers and cleanup with work in flight', async () => {
    await initializeKafka4();
    const topics = [await newTopic(2), await newTopic(2), await newTopic(2)];
    const kept = topics.map((topic) => keep(topic));
    await Promise.all(topics.map((topic) => consumers.startConsumer(topic)));
    const sent = topics.map((topic) => producer.publishBatch(topic, [...numbered(500, 0), ...numbered(500, 1)]));
    expect(await timed(producer.disconnect())).toBeLessThan(HEALTHY);
    await Promise.all(sent);
    await until('messages', () => kept.every((messages) => messages.length > 0));
    expect(await timed(consumers.stopConsumer(topics[0]!))).toBeLessThan(HEALTHY);
    expect(await timed(consumers.stopAllConsumers())).toBeLessThan(HEALTHY);
    await consumers.startConsumer(topics[0]!);
    const last = producer.publishBatch(topics[0]!, numbered(500));
    expect(await timed(kafkaInitializationService.cleanup())).toBeLessThan(HEALTHY);
    await last;
  });

  test('concurrent and repeated stops share one promise, and later ones are nothing', async () => {
    await initializeKafka4();
    const topic = await newTopic();
    keep(topic);
    await consumers.startConsumer(topic);
    await producer.publishBatch(topic, numbered(10));
    const stops = [
      () => consumers.stopConsumer(topic),
      () => producer.disconnect(),
      () => consumers.stopAllConsumers(),
      () => kafkaInitializationService.cleanup(),
    ];
    for (const stop of stops) {
      const [one, two] = [stop(), stop()];
      expect(one).toBe(two);
      await one;
      await stop();
    }
    await initializeKafka4();
    await Promise.all([...stops, ...stops].map((stop) => stop()));
    expect((await getKafka4Status()).consumers).toEqual({ active: [], groups: [] });
  });

  test('disconnect inside a handler: its own publishes are sent first, later ones connect again', async () => {
    const topic = await newTopic();
    const own = new KafkaProducerService();
    const done = deferred<unknown[]>();
    consumers.registerHandler(topic, async () => {
      const first = own.publishBatch(topic, [{ key: 'a', value: '1' }]);
      await own.disconnect();
      const second = own.publishBatch(topic, [{ key: 'a', value: '2' }]);
      done.resolve(await Promise.all([first, second, consumers.stopConsumer(topic).catch(() => 'waits for itself')]));
    });
    kafkaConfig.timeout = 3_000;
    await producer.publishBatch(topic, [{ value: 'x' }]);
    await consumers.startConsumer(topic);
    expect((await done.promise).slice(0, 2)).toEqual([[expect.anything()], [expect.anything()]]);
    kafkaConfig.timeout = 30_000;
    await own.disconnect();
  });

  test('transactions that wait for their turn run before the end', async () => {
    const topic = await newTopic();
    const own = new KafkaProducerService();
    await own.connect();
    const all = numbered(10).map((message) => own.publishTransaction([{ topic, messages: [message] }]));
    await own.disconnect();
    expect((await Promise.all(all)).map(([metadata]) => metadata?.length)).toEqual(Array(10).fill(1));
  });
});

describe.each([
  ['a broker that never answers', true],
  ['no broker at all', false],
])('%s: 10 s with the default KAFKA_TIMEOUT', (_, silent) => {
  let server: Awaited<ReturnType<typeof silentServer>> | undefined;
  beforeEach(async () => {
    await kafkaInitializationService.cleanup();
    await kafkaAdminService.disconnect();
    server = silent ? await silentServer() : undefined;
    kafkaConfig.brokers = [server?.address ?? `127.0.0.1:${await unusedPort()}`];
    expect(kafkaConfig.timeout).toBe(30_000);
  });
  afterEach(async () => {
    await kafkaInitializationService.cleanup();
    await server?.close();
    await until('nothing is open', () => {
      try {
        kafkaConfig.brokers = ['embedded'];
        return true;
      } catch {
        return false;
      }
    });
  });

  test('disconnect rejects the publishes that wait for a connection, each once and typed', async () => {
    const own = new KafkaProducerService();
    const reasons: Error[] = [];
    for (let i = 0; i < 100; i++) own.publishUserEvent('e', `u${i}`, {}).catch((error) => reasons.push(error));
    const transaction = rejection(own.publishTransaction([{ topic: 't', messages: [{ value: 'x' }] }]));
    await null;
    expect(await timed(own.disconnect())).toBeLessThan(SILENT);
    expect(reasons).toHaveLength(100);
    for (const reason of reasons) {
      expect(reason).toMatchObject({
        name: expect.stringMatching(/^Kafka/),
        code: expect.stringMatching(/^ERR_KAFKA_/),
      });
    }
    expect((await transaction).code).toMatch(/^ERR_KAFKA_/);
  });

  test('cleanup ends an initialization, starts and admin calls that wait', async () => {
    consumers.registerHandler('one', () => {});
    consumers.registerHandler('two', () => {});
    const calls = [
      initializeKafka4(),
      consumers.startConsumer('one'),
      consumers.startConsumer('two', 'another-group'),
      kafkaAdminService.listTopics(),
      producer.publishBatch('one', [{ value: 'x' }]),
    ].map((call) => rejection(call));
    // Forty more than the core has threads for.
    const many = Array.from({ length: 40 }, () => rejection(kafkaAdminService.listTopics()));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await timed(kafkaInitializationService.cleanup())).toBeLessThan(SILENT);
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({
        name: expect.stringMatching(/^Kafka/),
        code: expect.stringMatching(/^ERR_KAFKA_/),
      });
    }
    await kafkaAdminService.disconnect();
    await Promise.all(many);
    expect(consumers.getActiveConsumers()).toEqual([]);
  });

  test('stopConsumer ends a start that waits', async () => {
    consumers.registerHandler('one', () => {});
    const start = rejection(consumers.startConsumer('one'));
    expect(await timed(consumers.stopConsumer('one'))).toBeLessThan(SILENT);
    expect((await start).code).toMatch(/^ERR_KAFKA_/);
  });
});
