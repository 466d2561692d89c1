// Topics of a test's own, what is published to them, and what came back.

import { type KafkaMessage, kafkaAdminService, kafkaConsumerService, type Message } from '@/lib/kafka';
import { unique } from './until';

/** Creates a topic that no other test uses. */
export async function newTopic(partitions = 1, name = 'topic'): Promise<string> {
  const topic = unique(name);
  await kafkaAdminService.createTopics([{ name: topic, partitions, retentionMs: 3_600_000 }]);
  return topic;
}

/** Messages with the values `<prefix>0`, `<prefix>1`, … for one partition. */
export function numbered(count: number, partition = 0, prefix = ''): Message[] {
  return Array.from({ length: count }, (_, i) => ({ key: `k${partition}`, value: `${prefix}${i}`, partition }));
}

/** Registers a handler that keeps what comes, in memory of its own. */
export function keep(topic: string, service = kafkaConsumerService): KafkaMessage[] {
  const kept: KafkaMessage[] = [];
  service.registerHandler(topic, ({ message }) => {
    kept.push(message.copy());
  });
  return kept;
}

export function texts(messages: KafkaMessage[]): (string | null)[] {
  return messages.map((message) => message.text());
}

/** `<prefix>0` to `<prefix><count-1>`. */
export function sequence(count: number, prefix = ''): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`);
}
