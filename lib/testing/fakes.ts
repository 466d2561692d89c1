/** Fakes of the services: the real ones on a cluster in memory, without the addon. */
import * as timers from 'node:timers';
import { asyncDispose } from '../kafka/dispose.js';
import { KafkaStateError } from '../kafka/errors.js';
import * as kafka from '../kafka/index.js';
import { state } from '../kafka/state.js';
import { testing } from './current.js';
import { type FakeBinding, makeBinding } from './fake/binding.js';
import { assertTopicName, publishedEvent, waitFor } from './published.js';
import { hooksOf } from './runner.js';
import type { EventMatcher, PublishedEvent, TestKafka, UseOptions, WaitOptions } from './types.js';

const { setImmediate } = timers;

/** ms that handlers get to finish after a test. */
const STOP_MS = 1_000;

/** Of the event loop, after which a publish that nobody awaits is there. */
const TURNS = 4;

/** Everything that `kafka4` exports, on the fakes. */
export type FakeKafkaModule = typeof kafka & { default: typeof kafka };

export interface FailOptions {
  /** How many publishes fail. Default 1. */
  times?: number;
  /** Only publishes to this topic. */
  topic?: string;
}

class FakeKafka implements TestKafka {
  readonly kind = 'fake';
  readonly #fake: FakeBinding;

  constructor(fake: FakeBinding) {
    this.#fake = fake;
  }

  async publishedEvents(topic?: string): Promise<PublishedEvent[]> {
    if (topic !== undefined) assertTopicName(topic);
    // What was published in this tick crosses at its end, after a connect if need be.
    for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => void setImmediate(resolve));
    const { log } = this.#fake.cluster;
    return log.filter((record) => topic === undefined || record.topic === topic).map(publishedEvent);
  }

  async waitForEvent(what: EventMatcher, options?: WaitOptions): Promise<PublishedEvent> {
    return waitFor((topic) => this.publishedEvents(topic), what, options);
  }

  async forget(): Promise<void> {
    const { timeout } = kafka.kafkaConfig;
    // It also bounds how long a stop waits for handlers, and one of a test may never end.
    kafka.kafkaConfig.timeout = Math.min(timeout, STOP_MS);
    try {
      await kafka.kafkaInitializationService.cleanup();
    } finally {
      kafka.kafkaConfig.timeout = timeout;
      this.#fake.cluster.empty();
    }
  }

  async dispose(): Promise<void> {
    await this.forget();
  }

  [asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/**
 * Puts the services of this test file on a cluster in memory and gives the exports of `kafka4`. Checks, envelopes, errors
 * and order are those of the real services; the native addon is not loaded. Has to come before anything uses kafka4:
 * else `ERR_KAFKA_TESTING_TOO_LATE`. Calling it again is nothing.
 *
 * @example
 * jest.mock('kafka4', () => require('kafka4/testing').fakeKafka());
 * vi.mock('kafka4', async () => (await import('kafka4/testing')).fakeKafka());
 */
export function fakeKafka(): FakeKafkaModule {
  const shared = state();
  const known = testing();
  if (known.fake === undefined || shared.binding !== known.fake.binding) {
    if (shared.binding !== undefined) throw tooLate();
    known.fake = makeBinding();
    shared.binding = known.fake.binding;
    giveBackOwnErrors(known.fake);
  }
  known.current = new FakeKafka(known.fake);
  return { ...kafka, default: kafka };
}

/**
 * `fakeKafka()`, and after each test everything is as before: consumers are stopped, what was published and committed is
 * forgotten, no failure is planned. Registered handlers and topics stay. To be called at the top of the test file.
 *
 * @example
 * useFakeKafka();
 * test('a registration is published', async () => {
 *   await register('u-1');
 *   expect(await publishedEvents()).toMatchObject([{ eventType: 'user.registered', key: 'u-1' }]);
 * });
 */
export function useFakeKafka(options: UseOptions = {}): TestKafka {
  const hooks = hooksOf(options.runner, 'useFakeKafka');
  fakeKafka();
  if (options.topics !== undefined) kafka.declareTopics(options.topics);
  const current = testing().current as TestKafka;
  hooks.afterEach(() => current.forget());
  return current;
}

/**
 * Lets the next publish, batch or transaction fail: with a code as brokers give it (then a KafkaPublishError of that code
 * rejects, as from a real broker), or with an Error of your own (that very object rejects). Fakes only.
 *
 * @example
 * failNextPublish('ERR_KAFKA_MSG_TIMED_OUT');
 * await expect(register('u-1')).rejects.toMatchObject({ code: 'ERR_KAFKA_MSG_TIMED_OUT', retriable: true });
 */
export function failNextPublish(error: string | Error = 'ERR_KAFKA_MSG_TIMED_OUT', options: FailOptions = {}): void {
  const { times = 1, topic } = options;
  fakeOf('failNextPublish').cluster.failures.plan(error, times, topic);
}

/**
 * Takes the fake brokers away, or brings them back: initializing and starting reject with KafkaConnectionError, publishes
 * with `ERR_KAFKA_CONNECTION_FAILED` where nothing was connected yet (each test begins so), with `ERR_KAFKA_MSG_TIMED_OUT` on
 * a connected producer, all at once; health is false and the status `unhealthy`. Fakes only.
 *
 * @example
 * setBrokersAway(true);
 * expect(await checkKafkaHealth()).toBe(false);
 */
export function setBrokersAway(away: boolean): void {
  fakeOf('setBrokersAway').cluster.away = away === true;
}

function fakeOf(call: string): FakeBinding {
  const { fake } = testing();
  if (fake !== undefined) return fake;
  throw new KafkaStateError(
    'ERR_KAFKA_TESTING_NOT_STARTED',
    `${call} works on the fakes: call useFakeKafka() at the top of the test file`,
  );
}

const PUBLISHES = [
  'publishUserEvent',
  'publishCourseEvent',
  'publishNotificationEvent',
  'publishChatEvent',
  'publishAnalyticsEvent',
  'publishBatch',
  'publishTransaction',
] as const;

/** Errors cross the border as data; a test that gave one wants the same object back. */
function giveBackOwnErrors(fake: FakeBinding): void {
  const prototype = Object.getPrototypeOf(kafka.kafkaProducerService) as Record<string, unknown>;
  for (const name of PUBLISHES) {
    const publish = prototype[name] as (...args: unknown[]) => Promise<unknown>;
    prototype[name] = {
      [name](this: unknown, ...args: unknown[]): Promise<unknown> {
        return publish.apply(this, args).catch((error: unknown) => {
          throw fake.cluster.failures.original(error);
        });
      },
    }[name];
  }
}

function tooLate(): KafkaStateError {
  return new KafkaStateError(
    'ERR_KAFKA_TESTING_TOO_LATE',
    'the addon of kafka4 is in use in this test file already, since something that was imported uses kafka4 at its top ' +
      '(declareTopics, kafkaConfig, a handler with a retry policy): put the fakes before it, as the factory of ' +
      "jest.mock('kafka4', …) or vi.mock, or in a file of the runner's setupFiles (docs/testing.md, \"The fakes\")",
  );
}
