// KafkaJS with its default settings, acks=all.

import { load } from '../peers.mjs';

function client({ brokers, name }) {
  const { Kafka, logLevel } = load('kafkajs');
  return new Kafka({ clientId: name, brokers: brokers.split(','), logLevel: logLevel.NOTHING });
}

export async function producer(settings) {
  const { Partitioners } = load('kafkajs');
  const { idempotent } = settings;
  const made = client(settings).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    ...(idempotent ? { idempotent: true, maxInFlightRequests: 1 } : {}),
  });
  await made.connect();
  return {
    send: (topic, messages) =>
      made
        .send({ topic, messages, acks: -1 })
        .then((stored) => stored.map(({ partition, baseOffset }) => [partition, Number(baseOffset)])),
    close: () => made.disconnect(),
  };
}

export function describe({ name, code, type, retriable }) {
  return { name, code: code ?? type, retriable, told: null };
}

export async function consumer(settings, { handle, event }) {
  const { topic, group } = settings;
  const made = client(settings).consumer({ groupId: group });
  const { GROUP_JOIN, CRASH, REBALANCING } = made.events;
  made.on(CRASH, ({ payload }) => event('crash', { error: payload.error.message, restart: payload.restart }));
  made.on(REBALANCING, () => event('rebalancing', {}));
  await made.connect();
  await made.subscribe({ topic, fromBeginning: true });
  const joined = new Promise((resolve) => made.on(GROUP_JOIN, resolve));
  await made.run({
    partitionsConsumedConcurrently: 6,
    eachMessage: ({ partition, message }) => handle(partition, message.offset, message.value),
  });
  await joined;
  return { close: () => made.disconnect() };
}
