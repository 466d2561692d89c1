/**
 * `kafka4/testing`: an embedded broker or fakes of the services in one line, for jest, vitest and node:test. See
 * docs/testing.md.
 */
export { publishedEvents, waitForEvent } from './current.js';
export { type DeliverOptions, deliver } from './deliver.js';
export { startEmbeddedKafka, useEmbeddedKafka } from './embedded.js';
export {
  type FailOptions,
  type FakeKafkaModule,
  failNextPublish,
  fakeKafka,
  setBrokersAway,
  useFakeKafka,
} from './fakes.js';
export type {
  EmbeddedOptions,
  EventEnvelope,
  EventMatcher,
  EventToDeliver,
  PublishedEvent,
  Runner,
  TestKafka,
  UseOptions,
  WaitOptions,
} from './types.js';
