// AbortSignal: initializeKafka4, connect, startConsumer. Who aborts is rejected with the signal's reason, and nothing is left
// half done.

import {
  kafkaConsumerService as consumers,
  initializeKafka4,
  KafkaProducerService,
  kafkaAdminService,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useEmbeddedBroker } from '../support/broker';
import { timed } from '../support/deferred';
import { silentServer } from '../support/listeners';
import { keep, newTopic, numbered } from '../support/topics';
import { rejection, until } from '../support/until';

useEmbeddedBroker();

/** A setting that cannot be changed while anything is open. */
const nothingIsOpen = () => {
  try {
    kafkaConfig.clientId = 'abort';
    return true;
  } catch {
    return false;
  }
};

/** Calls that wait for a broker, by their name. */
const CALLS: [string, (signal: AbortSignal) => Promise<unknown>][] = [
  ['initializeKafka4', (signal) => initializeKafka4({ signal })],
  ['producer.connect', (signal) => producer.connect({ signal })],
  ['admin.connect', (signal) => kafkaAdminService.connect({ signal })],
  ['startConsumer', (signal) => consumers.startConsumer('some-topic', undefined, { signal })],
];

describe('a broker that never answers', () => {
  let server: Awaited<ReturnType<typeof silentServer>>;
  beforeEach(async () => {
    await kafkaInitializationService.cleanup();
    server = await silentServer();
    kafkaConfig.brokers = [server.address];
    consumers.registerHandler('some-topic', () => {});
  });
  afterEach(async () => {
    await kafkaInitializationService.cleanup();
    await until('nothing is open', nothingIsOpen);
    await server.close();
    kafkaConfig.brokers = ['embedded'];
  });

  test.each(CALLS)(
    '%s rejects with the reason as soon as its signal is aborted, and closes what it opened',
    async (_, call) => {
      const controller = new AbortController();
      const reason = new Error('nobody wants it any more');
      const error = rejection(call(controller.signal));
      await until('it tries to connect', () => server.connections() > 0);
      expect(nothingIsOpen()).toBe(false);
      controller.abort(reason);
      const ms = await timed(error);
      expect(await error).toBe(reason);
      // Without the abort it waits for KAFKA_TIMEOUT, which is 30 s.
      expect(ms).toBeLessThan(2_000);
      // Not waited for by the caller: the connection goes by itself.
      await until('nothing is open', nothingIsOpen, 5_000);
      expect(consumers.getActiveConsumers()).toEqual([]);
      expect(kafkaInitializationService.isKafkaInitialized()).toBe(false);
    },
  );

  test.each(CALLS)('%s: AbortSignal.timeout bounds the call', async (_, call) => {
    const error = await rejection(call(AbortSignal.timeout(200)));
    expect(error.name).toBe('TimeoutError');
  });

  test('one of two callers aborts: the connect goes on for the other, whose abort ends it', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const first = rejection(producer.connect({ signal: one.signal }));
    let settled = false;
    const second = rejection(producer.connect({ signal: two.signal })).finally(() => {
      settled = true;
    });
    await until('it tries to connect', () => server.connections() > 0);
    one.abort();
    expect((await first).name).toBe('AbortError');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect([settled, nothingIsOpen()]).toEqual([false, false]);
    two.abort('enough');
    expect(await second).toBe('enough');
    await until('nothing is open', nothingIsOpen, 5_000);
  });

  test('a publish that waits keeps the connect that another call has given up', async () => {
    const controller = new AbortController();
    const connect = rejection(producer.connect({ signal: controller.signal }));
    let settled = false;
    const publish = rejection(producer.publishBatch('some-topic', [{ value: 'x' }])).finally(() => {
      settled = true;
    });
    await until('it tries to connect', () => server.connections() > 0);
    controller.abort();
    await connect;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(settled).toBe(false);
    await producer.disconnect();
    expect(await publish).toMatchObject({ code: 'ERR_KAFKA_CANCELLED', retriable: true });
  });

  test('after an abort the next connect is a new one', async () => {
    const controller = new AbortController();
    const error = rejection(producer.connect({ signal: controller.signal }));
    await until('it tries to connect', () => server.connections() > 0);
    controller.abort();
    await error;
    const again = new AbortController();
    const next = rejection(producer.connect({ signal: again.signal }));
    await until('it tries once more', () => server.connections() > 1);
    again.abort('again');
    expect(await next).toBe('again');
  });
});

