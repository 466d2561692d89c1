// Contract section 5: one of each singleton per process, also where a bundler or a hot reload evaluates the module twice.

import { lastLine, runScript } from '../support/child';

afterEach(async () => {
  const { kafkaInitializationService } = await import('@/lib/kafka');
  await kafkaInitializationService.cleanup();
});

const SINGLETONS = [
  'kafkaProducerService',
  'kafkaConsumerService',
  'kafkaAdminService',
  'kafkaMetricsService',
  'kafkaInitializationService',
  'kafkaConfig',
] as const;

test('after jest.resetModules() the module has the same singletons, connections and settings', async () => {
  const first = await import('@/lib/kafka');
  first.kafkaConfig.brokers = ['embedded'];
  await first.initializeKafka4();
  jest.resetModules();
  const second = await import('@/lib/kafka');
  expect(second.KafkaProducerService).not.toBe(first.KafkaProducerService);
  for (const name of SINGLETONS) expect(second[name]).toBe(first[name]);
  expect(second.kafkaInitializationService.isKafkaInitialized()).toBe(true);
  await second.kafkaProducerService.publishUserEvent('e', 'u', {});
});

test('an error of the first evaluation is an instance of the classes of the second', async () => {
  const first = await import('@/lib/kafka');
  jest.resetModules();
  const second = await import('@/lib/kafka');
  const error = await second.kafkaProducerService.publishUserEvent('', 'u', {}).catch((caught: unknown) => caught);
  for (const library of [first, second]) {
    expect(error instanceof library.KafkaSerializationError).toBe(true);
    expect(error instanceof library.Kafka4Error).toBe(true);
    expect(error instanceof library.KafkaConfigError).toBe(false);
  }
  expect(new Error('x') instanceof second.Kafka4Error).toBe(false);
  expect((null as unknown) instanceof second.Kafka4Error).toBe(false);
});

test("'@/lib/kafka' and 'kafka4' share the singletons", async () => {
  const ours = await import('@/lib/kafka');
  const theirs = (await import('kafka4' as string)) as typeof ours;
  for (const name of SINGLETONS) expect(theirs[name]).toBe(ours[name]);
});

test('topics declared through one evaluation are known to the other', async () => {
  const first = await import('@/lib/kafka');
  first.declareTopics({ 'declared-once': { partitions: 2 } });
  jest.resetModules();
  const second = await import('@/lib/kafka');
  expect(second.declaredTopics().map((topic) => topic.name)).toContain('declared-once');
});

test('a process that empties require.cache and loads again has one set of clients, and ends by itself', async () => {
  const result = await runScript(
    `(async () => {
      const { readdirSync } = require('node:fs');
      const threads = () => readdirSync('/proc/self/task').length;
      const first = require('kafka4');
      await first.initializeKafka4();
      await first.kafkaProducerService.publishUserEvent('e', 'u', {});
      const before = threads();
      let same = true;
      for (let i = 0; i < 10; i++) {
        for (const path of Object.keys(require.cache)) delete require.cache[path];
        const again = require('kafka4');
        await again.initializeKafka4();
        await again.kafkaProducerService.publishUserEvent('e', 'u', {});
        same &&= again !== first && again.kafkaProducerService === first.kafkaProducerService;
      }
      const after = threads();
      await require('kafka4').kafkaInitializationService.cleanup();
      console.log(JSON.stringify({ same, before, after }));
    })();`,
    { type: 'commonjs', env: { KAFKA_BROKER: 'embedded' } },
  );
  expect(result).toMatchObject({ code: 0, hung: false });
  const { same, before, after } = lastLine<{ same: boolean; before: number; after: number }>(result);
  expect(same).toBe(true);
  // Another set of clients has more threads than that, and ten would be there; a pool may add one or two.
  expect(after).toBeLessThanOrEqual(before + 3);
});
