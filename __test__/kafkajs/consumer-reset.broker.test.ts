// Offsets that are not in the log: reading goes on where the subscription says, with nothing skipped.

import * as kafkajs from 'kafkajs';
import { sharedBroker } from '../support/kafka-tools';
import { unique, until } from '../support/until';
import { both } from './support/both';
import { committedBecome, consumerOf, numbered, publish } from './support/consuming';

both('offsets beyond the log', (lib) => {
  async function reading(topic: string) {
    const { consumer, groupId } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    return { consumer, groupId, seen };
  }
  const offsets = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i));

  test.each(['10', '1000'])('a seek to %s where the log ends at 3', async (offset) => {
    const topic = await lib.topic('beyond');
    await publish(topic, numbered(3));
    const { consumer, groupId, seen } = await reading(topic);
    await until('the first three', () => seen.length >= 3);
    consumer.seek({ topic, partition: 0, offset });
    // The subscription says: from the beginning.
    await until('all of it again', () => seen.length >= 6);
    await publish(topic, numbered(12));
    await until('what is sent then', () => seen.length >= 18);
    expect(seen).toEqual([...offsets(0, 3), ...offsets(0, 15)]);
    await consumer.disconnect();
    await committedBecome(groupId, topic, { 0: '15' });
  });

  test('a topic that is deleted and created again while it is consumed', async () => {
    const topic = unique('again');
    const admin = new kafkajs.Kafka({ brokers: [sharedBroker()], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await lib.open(admin);
    const topics = [{ topic, numPartitions: 1 }];
    await admin.createTopics({ topics });
    await publish(topic, numbered(20));
    const { seen } = await reading(topic);
    await until('all of the old one', () => seen.length >= 20);
    await admin.deleteTopics({ topics: [topic] });
    await until('the name', () => admin.createTopics({ topics, waitForLeaders: false }).then(Boolean, () => false));
    await until('a leader', () => admin.fetchTopicOffsets(topic).then(Boolean, () => false));
    await publish(topic, numbered(2));
    await until('all of the new one', () => seen.length >= 22, 60_000);
    expect(seen.slice(20)).toEqual(['0', '1']);
  });
});
