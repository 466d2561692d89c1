// What is stored in a topic, read from its beginning by a consumer of its own.

import { KafkaConsumerService, type KafkaMessage } from '@/lib/kafka';
import { unique, until } from './until';

export interface Stored {
  partition: number;
  offset: string;
  key: string | null;
  value: Buffer | null;
  timestamp: string;
  headers: [string, Buffer | null][];
}

const stored = (partition: number, { key, value, offset, timestamp, headerList }: KafkaMessage): Stored => ({
  partition,
  offset,
  key: key === null ? null : key.toString(),
  value: value === null ? null : Buffer.from(value),
  timestamp,
  headers: headerList.map(([name, bytes]) => [name, bytes === null ? null : Buffer.from(bytes)]),
});

/** The first `count` messages of the topic that are wanted, in the order of each partition. */
export async function readBack(
  topic: string,
  count: number,
  wanted: (message: Stored) => boolean = () => true,
): Promise<Stored[]> {
  const consumer = new KafkaConsumerService();
  const found: Stored[] = [];
  consumer.registerBatchHandler(topic, ({ batch }) => {
    found.push(...batch.messages.map((message) => stored(batch.partition, message)).filter(wanted));
  });
  await consumer.startConsumer(topic, unique('read-back'));
  try {
    await until(`${count} messages of ${topic}`, () => found.length >= count);
  } finally {
    await consumer.stopAllConsumers();
  }
  return found;
}

/** The values as text. */
export const valuesOf = (messages: { value: Buffer | null }[]): (string | null)[] =>
  messages.map(({ value }) => (value === null ? null : value.toString()));
