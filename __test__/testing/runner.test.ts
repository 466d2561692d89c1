// The hooks of jest, vitest and node:test, and what is said where there are none.

import { failNextPublish, fakeKafka, publishedEvents, useEmbeddedKafka, useFakeKafka } from '@/lib/testing';
import { hooksOf } from '@/lib/testing/runner';
import { thrown } from '../support/until';

const { kafkaProducerService } = fakeKafka();

function recorder(names: string[]) {
  const calls: [string, () => Promise<void>, unknown][] = [];
  const hooks = names.map((name) => [
    name,
    (run: () => Promise<void>, timeout: unknown) => calls.push([name, run, timeout]),
  ]);
  return { calls, runner: Object.fromEntries(hooks) as Record<string, () => void> };
}

test('hooks that are given are used, with time enough', () => {
  const { calls, runner } = recorder(['beforeAll', 'beforeEach', 'afterEach', 'afterAll']);
  useEmbeddedKafka({ runner });
  expect(calls.map(([name, run, timeout]) => [name, run.length, timeout])).toEqual([
    ['beforeAll', 0, 60_000],
    ['afterEach', 0, 60_000],
    ['afterAll', 0, 60_000],
  ]);
});

test('those of node:test have other names, and take the time as an object', () => {
  const { calls, runner } = recorder(['before', 'beforeEach', 'afterEach', 'after']);
  const hooks = hooksOf(runner, 'useFakeKafka');
  hooks.beforeAll(async () => {});
  hooks.afterAll(async () => {});
  expect(calls.map(([name, , timeout]) => [name, timeout])).toEqual([
    ['before', { timeout: 60_000 }],
    ['after', { timeout: 60_000 }],
  ]);
});

test('the hook after each test forgets what was published and stops what runs', async () => {
  const { calls, runner } = recorder(['beforeAll', 'afterEach', 'afterAll']);
  useFakeKafka({ runner });
  await kafkaProducerService.publishUserEvent('e', 'u', {});
  failNextPublish();
  expect(await publishedEvents()).toHaveLength(1);
  await calls.find(([name]) => name === 'afterEach')?.[1]();
  expect(await publishedEvents()).toEqual([]);
  await kafkaProducerService.publishUserEvent('e', 'u', {});
});

test('without hooks the error tells how to give them', () => {
  const error = thrown(() => useFakeKafka({ runner: {} }));
  expect(error.code).toBe('ERR_KAFKA_TESTING_NO_RUNNER');
  expect(error.message).toContain('useFakeKafka({ runner: vitest })');
  expect(thrown(() => useEmbeddedKafka({ runner: 5 as never }))).toMatchObject({ code: 'ERR_KAFKA_INVALID_ARGUMENT' });
  expect(thrown(() => useEmbeddedKafka({ brokers: 12, runner: {} }))).toMatchObject({
    code: 'ERR_KAFKA_INVALID_ARGUMENT',
  });
});

test.each([
  [() => failNextPublish('soon')],
  [() => failNextPublish(5 as never)],
  [() => failNextPublish('ERR_KAFKA_TRANSPORT', { times: 0 })],
  [() => failNextPublish('ERR_KAFKA_TRANSPORT', { topic: 1 as never })],
])('a failure that cannot be is refused (%#)', (plan) => {
  expect(thrown(plan)).toMatchObject({ code: 'ERR_KAFKA_INVALID_ARGUMENT' });
});

test('the module of the fakes has what kafka4 exports, and is its own default', () => {
  const module = fakeKafka();
  expect(module.default.kafkaProducerService).toBe(module.kafkaProducerService);
  expect(Object.keys(module)).toEqual(
    expect.arrayContaining(['initializeKafka4', 'KafkaProducerService', 'KAFKA_TOPICS']),
  );
});
