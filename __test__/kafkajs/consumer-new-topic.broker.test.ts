// Topics that are read from their end by a group that has committed nothing: what is sent as soon as the consumer has
// joined. Request and reply over topics that were just created (NestJS) depends on it.

import type { Consumer, Producer } from 'kafkajs';
import { until } from '../support/until';
import { both, type Library } from './support/both';
import { consumerOf } from './support/consuming';

const ROUNDS = 6;

both('consumer of a new topic', (lib) => {
  /** A producer that has met the leader of the topic: nothing delays what it sends. */
  async function connectedProducer(topic: string): Promise<Producer> {
    const producer = await lib.open(lib.kafka().producer());
    await producer.send({ topic, messages: [{ value: 'before' }] });
    return producer;
  }

  /** Has a message sent at once by `at`, in a group and a topic of their own; what came. */
  async function round(
    at: (consumer: Consumer, running: () => Promise<void>, send: () => Promise<unknown>) => Promise<void>,
    config = {},
  ): Promise<string[]> {
    const topic = await lib.topic('new');
    const producer = await connectedProducer(topic);
    const { consumer } = await consumerOf(lib, config);
    await consumer.subscribe({ topic });
    const seen: string[] = [];
    const run = () => consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) });
    const send = (value: string) => producer.send({ topic, messages: [{ value }] });
    await at(consumer, run, () => send('at once'));
    let later = 0;
    await until('what was sent', async () => {
      if (seen.length > 0) return true;
      // KafkaJS asks for the end after it has joined: what lies before that is skipped, what comes later is not.
      if (!lib.isOurs) await send(`later ${later++}`);
      return false;
    });
    await consumer.disconnect();
    return seen;
  }

  async function expectRounds(library: Library, each: () => Promise<string[]>): Promise<void> {
    for (let i = 0; i < ROUNDS; i++) {
      const seen = await each();
      await library.differs('KafkaJS looks for the end at its first fetch', {
        kafkajs: () => expect(seen[0]).toMatch(/^(at once|later \d+)$/),
        kafka4: () => expect(seen).toEqual(['at once']),
      });
    }
  }

  const afterRun = async (_: Consumer, run: () => Promise<void>, send: () => Promise<unknown>): Promise<void> => {
    await run();
    await send();
  };

  test('a message that is sent right after run arrives', async () => {
    await expectRounds(lib, () => round(afterRun));
  });

  test('a message that is sent at GROUP_JOIN arrives', async () => {
    await expectRounds(lib, () =>
      round(async (consumer, run, send) => {
        let sent: Promise<unknown> | undefined;
        consumer.on(consumer.events.GROUP_JOIN, () => {
          sent ??= send();
        });
        await run();
        await sent;
        expect(sent).toBeDefined();
      }),
    );
  });

  test('a committed offset wins over the end', async () => {
    const topic = await lib.topic('kept', 2);
    const producer = await connectedProducer(topic);
    await producer.send({ topic, messages: ['0', '1', '2'].map((value) => ({ value, partition: 0 })) });
    const first = await consumerOf(lib);
    await first.consumer.subscribe({ topic });
    await first.consumer.run({ eachMessage: async () => {} });
    const admin = await lib.open(lib.kafka().admin());
    const offsets = await admin.fetchTopicOffsets(topic);
    const offset = String(Number(offsets.find(({ partition }) => partition === 0)?.offset) - 2);
    await first.consumer.commitOffsets([{ topic, partition: 0, offset }]);
    await first.consumer.disconnect();
    const { consumer } = await consumerOf(lib, { groupId: first.groupId });
    await consumer.subscribe({ topic });
    const seen: string[] = [];
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) });
    await until('the last two', () => seen.length >= 2);
    expect(seen).toEqual(['1', '2']);
  });

  test('an assigner in JavaScript does not keep it from joining', async () => {
    const { roundRobin } = lib.exports.PartitionAssigners;
    let made = 0;
    const custom = (config: Parameters<typeof roundRobin>[0]) => {
      made += 1;
      const { protocol, ...inner } = roundRobin(config);
      // As NestJS's: KafkaJS's metadata, under a name of its own.
      return { ...inner, name: 'own', protocol: (of: { topics: string[] }) => ({ ...protocol(of), name: 'own' }) };
    };
    const seen = await round(afterRun, { partitionAssigners: [custom] });
    expect(seen).toHaveLength(1);
    expect(made).toBe(1);
  });
});
