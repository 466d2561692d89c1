// Calls in an order that nobody should choose, on services of their own: every promise settles in time, what was
// acknowledged is stored, and afterwards the service can be used or has ended.

import { fingerprint } from '../ledger.mjs';
import { thrown } from '../values/thrown.mjs';

let topicCount = 0;

/** Connects, disconnects and publishes, many at once. @param {import('../trial.mjs').Trial} t */
export async function producerLifecycle(t) {
  const { random, world } = t;
  const producer = new world.kafka4.KafkaProducerService();
  const calls = [];
  let published = 0;
  const publish = () => {
    const content = { key: null, value: Buffer.from(`life ${t.index} ${published++}`), headers: [] };
    const print = fingerprint('fuzz-one', content);
    world.ledger.give(print, t.index);
    const settled = t.call('publish (lifecycle)', () => producer.publishBatch('fuzz-one', [{ value: content.value }]));
    calls.push(
      settled.then(({ value, error }) => {
        if (value !== undefined) world.ledger.acknowledge([print]);
        else if (error?.results?.[0]?.status === 'unknown') world.ledger.doubt([print]);
      }),
    );
  };
  const steps = {
    connect: () => calls.push(t.call('connect', () => producer.connect())),
    disconnect: () => calls.push(t.call('disconnect', () => producer.disconnect(), { ok: true })),
    publish,
    event: () => calls.push(t.call('publish (lifecycle)', () => producer.publishUserEvent('e', '', {}), { ok: false })),
    transaction: () => calls.push(t.call('transaction (lifecycle)', () => producer.publishTransaction([]))),
    getter: () => {
      t.is('getter that disconnects');
      const message = {
        get value() {
          calls.push(t.call('disconnect', () => producer.disconnect(), { ok: true }));
          return `life ${t.index} in a getter`;
        },
      };
      const print = fingerprint('fuzz-one', {
        key: null,
        value: Buffer.from(`life ${t.index} in a getter`),
        headers: [],
      });
      world.ledger.give(print, t.index);
      calls.push(
        t
          .call('publish (lifecycle)', () => producer.publishBatch('fuzz-one', [message]))
          .then(({ value, error }) => {
            if (value !== undefined) world.ledger.acknowledge([print]);
            else if (error?.results?.[0]?.status === 'unknown') world.ledger.doubt([print]);
          }),
      );
    },
    tick: () => new Promise((resolve) => setImmediate(resolve)),
    settle: () => Promise.all(calls),
  };
  if (random.once(4)) {
    t.is('20 concurrent connect and disconnect');
    for (let i = 0; i < 20; i++) steps[i % 2 === 0 ? 'connect' : 'disconnect']();
    publish();
  } else {
    t.is('lifecycle of a producer');
    for (let i = random.between(2, 12); i > 0; i--) {
      await steps[
        random.pick(['connect', 'disconnect', 'publish', 'publish', 'event', 'transaction', 'getter', 'tick', 'settle'])
      ]();
    }
  }
  for (let seen = -1; seen !== calls.length; ) {
    seen = calls.length;
    await Promise.all(calls);
  }
  await t.call('disconnect', () => producer.disconnect(), { ok: true });
}

/** Starts, stops and handlers that do both. @param {import('../trial.mjs').Trial} t */
export async function consumerLifecycle(t) {
  const { random, world } = t;
  const { KafkaConsumerService, kafkaAdminService } = world.kafka4;
  const consumer = new KafkaConsumerService();
  // Few topics, many groups: the embedded broker cannot delete a topic.
  const topic = `life-${topicCount++ % 20}`;
  await kafkaAdminService.createTopics([{ name: topic, partitions: 2, retentionMs: 3_600_000 }]);
  await t.call(
    'publish (lifecycle)',
    () =>
      world.producer.publishBatch(topic, [
        { value: 'a', partition: 0 },
        { value: 'b', partition: 1 },
      ]),
    { ok: true },
  );
  const calls = [];
  const inHandler = random.pick([
    'nothing',
    'stop',
    'stop all',
    'start again',
    'never settles',
    'throws',
    'unregisters',
  ]);
  t.is(`handler: ${inHandler}`);
  let open = () => {};
  const error = thrown(random);
  const run = () => {
    switch (inHandler) {
      case 'stop':
        return void calls.push(t.call('stopConsumer', () => consumer.stopConsumer(topic), { ok: true }));
      case 'stop all':
        return void calls.push(t.call('stopAllConsumers', () => consumer.stopAllConsumers(), { ok: true }));
      case 'start again':
        return void calls.push(t.call('startConsumer', () => consumer.startConsumer(topic, group)));
      case 'never settles':
        // Until the case is over, or the process would keep the promise for ever.
        return new Promise((resolve) => {
          open = () => resolve(undefined);
        });
      case 'throws':
        throw error;
      case 'unregisters':
        consumer.registerHandler(topic, () => {});
        return undefined;
      default:
        return undefined;
    }
  };
  const group = `life-${t.index}`;
  const steps = {
    start: () => calls.push(t.call('startConsumer', () => consumer.startConsumer(topic, group))),
    'start in another group': () =>
      calls.push(t.call('startConsumer', () => consumer.startConsumer(topic, `${group}-b`))),
    'start all': () => calls.push(t.call('startAllConsumers', () => consumer.startAllConsumers())),
    stop: () => calls.push(t.call('stopConsumer', () => consumer.stopConsumer(topic), { ok: true })),
    'stop all': () => calls.push(t.call('stopAllConsumers', () => consumer.stopAllConsumers(), { ok: true })),
    tick: () => new Promise((resolve) => setTimeout(resolve, random.below(30))),
  };
  consumer.registerHandler(topic, run, { retry: { attempts: 1, deadLetter: false } });
  steps.start();
  for (let i = random.between(1, 6); i > 0; i--) await steps[random.pick(Object.keys(steps))]();
  for (let seen = -1; seen !== calls.length; ) {
    seen = calls.length;
    await Promise.all(calls);
  }
  await t.call('stopAllConsumers', () => consumer.stopAllConsumers(), { ok: true });
  open();
  if (consumer.getActiveConsumers().length > 0)
    t.finding('still active', `${consumer.getActiveConsumers()} after stopAllConsumers`);
}

/** Everything up and down at the same time. @param {import('../trial.mjs').Trial} t */
export async function initializationLifecycle(t) {
  const { random, world } = t;
  const k = world.kafka4;
  const producer = new k.KafkaProducerService();
  const consumer = new k.KafkaConsumerService();
  const services = new k.KafkaInitializationService(producer, consumer);
  t.is('lifecycle of everything');
  const calls = [];
  for (let i = random.between(2, 10); i > 0; i--) {
    const step = random.pick(['initialize', 'cleanup', 'getStatus', 'checkHealth', 'tick', 'connect', 'disconnect']);
    if (step === 'tick') await new Promise((resolve) => setImmediate(resolve));
    else if (step === 'connect' || step === 'disconnect') calls.push(t.call(step, () => producer[step]()));
    else if (step === 'cleanup') calls.push(t.cleanup(step, () => services.cleanup(), {}));
    else calls.push(t.call(step, () => services[step]()));
  }
  await Promise.all(calls);
  t.sync('getMetrics', () => services.getMetrics(), { ok: true });
  t.sync('getTopicReports', () => services.getTopicReports(), { ok: true });
  await t.cleanup('cleanup', () => services.cleanup());
  if (services.isKafkaInitialized()) t.finding('still active', 'initialized after cleanup');
}
