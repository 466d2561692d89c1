/** Reads the caller's messages into a packer, with errors that name the place. */
import type { Message, ProducerRecord } from '../kafkajs/types.js';
import { invalid, type Kafka4Error, KafkaValidationError, show, typed } from './errors.js';
import { RecordPacker } from './records.js';

/** The core has bounds of its own; this one stops an array that only claims its length before it fills the memory. */
const MAX_MESSAGES = 10_000_000;

type TopicId = (topic: string) => number;

/** Appends the messages; the first one that cannot be used throws, with its `details.index`. */
export function packMessages(packer: RecordPacker, topicId: TopicId, topic: string, messages: Message[]): void {
  const id = topicId(topic);
  if (!Array.isArray(messages)) throw invalid(`messages must be an array, not ${show(messages)}`);
  // Read once: a getter may change the array.
  const count = messages.length;
  if (count > MAX_MESSAGES) {
    const message = `${count} messages in one call are more than ${MAX_MESSAGES}: send them in several`;
    throw new KafkaValidationError('ERR_KAFKA_BATCH_TOO_LARGE', message);
  }
  for (let i = 0; i < count; i++) {
    try {
      packer.message(id, messages[i] as Message, () => `message ${i} for ${topic}`);
    } catch (error) {
      throw withDetail(typed(error, `message ${i} for ${topic}`), 'index', i);
    }
  }
}

export interface PackedTransaction {
  slab: Uint8Array;
  index: Int32Array;
  /** Pairs of record number and message count. */
  sends: Int32Array;
  /** Of each record. */
  topics: string[];
}

export function packTransaction(topicId: TopicId, records: ProducerRecord[]): PackedTransaction {
  if (!Array.isArray(records)) throw invalid(`records must be an array of { topic, messages }, not ${show(records)}`);
  const packer = new RecordPacker();
  const sends: number[] = [];
  const topics: string[] = [];
  const count = records.length;
  for (let i = 0; i < count; i++) {
    const before = packer.records;
    try {
      const record = records[i];
      if (typeof record !== 'object' || record === null) throw invalid(`record ${i} must be { topic, messages }`);
      const { topic, messages } = record;
      packMessages(packer, topicId, topic, messages);
      topics.push(topic);
    } catch (error) {
      throw withDetail(typed(error, `record ${i}`), 'record', i);
    }
    sends.push(i, packer.records - before);
  }
  return { ...packer.view(), sends: Int32Array.from(sends), topics };
}

function withDetail(error: Kafka4Error, name: string, value: number): Kafka4Error {
  try {
    error.details[name] = value;
  } catch {
    // The caller's own code threw it: it can be frozen, or be made up.
  }
  return error;
}
