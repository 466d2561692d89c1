// Topics of one group come and go; the others do not notice.

import {
  kafkaConsumerService as consumers,
  type Kafka4Event,
  kafkaAdminService,
  kafkaConfig,
  kafkaInitializationService,
  kafkaProducerService as producer,
} from '@/lib/kafka';
import { useRealBroker } from '../support/broker';
import { committedOffsets } from '../support/groups';
import { kafkaTool } from '../support/kafka-tools';
import { keep, newTopic, sequence, texts } from '../support/topics';
import { rejection, unique, until } from '../support/until';

useRealBroker();

// Nothing is connected any more, so that librdkafka's properties can be set.
const disconnectAll = () => Promise.all([kafkaInitializationService.cleanup(), kafkaAdminService.disconnect()]);

afterAll(async () => {
  await disconnectAll();
  kafkaConfig.librdkafka = {};
});

test.each([
  ['the default protocol', {}],
  ['the classic protocol', { 'group.protocol': 'classic' }],
])(
  'start and stop of one topic take no partition of another away, lose nothing and repeat nothing (%s)',
  async (_, properties) => {
    await disconnectAll();
    kafkaConfig.librdkafka = properties;
    const [steady, other, group] = [await newTopic(3), await newTopic(2), unique('group')];
    const kept = keep(steady);
    const others = keep(other);
    const revoked: string[] = [];
    const assigned: string[] = [];
    const names = ({ partitions }: { partitions: { topic: string }[] }) => partitions.map(({ topic }) => topic);
    const offs = [
      consumers.on('partitionsRevoked', (event) => revoked.push(...names(event))),
      consumers.on('partitionsAssigned', (event) => assigned.push(...names(event))),
    ];
    await consumers.startConsumer(steady, group);
    let publishing = true;
    let published = 0;
    const stream = (async () => {
      for (; publishing; published++) {
        await producer.publishBatch(steady, [{ value: String(published), partition: published % 3 }]);
      }
    })();
    for (let round = 0; round < 4; round++) {
      await consumers.startConsumer(other, group);
      await producer.publishBatch(other, [{ value: String(round), partition: round % 2 }]);
      await until('the other topic', () => others.length === round + 1);
      await consumers.stopConsumer(other);
      expect(consumers.getActiveConsumers()).toEqual([steady]);
    }
    publishing = false;
    await stream;
    await until('all messages', () => kept.length >= published);
    expect(revoked).not.toContain(steady);
    expect(assigned.filter((topic) => topic === steady)).toHaveLength(3);
    expect(texts(others)).toEqual(sequence(4));
    expect(
      texts(kept)
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(sequence(published).map(Number));
    await consumers.stopAllConsumers();
    const committed = await committedOffsets(group);
    const sum = (topic: string) =>
      Object.entries(committed).reduce(
        (total, [name, offset]) => total + (name.startsWith(`${topic}-`) ? offset : 0),
        0,
      );
    expect([sum(steady), sum(other)]).toEqual([published, 4]);
    for (const off of offs) off();
  },
);

test('an unknown topic is told, is not created by asking for it, and leaves the running ones alone', async () => {
  const [known, unknown, group] = [await newTopic(), unique('unknown'), unique('group')];
  const kept = keep(known);
  consumers.registerHandler(unknown, () => {});
  await consumers.startConsumer(known, group);
  const error = await rejection(consumers.startConsumer(unknown, group));
  expect(error).toMatchObject({ name: 'KafkaConsumerError', message: expect.stringContaining(unknown) });
  expect(await kafkaTool('TopicCommand', ['--list'])).not.toContain(unknown);
  await producer.publishBatch(known, [{ value: 'still there' }]);
  await until('the message', () => kept.length === 1);
  expect(consumers.getActiveConsumers()).toEqual([known]);
});

test('a topic that is created after a failed start can be started', async () => {
  const topic = unique('late');
  const kept = keep(topic);
  await rejection(consumers.startConsumer(topic));
  await kafkaTool('TopicCommand', ['--create', '--topic', topic, '--partitions', '1']);
  await consumers.startConsumer(topic);
  await producer.publishBatch(topic, [{ value: 'x' }]);
  await until('the message', () => kept.length === 1);
});

test('a topic deleted while it is consumed ends nothing but itself: others go on, it can be stopped', async () => {
  const [gone, stays, group] = [await newTopic(2), await newTopic(), unique('group')];
  const events: Kafka4Event[] = [];
  const off = consumers.on('warning', (event) => events.push(event));
  const [a, b] = [keep(gone), keep(stays)];
  await Promise.all([consumers.startConsumer(gone, group), consumers.startConsumer(stays, group)]);
  await producer.publishBatch(gone, [{ value: 'before' }]);
  await until('the message', () => a.length === 1);
  await kafkaTool('TopicCommand', ['--delete', '--topic', gone]);
  for (let i = 0; i < 20; i++) {
    await producer.publishBatch(stays, [{ value: String(i) }]);
    await until(`message ${i}`, () => b.length === i + 1);
  }
  await consumers.stopConsumer(gone);
  expect(consumers.getActiveConsumers()).toEqual([stays]);
  await producer.publishBatch(stays, [{ value: 'last' }]);
  await until('the last message', () => b.length === 21);
  off();
});
