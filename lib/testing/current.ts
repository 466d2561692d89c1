/** The broker or the fakes that this test file works with, and the functions that ask it. */
import { KafkaStateError } from '../kafka/errors.js';
import type { FakeBinding } from './fake/binding.js';
import type { EventMatcher, PublishedEvent, TestKafka, WaitOptions } from './types.js';

interface Testing {
  current?: TestKafka | undefined;
  fake?: FakeBinding;
}

/** On globalThis, as the services are (lib/kafka/state.ts): jest.resetModules() must not lose it. */
const KEY = Symbol.for('kafka4.testing.v1');

export function testing(): Testing {
  const holder = globalThis as unknown as Record<symbol, Testing | undefined>;
  holder[KEY] ??= {};
  return holder[KEY];
}

/** `call`: who asks, for the error. */
export function currentKafka(call: string): TestKafka {
  const { current } = testing();
  if (current !== undefined) return current;
  throw new KafkaStateError(
    'ERR_KAFKA_TESTING_NOT_STARTED',
    `${call} has nothing to ask: call useEmbeddedKafka() or useFakeKafka() at the top of the test file`,
  );
}

/**
 * What was published since the test began and has been acknowledged, oldest first; with `topic` of that topic only. On the
 * embedded broker events of one partition are in their order, others in that of their timestamps.
 *
 * @example
 * await enrol('c-1', 'u-1');
 * expect(await publishedEvents('course-events')).toMatchObject([{ eventType: 'course.enrolled', key: 'c-1' }]);
 */
export async function publishedEvents(topic?: string): Promise<PublishedEvent[]> {
  return currentKafka('publishedEvents').publishedEvents(topic);
}

/**
 * The first published event of this type, or for which the function is true; waits for it, 5 s by default. Rejects with
 * KafkaTimeoutError (`ERR_KAFKA_TIMED_OUT`), whose message lists what was published instead.
 *
 * @example
 * const { data } = await waitForEvent('user.registered', { within: 1_000 });
 * await waitForEvent((event) => event.topic === 'orders' && event.data.total > 100);
 */
export async function waitForEvent(what: EventMatcher, options?: WaitOptions): Promise<PublishedEvent> {
  return currentKafka('waitForEvent').waitForEvent(what, options);
}
