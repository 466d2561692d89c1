// @confluentinc/kafka-javascript by its promise API, with its default settings, acks=all.

import { load } from '../peers.mjs';

function client({ brokers, name }) {
  const { Kafka, logLevel } = load('@confluentinc/kafka-javascript').KafkaJS;
  return new Kafka({ kafkaJS: { clientId: name, brokers: brokers.split(','), logLevel: logLevel.NOTHING } });
}

export async function producer(settings) {
  const made = client(settings).producer({ kafkaJS: { acks: -1, idempotent: settings.idempotent === true } });
  await made.connect();
  return {
    send: (topic, messages) =>
      made
        .send({ topic, messages })
        .then((stored) => stored.map(({ partition, baseOffset }) => [partition, Number(baseOffset)])),
    close: () => made.disconnect(),
  };
}

export function describe({ name, code, type, retriable }) {
  return { name, code: type ?? code, retriable, told: null };
}

export async function consumer(settings, { handle, event }) {
  const { topic, group, librdkafka = {} } = settings;
  const protocol = librdkafka['group.protocol'];
  let joined;
  const assigned = new Promise((resolve) => {
    joined = resolve;
  });
  const made = client(settings).consumer({
    kafkaJS: { groupId: group, fromBeginning: true },
    ...(protocol ? { 'group.protocol': protocol } : {}),
    rebalance_cb: (error, partitions) => {
      const given = error.code === load('@confluentinc/kafka-javascript').CODES.ERRORS.ERR__ASSIGN_PARTITIONS;
      event(given ? 'partitionsAssigned' : 'partitionsRevoked', { count: partitions.length });
      if (given) joined();
    },
  });
  await made.connect();
  await made.subscribe({ topic });
  await made.run({
    partitionsConsumedConcurrently: 6,
    eachMessage: ({ partition, message }) => handle(partition, message.offset, message.value),
  });
  await assigned;
  return { close: () => made.disconnect() };
}
