// @confluentinc/kafka-javascript. Row one: its promises, as KafkaJS has them. Row two: its callbacks, as node-rdkafka
// has them.

import { KAFKAJS_ACCESS } from '../lib/access.mjs';
import * as peers from '../lib/peers.mjs';
import { broker, CONSUMER, producerProperties } from '../lib/settings.mjs';
import * as callbacks from './confluent-callbacks.mjs';

const PACKAGE = '@confluentinc/kafka-javascript';
const CALLBACKS = 'confluent-rdkafka';
export const rows = [
  { name: 'confluent', title: '@confluentinc/kafka-javascript', slow: 'message' },
  { name: CALLBACKS, title: '@confluentinc/kafka-javascript, callbacks', slow: true },
];
export const unavailable = () => peers.problem(PACKAGE);
export const version = () => peers.version(PACKAGE);

async function open() {
  const { default: library } = await import(PACKAGE);
  return { library, common: { 'bootstrap.servers': broker(), 'client.id': 'bench' } };
}

export async function consumer(options, tally, row) {
  const { library, common } = await open();
  const { topics, group, each } = options;
  const properties = { ...common, ...CONSUMER, 'group.id': group };
  if (row === CALLBACKS) return callbacks.consumer(library, properties, options, tally);
  const { Kafka, logLevel } = library.KafkaJS;
  const client = new Kafka({ kafkaJS: { brokers: [], logLevel: logLevel.ERROR } }).consumer({
    ...properties,
    // Its default of 32 is for handlers that take long.
    'js.consumer.max.batch.size': -1,
  });
  await client.connect();
  await client.subscribe({ topics });
  const take = tally.taker(KAFKAJS_ACCESS);
  if (each === 'batch') {
    await client.run({
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) take(message);
      },
    });
  } else {
    await client.run({
      eachMessage: async ({ message }) => {
        take(message);
      },
    });
  }
  return { close: () => client.disconnect() };
}

export async function producer(options, row) {
  const { library, common } = await open();
  const properties = { ...common, ...producerProperties(options) };
  if (row === CALLBACKS) return callbacks.producer(library, properties, options);
  const { Kafka, logLevel } = library.KafkaJS;
  const client = new Kafka({ kafkaJS: { brokers: [], logLevel: logLevel.ERROR } }).producer(properties);
  await client.connect();
  return {
    send: (topic, messages) => client.send({ topic, messages }),
    close: () => client.disconnect(),
  };
}
