// What the consumer specs share: messages to read, consumers that are ended after the test, what they have told.

import type { Consumer, ConsumerConfig, EachMessagePayload, KafkaConfig, KafkaMessage, Message } from 'kafkajs';
import * as kafkajs from 'kafkajs';
import { sharedBroker } from '../../support/kafka-tools';
import { unique, until } from '../../support/until';
import type { Library } from './both';

/** Waits are short, so that what fails is tried again soon. */
export const RETRY = { initialRetryTime: 50, maxRetryTime: 200, retries: 5 };

const client = (): kafkajs.Kafka =>
  new kafkajs.Kafka({ brokers: [sharedBroker()], clientId: 'preparation', logLevel: kafkajs.logLevel.NOTHING });

/** Publishes by kafkajs, whichever library reads. */
export async function publish(topic: string, messages: Message[]): Promise<void> {
  const producer = client().producer({ createPartitioner: kafkajs.Partitioners.LegacyPartitioner });
  await producer.connect();
  try {
    await producer.send({ topic, messages });
  } finally {
    await producer.disconnect();
  }
}

/** Messages whose values are their numbers. */
export function numbered(count: number, more: Partial<Message> = {}): Message[] {
  return Array.from({ length: count }, (_, i) => ({ key: `key-${i}`, value: String(i), ...more }));
}

/** The committed offset of each partition, as the brokers have it; '-1': none. */
export async function committed(groupId: string, topic: string): Promise<Record<number, string>> {
  const admin = client().admin();
  await admin.connect();
  try {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return Object.fromEntries((found?.partitions ?? []).map(({ partition, offset }) => [partition, offset]));
  } finally {
    await admin.disconnect();
  }
}

export async function committedBecome(groupId: string, topic: string, wanted: Record<number, string>): Promise<void> {
  let last: unknown;
  await until(`${JSON.stringify(wanted)} committed`, async () => {
    last = await committed(groupId, topic);
    return Object.entries(wanted).every(
      ([partition, offset]) => (last as Record<string, string>)[partition] === offset,
    );
  }).catch((error) => {
    throw new Error(`${error.message}; last: ${JSON.stringify(last)}`);
  });
}

export interface Reading {
  consumer: Consumer;
  groupId: string;
}

/** A connected consumer in a group of its own; it is disconnected after the test. */
export async function consumerOf(
  lib: Library,
  config: Partial<ConsumerConfig> = {},
  cluster: Partial<KafkaConfig> = {},
): Promise<Reading> {
  const groupId = config.groupId ?? unique('group');
  const consumer = lib.kafka(cluster).consumer({ maxWaitTimeInMs: 100, retry: RETRY, ...config, groupId });
  await lib.open(consumer);
  return { consumer, groupId };
}

/** Reads from the beginning until so many messages came. */
export async function readAll(lib: Library, topic: string, count: number): Promise<KafkaMessage[]> {
  const { consumer } = await consumerOf(lib);
  const messages: KafkaMessage[] = [];
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void messages.push(message) });
  await until(`${count} messages`, () => messages.length >= count);
  await consumer.disconnect();
  return messages;
}

/** Notes every message that a handler gets. */
export function noting(): { payloads: EachMessagePayload[]; values: () => string[] } {
  const payloads: EachMessagePayload[] = [];
  return { payloads, values: () => payloads.map(({ message }) => String(message.value)) };
}

/** The events of these names that the consumer tells from now on. */
export function told(consumer: Consumer, ...names: (keyof Consumer['events'])[]): { name: string; payload: any }[] {
  const events: { name: string; payload: any }[] = [];
  for (const name of names) {
    consumer.on(consumer.events[name] as 'consumer.heartbeat', (event) => {
      events.push({ name, payload: event.payload });
    });
  }
  return events;
}

/** Settles the next turn of things that are under way. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
