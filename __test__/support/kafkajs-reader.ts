// What is on a real broker, read by KafkaJS: a client that shares no code with this one. It knows no lz4, snappy and
// zstd: what it is to read is published without compression (or with gzip).

import { Kafka, logLevel } from 'kafkajs';
import { sharedBroker } from './kafka-tools';
import { unique, until } from './until';

export interface Read {
  partition: number;
  offset: string;
  key: Buffer | null;
  value: Buffer | null;
  timestamp: string;
  headers: Record<string, Buffer | string | (Buffer | string)[] | undefined>;
}

/** All messages of the topic; there must be `count` of them. Ordered by partition and offset. */
export async function readAll(topic: string, count: number, brokers = sharedBroker()): Promise<Read[]> {
  const kafka = new Kafka({ brokers: [brokers], clientId: 'independent-reader', logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: unique('independent-reader'), maxWaitTimeInMs: 100 });
  const found: Read[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch: { messages, partition } }) => {
        for (const { offset, key, value, timestamp, headers } of messages) {
          found.push({ partition, offset, key, value, timestamp, headers: headers ?? {} });
        }
      },
    });
    await until(`${count} messages of ${topic}, there are ${found.length}`, () => found.length >= count, 40_000);
  } finally {
    await consumer.disconnect();
  }
  const stored = await endOffsets(topic, brokers);
  expect(stored.reduce((sum, offset) => sum + offset, 0)).toBe(count);
  return found.sort((a, b) => a.partition - b.partition || Number(a.offset) - Number(b.offset));
}

/** The offset after the last message of each partition that is not in an open transaction, as the broker tells it. */
export async function endOffsets(topic: string, brokers = sharedBroker()): Promise<number[]> {
  const admin = new Kafka({ brokers: [brokers], clientId: 'independent-reader', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
  } finally {
    await admin.disconnect();
  }
}
