// subscribe: names, lists, regular expressions, topics that do not exist.

import { unique, until } from '../support/until';
import { both, rejectionOf } from './support/both';
import { consumerOf, noting, numbered, pause, publish, told } from './support/consuming';

both('consumer subscribe', (lib) => {
  test('several topics at once and one by one', async () => {
    const topics = [await lib.topic('one'), await lib.topic('two'), await lib.topic('three')];
    for (const topic of topics) await publish(topic, numbered(1));
    const { consumer } = await consumerOf(lib);
    const { payloads } = noting();
    await consumer.subscribe({ topics: topics.slice(0, 2), fromBeginning: true });
    await consumer.subscribe({ topic: topics[2] as string, fromBeginning: true });
    await consumer.run({ eachMessage: async (payload) => void payloads.push(payload) });
    await until('three', () => payloads.length === 3);
    expect(payloads.map(({ topic }) => topic).sort()).toEqual([...topics].sort());
  });

  test('a regular expression, among names', async () => {
    const prefix = unique('pattern');
    const [a, b, other] = [await lib.topic(`${prefix}-A`), await lib.topic(`${prefix}-b`), await lib.topic('other')];
    const { consumer } = await consumerOf(lib);
    const joins = told(consumer, 'GROUP_JOIN');
    await consumer.subscribe({ topics: [new RegExp(`^${prefix}-[ab]`, 'i'), other] });
    await consumer.run({ eachMessage: async () => {} });
    expect(Object.keys(joins[0]?.payload.memberAssignment).sort()).toEqual([a, b, other].sort());
  });

  test('a regular expression in the old form, and one that matches nothing', async () => {
    const prefix = unique('single');
    const topic = await lib.topic(prefix);
    await publish(topic, numbered(1));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic: new RegExp(prefix), fromBeginning: true });
    await consumer.subscribe({ topic: /nothing-is-called-like-this-\d{40}/ });
    await consumer.run({ eachMessage: async (payload) => void seen.push(payload.topic) });
    await until('one', () => seen.length === 1);
    expect(seen).toEqual([topic]);
  });

  test.each([
    ['an expression that matches nothing', { topic: /nothing-is-called-like-this-\d{40}/ }],
    ['no call of subscribe', undefined],
  ])('no topic at all: %s', async (_, subscription) => {
    const warnings: string[] = [];
    const logCreator = () => (entry: any) => void warnings.push(entry.log.message);
    const { consumer } = await consumerOf(lib, {}, { logLevel: lib.exports.logLevel.WARN, logCreator });
    const joins = told(consumer, 'GROUP_JOIN');
    if (subscription !== undefined) await consumer.subscribe(subscription);
    await consumer.run({ eachMessage: async () => {} });
    await lib.differs('librdkafka does not join without a topic', {
      kafkajs: async () => {
        await until('the join', () => joins.length > 0);
        expect(joins[0]?.payload.memberAssignment).toEqual({});
        expect((await consumer.describeGroup()).members).toHaveLength(1);
      },
      kafka4: async () => {
        expect(warnings).toEqual([expect.stringContaining('No topic is subscribed')]);
        await pause(300);
        expect(joins).toEqual([]);
        expect((await consumer.describeGroup()).members).toHaveLength(0);
        // As the warning says.
        const topic = await lib.topic('after-all');
        await publish(topic, numbered(1));
        await consumer.stop();
        await consumer.subscribe({ topic, fromBeginning: true });
        const seen: string[] = [];
        await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
        await until('one', () => seen.length === 1);
        expect(warnings).toHaveLength(1);
      },
    });
  });

  test('with allowAutoTopicCreation: false it is an error', async () => {
    const topic = unique('not-made');
    const { consumer } = await consumerOf(lib, { allowAutoTopicCreation: false });
    const error = await rejectionOf(consumer.subscribe({ topic }));
    expect(error).toMatchObject({
      name: 'KafkaJSProtocolError',
      type: 'UNKNOWN_TOPIC_OR_PARTITION',
      message: 'This server does not host this topic-partition',
    });
  });

  test('a name that no topic can have', async () => {
    const { consumer } = await consumerOf(lib);
    const error = await rejectionOf(consumer.subscribe({ topic: 'a b' }));
    expect(error.type).toBe('INVALID_TOPIC_EXCEPTION');
  });

  test('the last subscription of a topic counts', async () => {
    const topic = await lib.topic('last-counts');
    await publish(topic, numbered(2));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: false });
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    await until('two', () => seen.length === 2);
    expect(seen).toEqual(['0', '1']);
  });

  test('before connect', async () => {
    const topic = await lib.topic('before-connect');
    await publish(topic, numbered(1));
    const consumer = lib.later(lib.kafka().consumer({ groupId: unique('group'), maxWaitTimeInMs: 100 }));
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.connect();
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    await until('one', () => seen.length === 1);
  });

  test('run without connect', async () => {
    const topic = await lib.topic('no-connect');
    await publish(topic, numbered(1));
    const consumer = lib.later(lib.kafka().consumer({ groupId: unique('group'), maxWaitTimeInMs: 100 }));
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    await until('one', () => seen.length === 1);
  });
});
