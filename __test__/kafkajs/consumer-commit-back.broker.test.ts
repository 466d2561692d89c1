// The application commits an offset that lies before what autoCommit has committed: how long that stands.

import { deferred } from '../support/deferred';
import { until } from '../support/until';
import { both } from './support/both';
import { committed, committedBecome, consumerOf, numbered, pause, publish } from './support/consuming';

both('consumer commit that goes back', (lib) => {
  test('stands when the consumer stops', async () => {
    const topic = await lib.topic('commit-back');
    await publish(topic, numbered(4));
    const { consumer, groupId } = await consumerOf(lib);
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    await committedBecome(groupId, topic, { 0: '4' });
    await consumer.commitOffsets([{ topic, partition: 0, offset: '0' }]);
    expect(await committed(groupId, topic)).toEqual({ 0: '0' });
    await consumer.disconnect();
    expect(await committed(groupId, topic)).toEqual({ 0: '0' });
  });

  test('stands until more is handled', async () => {
    const topic = await lib.topic('commit-back-on');
    await publish(topic, numbered(4));
    const { consumer, groupId } = await consumerOf(lib);
    const begun = deferred();
    const go = deferred();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.offset !== '4') return;
        begun.resolve();
        await go.promise;
      },
    });
    await committedBecome(groupId, topic, { 0: '4' });
    await consumer.commitOffsets([{ topic, partition: 0, offset: '1' }]);
    await publish(topic, numbered(1));
    await begun.promise;
    expect(await committed(groupId, topic)).toEqual({ 0: '1' });
    // What is handled while it stops is committed.
    const stopped = consumer.stop();
    go.resolve();
    await stopped;
    expect(await committed(groupId, topic)).toEqual({ 0: '5' });
  });

  test('does not move where a rebalance goes on', async () => {
    const topic = await lib.topic('commit-back-rebalance');
    await publish(topic, numbered(4));
    const { consumer, groupId } = await consumerOf(lib);
    const seen: string[] = [];
    const read = async (reader: typeof consumer) => {
      await reader.subscribe({ topic, fromBeginning: true });
      await reader.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    };
    await read(consumer);
    await committedBecome(groupId, topic, { 0: '4' });
    await consumer.commitOffsets([{ topic, partition: 0, offset: '0' }]);
    const { consumer: second } = await consumerOf(lib, { groupId });
    await read(second);
    await committedBecome(groupId, topic, { 0: '4' });
    await publish(topic, numbered(1));
    await committedBecome(groupId, topic, { 0: '5' });
    expect(seen).toEqual(['0', '1', '2', '3', '4']);
  });

  test('ends where a handler fails: what was handled is committed', async () => {
    const topic = await lib.topic('commit-back-failure');
    await publish(topic, numbered(4));
    const { consumer, groupId } = await consumerOf(lib);
    let healthy = false;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.offset === '4' && !healthy) throw new Error('not yet');
      },
    });
    await committedBecome(groupId, topic, { 0: '4' });
    await consumer.commitOffsets([{ topic, partition: 0, offset: '0' }]);
    await publish(topic, numbered(1));
    await committedBecome(groupId, topic, { 0: '4' });
    healthy = true;
    await committedBecome(groupId, topic, { 0: '5' });
  });

  test('and another partition that goes on', async () => {
    const topic = await lib.topic('commit-back-other', 2);
    await publish(topic, numbered(4, { partition: 0 }));
    const { consumer, groupId } = await consumerOf(lib);
    let count = 0;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async () => {
        count += 1;
      },
    });
    await committedBecome(groupId, topic, { 0: '4' });
    await consumer.commitOffsets([{ topic, partition: 0, offset: '0' }]);
    await publish(topic, numbered(1, { partition: 1 }));
    await until('five', () => count === 5);
    await committedBecome(groupId, topic, { 1: '1' });
    await lib.differs('KafkaJS commits all that was handled with each batch', {
      kafkajs: () => committedBecome(groupId, topic, { 0: '4' }),
      kafka4: async () => {
        await pause(300);
        await consumer.disconnect();
        expect(await committed(groupId, topic)).toEqual({ 0: '0', 1: '1' });
      },
    });
  });
});
