// seek: forwards, backwards, to the ends, before there is anything to seek in.

import { deferred } from '../support/deferred';
import { until } from '../support/until';
import { both } from './support/both';
import { committedBecome, consumerOf, numbered, publish } from './support/consuming';

both('consumer seek', (lib) => {
  test('right after run: what lies before is not handled', async () => {
    const topic = await lib.topic('seek-at-once');
    await publish(topic, numbered(10));
    const { consumer, groupId } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    const running = consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    consumer.seek({ topic, partition: 0, offset: '7' });
    await running;
    await until('the last one', () => seen.includes('9'));
    await lib.differs('where its first join fails and is tried again, kafkajs has forgotten the seek', {
      kafkajs: () => expect(seen.slice(-3)).toEqual(['7', '8', '9']),
      kafka4: () => expect(seen).toEqual(['7', '8', '9']),
    });
    await committedBecome(groupId, topic, { 0: '10' });
  });

  test('backwards: messages come again', async () => {
    const topic = await lib.topic('seek-back');
    await publish(topic, numbered(4));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    await until('four', () => seen.length === 4);
    consumer.seek({ topic, partition: 0, offset: '2' });
    await until('two more', () => seen.length >= 6);
    expect(seen).toEqual(['0', '1', '2', '3', '2', '3']);
  });

  test('in the middle of a batch: the rest of it is void', async () => {
    const topic = await lib.topic('seek-in-batch');
    await publish(topic, numbered(100));
    const { consumer } = await consumerOf(lib);
    const seen: number[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(Number(message.offset));
        if (message.offset === '5') consumer.seek({ topic, partition: 0, offset: '95' });
      },
    });
    await until('the end', () => seen.at(-1) === 99);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 95, 96, 97, 98, 99]);
  });

  test('several in a row: the last one counts', async () => {
    const topic = await lib.topic('seek-often');
    await publish(topic, numbered(20));
    const { consumer } = await consumerOf(lib);
    const [first, go] = [deferred(), deferred()];
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message.offset);
        first.resolve();
        await go.promise;
      },
    });
    await first.promise;
    for (const offset of ['3', '12', '1', '18']) consumer.seek({ topic, partition: 0, offset });
    go.resolve();
    await until('the end', () => seen.at(-1) === '19');
    expect(seen).toEqual(['0', '18', '19']);
  });

  test('commits the offset with autoCommit, so that a restart begins there', async () => {
    const topic = await lib.topic('seek-commits');
    await publish(topic, numbered(5));
    const { consumer, groupId } = await consumerOf(lib);
    let count = 0;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async () => {
        count += 1;
      },
    });
    await until('five', () => count === 5);
    await committedBecome(groupId, topic, { 0: '5' });
    consumer.pause([{ topic }]);
    consumer.seek({ topic, partition: 0, offset: '1' });
    await committedBecome(groupId, topic, { 0: '1' });
  });

  test('another partition goes on undisturbed', async () => {
    const topic = await lib.topic('seek-one', 2);
    await publish(topic, [...numbered(5, { partition: 0 }), ...numbered(5, { partition: 1 })]);
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => void seen.push(`${partition}:${message.offset}`),
    });
    await until('ten', () => seen.length === 10);
    consumer.seek({ topic, partition: 1, offset: '4' });
    await until('eleven', () => seen.length === 11);
    expect(seen[10]).toBe('1:4');
  });

  test('to -2 and -1', async () => {
    const topic = await lib.topic('seek-ends');
    await publish(topic, numbered(3));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    await until('three', () => seen.length === 3);
    consumer.seek({ topic, partition: 0, offset: '-2' });
    await until('three more', () => seen.length === 6);
    expect(seen.slice(3)).toEqual(['0', '1', '2']);
    await lib.differs('KafkaJS goes to where the subscription begins for both numbers', {
      kafkajs: async () => {
        consumer.seek({ topic, partition: 0, offset: '-1' });
        await until('three more', () => seen.length === 9);
        expect(seen.slice(6)).toEqual(['0', '1', '2']);
      },
      kafka4: async () => {
        consumer.seek({ topic, partition: 0, offset: '-1' });
        await until('a new one', async () => {
          await publish(topic, [{ value: 'new' }]);
          return seen.length > 6;
        });
        expect(Number(seen[6])).toBeGreaterThanOrEqual(3);
      },
    });
  });
});
