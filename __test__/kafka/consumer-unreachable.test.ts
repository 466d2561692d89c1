// Starting a consumer when nobody answers.

import {
  kafkaConsumerService as consumers,
  KafkaConnectionError,
  kafkaConfig,
  kafkaInitializationService,
} from '@/lib/kafka';
import { timed } from '../support/deferred';
import { silentServer, unusedPort } from '../support/listeners';
import { rejection } from '../support/until';

Object.assign(process.env, { KAFKA_LOG_LEVEL: '0', KAFKA_TIMEOUT: '2000', KAFKA_BROKER: 'localhost:1' });

let server: Awaited<ReturnType<typeof silentServer>> | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
  await kafkaInitializationService.cleanup();
});

const topics = ['a', 'b', 'c', 'd'];

async function startAll(): Promise<PromiseSettledResult<void>[]> {
  for (const topic of topics) consumers.registerHandler(topic, () => {});
  return Promise.allSettled(topics.map((topic) => consumers.startConsumer(topic)));
}

test('no broker: startConsumer rejects within KAFKA_TIMEOUT with the address and the reason', async () => {
  const address = `127.0.0.1:${await unusedPort()}`;
  kafkaConfig.brokers = [address];
  consumers.registerHandler('topic', () => {});
  const started = performance.now();
  const error = await rejection(consumers.startConsumer('topic'));
  expect(performance.now() - started).toBeLessThan(4_000);
  expect(error).toBeInstanceOf(KafkaConnectionError);
  expect(error).toMatchObject({
    code: expect.stringMatching(/^ERR_KAFKA_/),
    message: expect.stringContaining(address),
  });
  expect(consumers.isConsumerActive('topic')).toBe(false);
});

test('a broker that never answers: several starts together are all over within KAFKA_TIMEOUT', async () => {
  server = await silentServer();
  kafkaConfig.brokers = [server.address];
  let results: PromiseSettledResult<void>[] = [];
  const took = await timed(
    startAll().then((settled) => {
      results = settled;
    }),
  );
  expect(results.map(({ status }) => status)).toEqual(topics.map(() => 'rejected'));
  for (const result of results as PromiseRejectedResult[]) expect(result.reason).toBeInstanceOf(KafkaConnectionError);
  expect(consumers.getActiveConsumers()).toEqual([]);
  expect(took).toBeLessThan(4_000);
});

test('cleanup() while starts wait for a broker that never answers is bounded by KAFKA_TIMEOUT', async () => {
  server = await silentServer();
  kafkaConfig.brokers = [server.address];
  const starting = startAll();
  expect(await timed(kafkaInitializationService.cleanup())).toBeLessThan(4_000);
  await starting;
  expect(consumers.getActiveConsumers()).toEqual([]);
});
