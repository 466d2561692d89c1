// Fake timers of the runner stop neither the embedded broker, nor the fakes, nor a wait.

import {
  kafkaConsumerService as consumer,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { publishedEvents, startEmbeddedKafka, waitForEvent } from '@/lib/testing';
import { lastLine, runScript } from '../support/child';

process.env.KAFKA_LOG_LEVEL = '0';

afterEach(() => {
  jest.useRealTimers();
});

test('jest.useFakeTimers(): publishing, consuming, waiting and stopping go on, the clock stands still', async () => {
  const kafka = await startEmbeddedKafka();
  jest.useFakeTimers({ now: 1_800_000_000_000 });
  consumer.registerUserEventHandler(async () => {
    await producer.publishNotificationEvent('seen', 'r', { at: Date.now() });
  });
  await consumer.startConsumer('user-events');
  await producer.publishUserEvent('e', 'u', {});
  const { data, envelope } = await waitForEvent('seen');
  // What the test sets is the time of its own code; envelopes are made in the core.
  expect(data).toEqual({ at: 1_800_000_000_000 });
  expect(Date.parse(envelope?.timestamp ?? '')).not.toBe(1_800_000_000_000);
  expect(await publishedEvents()).toHaveLength(2);
  await consumer.stopAllConsumers();
  await kafkaInitializationService.cleanup();
  await kafka.dispose();
});

test('the fakes take the time of the test for their envelopes', async () => {
  const result = await runScript(
    `const { fakeKafka, publishedEvents } = require('./dist/testing/index.js');
     const { kafkaProducerService: producer, kafkaInitializationService } = fakeKafka();
     for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']) globalThis[name] = () => {};
     Date.now = () => 1_800_000_000_000;
     (async () => {
       await producer.publishUserEvent('e', 'u', {});
       const [{ timestamp, envelope }] = await publishedEvents();
       await kafkaInitializationService.cleanup();
       console.log(JSON.stringify([timestamp, envelope.timestamp]));
     })();`,
    { type: 'commonjs' },
  );
  expect(result).toMatchObject({ code: 0, hung: false });
  expect(lastLine(result)).toEqual(['1800000000000', '2027-01-15T08:00:00.000Z']);
});
