// KafkaJS's API: eachBatch where the workload wants batches, eachMessage where it awaits a handler a message; `send`, which
// is `sendBatch` for one topic. `load` gives the exports of KafkaJS, or those of kafka4 in their place.

import { KAFKAJS_ACCESS } from './access.mjs';
import { broker } from './settings.mjs';

async function open(load) {
  const { Kafka, CompressionTypes, logLevel } = await load();
  const kafka = new Kafka({ clientId: 'bench', brokers: broker().split(','), logLevel: logLevel.ERROR });
  return { kafka, CompressionTypes };
}

export async function consumer(load, { topics, group, each }, tally) {
  const { kafka } = await open(load);
  const client = kafka.consumer({ groupId: group });
  await client.connect();
  await client.subscribe({ topics, fromBeginning: true });
  const take = tally.taker(KAFKAJS_ACCESS);
  const autoCommitInterval = 1_000;
  if (each === 'batch') {
    await client.run({
      autoCommitInterval,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) take(message);
      },
    });
  } else {
    await client.run({
      autoCommitInterval,
      eachMessage: async ({ message }) => {
        take(message);
      },
    });
  }
  return { close: () => client.disconnect() };
}

export async function producer(load) {
  const { kafka, CompressionTypes } = await open(load);
  const client = kafka.producer();
  await client.connect();
  return {
    send: (topic, messages) => client.send({ topic, messages, acks: -1, compression: CompressionTypes.None }),
    close: () => client.disconnect(),
  };
}
