/** An embedded broker for one test file. */
import { randomInt } from 'node:crypto';
import { kafkaAdminService } from '../kafka/admin.js';
import { Context } from '../kafka/context.js';
import { asyncDispose } from '../kafka/dispose.js';
import { invalid, KafkaStateError, show } from '../kafka/errors.js';
import { initializeKafka4, kafkaInitializationService } from '../kafka/initialization.js';
import { kafkaConfig } from '../kafka/kafka-config.js';
import { declareTopics } from '../kafka/topics.js';
import { testing } from './current.js';
import { assertTopicName, waitFor } from './published.js';
import { hooksOf } from './runner.js';
import { Tap } from './tap.js';
import type { EmbeddedOptions, EventMatcher, PublishedEvent, TestKafka, UseOptions, WaitOptions } from './types.js';

/** Brokers of one cluster. */
const MOST_BROKERS = 9;

/** ms that handlers get to finish at the end of a test file. */
const STOP_MS = 2_000;

class EmbeddedKafka implements TestKafka {
  readonly kind = 'embedded';
  readonly #tap: Tap;
  readonly #restore: () => void;
  #disposing: Promise<void> | undefined;

  constructor(tap: Tap, restore: () => void) {
    this.#tap = tap;
    this.#restore = restore;
  }

  async publishedEvents(topic?: string): Promise<PublishedEvent[]> {
    if (topic !== undefined) assertTopicName(topic);
    const events = await this.#tap.read();
    return topic === undefined ? events : events.filter((event) => event.topic === topic);
  }

  async waitForEvent(what: EventMatcher, options?: WaitOptions): Promise<PublishedEvent> {
    return waitFor((topic) => this.publishedEvents(topic), what, options);
  }

  forget(): Promise<void> {
    return this.#tap.forget();
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    const { timeout } = kafkaConfig;
    // It also bounds how long a stop waits for handlers, and one of a test may never end.
    kafkaConfig.timeout = Math.min(timeout, STOP_MS);
    try {
      await Promise.all([kafkaInitializationService.cleanup(), this.#tap.end()]);
      await kafkaAdminService.disconnect();
      this.#restore();
    } finally {
      kafkaConfig.timeout = timeout;
      if (testing().current === this) testing().current = undefined;
    }
  }

  [asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/**
 * Starts an embedded broker for this test file, with the declared topics, and connects the services to it. Rejects with
 * `ERR_KAFKA_TESTING_RUNNING` when this file has a broker or fakes already, and with what `initializeKafka4()` rejects with.
 *
 * @example
 * const kafka = await startEmbeddedKafka({ topics: { orders: { partitions: 3 } } });
 * await kafkaProducerService.publishBatch('orders', [{ key: 'o-1', value: '{}' }]);
 * expect(await kafka.publishedEvents('orders')).toHaveLength(1);
 * await kafka.dispose();
 */
export async function startEmbeddedKafka(options: Omit<EmbeddedOptions, 'runner'> = {}): Promise<TestKafka> {
  const { brokers: count = 1 } = options;
  assertBrokers(count);
  if (testing().current?.kind === 'fake') {
    throw new KafkaStateError(
      'ERR_KAFKA_TESTING_RUNNING',
      'this test file is on the fakes, and stays there: use the embedded broker in another file',
    );
  }
  if (testing().current !== undefined) {
    throw new KafkaStateError(
      'ERR_KAFKA_TESTING_RUNNING',
      'this test file has a broker or fakes already: dispose of them first',
    );
  }
  if (options.topics !== undefined) declareTopics(options.topics);
  const { brokers, securityProtocol } = kafkaConfig;
  const context = ownCluster(count);
  const tap = new Tap(context);
  const kafka = new EmbeddedKafka(tap, () => {
    Object.assign(kafkaConfig, { brokers, securityProtocol });
    context.native.endEmbedded();
  });
  try {
    kafkaConfig.securityProtocol = 'PLAINTEXT';
    kafkaConfig.brokers = JSON.parse(context.native.get('brokers')) as string[];
    await initializeKafka4();
    await tap.start();
  } catch (error) {
    await kafka.dispose().catch(() => {});
    throw error;
  }
  testing().current = kafka;
  return kafka;
}

/**
 * An embedded broker for this test file: started before its tests, gone after them. `publishedEvents` begins anew with each
 * test; consumers, handlers and offsets live as long as the file. To be called at the top of the test file.
 *
 * @example
 * useEmbeddedKafka();
 * test('a registration arrives', async () => {
 *   await register('u-1');
 *   expect(await waitForEvent('user.registered')).toMatchObject({ key: 'u-1' });
 * });
 */
export function useEmbeddedKafka(options: EmbeddedOptions & UseOptions = {}): void {
  assertBrokers(options.brokers ?? 1);
  const hooks = hooksOf(options.runner, 'useEmbeddedKafka');
  let kafka: TestKafka | undefined;
  hooks.beforeAll(async () => {
    kafka = await startEmbeddedKafka(options);
  });
  hooks.afterEach(async () => kafka?.forget());
  hooks.afterAll(async () => kafka?.dispose());
}

function assertBrokers(brokers: number): void {
  if (Number.isInteger(brokers) && brokers >= 1 && brokers <= MOST_BROKERS) return;
  throw invalid(`brokers is a whole number from 1 to ${MOST_BROKERS}, not ${show(brokers)}`);
}

/** A cluster that nobody else in this process has: other test files and worker threads have others. */
function ownCluster(brokers: number): Context {
  const own = randomInt(1, 2 ** 32);
  return new Context({
    KAFKA_BROKER: `embedded:${brokers}/${own}`,
    KAFKA_CLIENT_ID: 'kafka4-testing',
    KAFKA_CONSUMER_GROUP: `kafka4-testing-${own}`,
  });
}
