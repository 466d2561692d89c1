/** What KafkaJS checks of a send, in its order and its words. */
import { numeric } from '../config/numeric.js';
import { protocolErrorOf } from '../errors/codes.js';
import { KafkaJSNonRetriableError, KafkaJSNotImplemented } from '../errors/index.js';
import type { LaneSettings } from './settings.js';
import type { TopicMessages } from './types.js';

/** librdkafka's names of CompressionTypes, by their values. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

const INVALID_REQUIRED_ACKS = 21;

/** `idempotent`: as the producer was asked to be. */
export function checkRecords(topicMessages: TopicMessages[], acks: number, idempotent: boolean): void {
  if (topicMessages.some(({ topic }) => !topic)) throw new KafkaJSNonRetriableError('Invalid topic');
  if (idempotent && acks !== -1) {
    throw new KafkaJSNonRetriableError(
      "Not requiring ack for all messages invalidates the idempotent producer's EoS guarantees",
    );
  }
  for (const { topic, messages } of topicMessages) {
    if (!Array.isArray(messages)) {
      throw new KafkaJSNonRetriableError(`Invalid messages array [${messages}] for topic "${topic}"`);
    }
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i];
      if (message?.value !== undefined) continue;
      throw new KafkaJSNonRetriableError(
        `Invalid message without value for topic "${topic}": ${JSON.stringify(message)}`,
      );
    }
  }
}

/** Refuses what brokers would refuse anyway. Digits in a text are taken, as KafkaJS takes them. */
export function checkedSettings(givenAcks: unknown, compression: number, givenTimeout: unknown): LaneSettings {
  const acks = numeric(givenAcks);
  const timeout = numeric(givenTimeout);
  if (acks !== -1 && acks !== 0 && acks !== 1) throw protocolErrorOf(INVALID_REQUIRED_ACKS);
  if (CODECS[compression] === undefined) {
    throw new KafkaJSNotImplemented(`compression ${String(compression)}: use one of CompressionTypes (0 to 4)`);
  }
  if (typeof timeout !== 'number' || !Number.isFinite(timeout) || timeout < 0) {
    throw new KafkaJSNonRetriableError(`timeout must be a number of ms from 0, not ${String(givenTimeout)}`);
  }
  return { acks, compression, timeout };
}

/** Brokers would refuse others. */
const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,249}$/;
const INVALID_TOPIC = 17;

export function checkTopicNames(topicMessages: TopicMessages[]): void {
  for (const { topic } of topicMessages) {
    if (TOPIC_NAME.test(topic) && topic !== '.' && topic !== '..') continue;
    const cause = protocolErrorOf(INVALID_TOPIC);
    throw new KafkaJSNonRetriableError(cause, { cause });
  }
}

export function codecName(compression: number): string {
  return CODECS[compression] as string;
}
