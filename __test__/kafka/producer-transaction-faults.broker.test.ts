// Transactions while the broker does not answer: everything stays bounded, nothing blocks the program.

import {
  KafkaProducerService,
  KafkaTransactionError,
  kafkaAdminService,
  kafkaConfig,
  kafkaInitializationService,
} from '@/lib/kafka';
import { timed } from '../support/deferred';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { newTopic } from '../support/topics';
import { rejection, thrown, unique } from '../support/until';

const TIMEOUT = 4_000;

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
  Object.assign(kafkaConfig, { brokers: [broker.brokers], timeout: TIMEOUT, logLevel: 0 });
});
afterEach(() => broker.thaw());
afterAll(async () => {
  await kafkaInitializationService.cleanup();
  await kafkaAdminService.disconnect();
  await broker.stop();
});

/** A service whose transactions work, and a topic. */
async function ready(): Promise<{ own: KafkaProducerService; topic: string }> {
  // A broker that was frozen a moment ago takes its time; what is bounded comes after this.
  kafkaConfig.timeout = 30_000;
  const topic = await newTopic();
  kafkaConfig.timeout = TIMEOUT;
  const own = new KafkaProducerService();
  await own.publishTransaction([{ topic, messages: [{ value: 'works' }] }]);
  return { own, topic };
}

test('a transaction rejects in bounded time and tells its outcome; later ones work again', async () => {
  const { own, topic } = await ready();
  broker.freeze();
  const begun = performance.now();
  const error = await rejection(own.publishTransaction([{ topic, messages: [{ value: 'nobody answers' }] }]));
  // As every publish: four times KAFKA_TIMEOUT.
  expect(performance.now() - begun).toBeLessThan(4 * TIMEOUT + 2_000);
  expect(error).toBeInstanceOf(KafkaTransactionError);
  expect(['aborted', 'unknown']).toContain(error.details.outcome);
  expect(error.retriable).toBe(error.details.outcome === 'aborted');
  broker.thaw();
  await own.publishTransaction([{ topic, messages: [{ value: 'again' }] }]);
  await own.disconnect();
});

test('setTransactionalId during a transaction answers at once', async () => {
  const { own, topic } = await ready();
  broker.freeze();
  const running = Promise.allSettled([own.publishTransaction([{ topic, messages: [{ value: 'v' }] }])]);
  // The call has crossed the border when some turns of the loop are over.
  for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  const begun = performance.now();
  expect(thrown(() => own.setTransactionalId(unique('late'))).code).toBe('ERR_KAFKA_CONFIG_NOT_LIVE');
  expect(performance.now() - begun).toBeLessThan(1_000);
  broker.thaw();
  await running;
  await own.disconnect();
});

test('disconnect() during a transaction ends within KAFKA_TIMEOUT', async () => {
  const { own, topic } = await ready();
  broker.freeze();
  const running = [1, 2, 3].map(() => own.publishTransaction([{ topic, messages: [{ value: 'v' }] }]));
  const settled = Promise.allSettled(running);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await timed(own.disconnect())).toBeLessThan(TIMEOUT + 2_000);
  broker.thaw();
  // The first one was under way; those behind it do not start after the stop, and are told so.
  for (const outcome of await settled) {
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(KafkaTransactionError);
  }
  // The next one connects again, when the broker is back.
  kafkaConfig.timeout = 30_000;
  await own.publishTransaction([{ topic, messages: [{ value: 'after' }] }]);
  kafkaConfig.timeout = TIMEOUT;
  await own.disconnect();
});
