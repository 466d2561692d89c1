// KafkaJS: eachBatch where the workload wants batches, eachMessage where it awaits a handler a message; `send`, which is
// `sendBatch` for one topic.

import { KAFKAJS_ACCESS } from '../lib/access.mjs';
import * as peers from '../lib/peers.mjs';
import { broker } from '../lib/settings.mjs';

const PACKAGE = 'kafkajs';
export const rows = [{ name: 'kafkajs', title: 'KafkaJS' }];
export const unavailable = () => peers.problem(PACKAGE);
export const version = () => peers.version(PACKAGE);

async function open() {
  const { default: kafkajs } = await import(PACKAGE);
  const { Kafka, CompressionTypes, logLevel } = kafkajs;
  const kafka = new Kafka({ clientId: 'bench', brokers: broker().split(','), logLevel: logLevel.ERROR });
  return { kafka, CompressionTypes };
}

export async function consumer({ topics, group, each }, tally) {
  const { kafka } = await open();
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

export async function producer() {
  const { kafka, CompressionTypes } = await open();
  const client = kafka.producer();
  await client.connect();
  return {
    send: (topic, messages) => client.send({ topic, messages, acks: -1, compression: CompressionTypes.None }),
    close: () => client.disconnect(),
  };
}