test.each(CALLS)('%s with a signal that is aborted already does nothing', async (_, call) => {
  await kafkaInitializationService.cleanup();
  await kafkaAdminService.disconnect();
  const error = await rejection(call(AbortSignal.abort()));
  expect(error.name).toBe('AbortError');
  expect(nothingIsOpen()).toBe(true);
});

test.each(CALLS.slice(0, 3))('%s works with a signal, whose later abort changes nothing', async (_, call) => {
  const controller = new AbortController();
  await call(controller.signal);
  controller.abort();
  const topic = await newTopic();
  expect(await producer.publishBatch(topic, [{ value: 'x' }])).toHaveLength(1);
});

test('an abort while another caller waits without a signal: that one gets its connection', async () => {
  const own = new KafkaProducerService();
  const controller = new AbortController();
  const first = rejection(own.connect({ signal: controller.signal }));
  const second = own.connect();
  controller.abort();
  expect((await first).name).toBe('AbortError');
  await second;
  expect(own.nativeService().isConnected()).toBe(true);
  await own.disconnect();
});

test('startConsumer: an abort after the start stops the topic, with its commit', async () => {
  const topic = await newTopic();
  const kept = keep(topic);
  const controller = new AbortController();
  await consumers.startConsumer(topic, undefined, { signal: controller.signal });
  await producer.publishBatch(topic, numbered(10));
  await until('10 messages', () => kept.length === 10);
  controller.abort();
  await until('it is stopped', () => !consumers.isConsumerActive(topic));
  await producer.publishBatch(topic, [{ value: 'later' }]);
  await consumers.startConsumer(topic);
  await until('only what was not handled', () => kept.length > 10);
  expect(kept.slice(10).map((message) => message.text())).toEqual(['later']);
});

test('startConsumer: the signal of a start that was stopped has no hold on the next one', async () => {
  const topic = await newTopic();
  keep(topic);
  const controller = new AbortController();
  await consumers.startConsumer(topic, undefined, { signal: controller.signal });
  await consumers.stopConsumer(topic);
  await consumers.startConsumer(topic);
  controller.abort();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(consumers.isConsumerActive(topic)).toBe(true);
});

test.each([null, 7, 'signal', () => {}])(
  'options that are %p are a KafkaValidationError, as a rejection',
  async (options) => {
    const given = options as never;
    const calls = [
      initializeKafka4(given),
      producer.connect(given),
      kafkaAdminService.connect(given),
      consumers.startConsumer('t', undefined, given),
    ];
    for (const call of calls) expect(await rejection(call)).toMatchObject({ code: 'ERR_KAFKA_INVALID_ARGUMENT' });
  },
);

test.each([null, 7, {}, { aborted: false }, { aborted: true, reason: 'x' }])(
  'a signal that is none is a KafkaValidationError, no matter what it pretends to be (%#)',
  async (signal) => {
    for (const [, call] of CALLS) {
      expect(await rejection(call(signal as AbortSignal))).toMatchObject({ code: 'ERR_KAFKA_INVALID_ARGUMENT' });
    }
    const hostile = {
      get signal(): AbortSignal {
        throw new Error('not for you');
      },
    };
    expect(await rejection(initializeKafka4(hostile))).toMatchObject({ code: 'ERR_KAFKA_INVALID_ARGUMENT' });
  },
);

test('test runners take them for functions without parameters', () => {
  // jest would hand its `done` to `beforeAll(initializeKafka4)`.
  const calls = [initializeKafka4, kafkaInitializationService.initialize, producer.connect];
  expect(calls.map((call) => call.length)).toEqual([0, 0, 0]);
});
