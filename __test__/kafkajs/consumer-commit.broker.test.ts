// What is committed, when, and what never is.

import { deferred } from '../support/deferred';
import { until } from '../support/until';
import { both, rejectionOf } from './support/both';
import { committed, committedBecome, consumerOf, numbered, pause, publish, told } from './support/consuming';

both('consumer commits', (lib) => {
  test('autoCommit commits after each batch of eachMessage', async () => {
    const topic = await lib.topic('auto-commit');
    await publish(topic, numbered(7));
    const { consumer, groupId } = await consumerOf(lib);
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    await committedBecome(groupId, topic, { 0: '7' });
  });

  test('autoCommitThreshold commits within a batch of eachMessage', async () => {
    const topic = await lib.topic('commit-threshold');
    await publish(topic, numbered(10));
    const { consumer, groupId } = await consumerOf(lib);
    const [reached, go] = [deferred(), deferred()];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommitThreshold: 4,
      eachMessage: async ({ message }) => {
        if (message.offset !== '9') return;
        reached.resolve();
        await go.promise;
      },
    });
    await reached.promise;
    await committedBecome(groupId, topic, { 0: '8' });
    go.resolve();
    await committedBecome(groupId, topic, { 0: '10' });
  });

  test('autoCommitInterval commits within a batch of eachMessage', async () => {
    const topic = await lib.topic('commit-interval');
    await publish(topic, numbered(5));
    const { consumer, groupId } = await consumerOf(lib);
    const [reached, go] = [deferred(), deferred()];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommitInterval: 20,
      eachMessage: async ({ message }) => {
        await pause(40);
        if (message.offset !== '4') return;
        reached.resolve();
        await go.promise;
      },
    });
    await reached.promise;
    await committedBecome(groupId, topic, { 0: '4' });
    go.resolve();
  });

  test('autoCommit: false commits nothing', async () => {
    const topic = await lib.topic('no-auto-commit');
    await publish(topic, numbered(5));
    const { consumer, groupId } = await consumerOf(lib);
    let count = 0;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      autoCommitInterval: 1,
      eachMessage: async () => {
        count += 1;
      },
    });
    await until('five', () => count === 5);
    await pause(300);
    await consumer.stop();
    expect(await committed(groupId, topic)).toEqual({ 0: '-1' });
  });

  test('commitOffsets commits what it is told, with metadata', async () => {
    const topic = await lib.topic('commit-offsets', 2);
    await publish(topic, [...numbered(8, { partition: 0 }), ...numbered(8, { partition: 1 })]);
    const { consumer, groupId } = await consumerOf(lib);
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ autoCommit: false, eachMessage: async () => {} });
    await consumer.commitOffsets([
      { topic, partition: 0, offset: '5', metadata: 'note ü' },
      { topic, partition: 1, offset: '3' },
    ]);
    expect(await committed(groupId, topic)).toEqual({ 0: '5', 1: '3' });
    const admin = lib.later(lib.kafka().admin());
    await admin.connect();
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    expect(found?.partitions.find(({ partition }) => partition === 0)?.metadata).toBe('note ü');
  });

  test('commitOffsets in a handler commits while others are handled', async () => {
    const topic = await lib.topic('commit-in-handler');
    await publish(topic, numbered(4));
    const { consumer, groupId } = await consumerOf(lib);
    let count = 0;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }]);
        count += 1;
      },
    });
    await until('four', () => count === 4);
    expect(await committed(groupId, topic)).toEqual({ 0: '4' });
  });

  test('commitOffsets of nothing commits nothing', async () => {
    const topic = await lib.topic('commit-nothing');
    await publish(topic, numbered(3));
    const { consumer, groupId } = await consumerOf(lib);
    const events = told(consumer, 'COMMIT_OFFSETS');
    let count = 0;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async () => {
        count += 1;
      },
    });
    await until('three', () => count === 3);
    await consumer.commitOffsets([]);
    await (consumer.commitOffsets as () => Promise<void>)();
    await consumer.stop();
    expect(await committed(groupId, topic)).toEqual({ 0: '-1' });
    expect(events).toEqual([]);
  });

  test('metadata that is too large', async () => {
    const topic = await lib.topic('commit-metadata');
    const { consumer } = await consumerOf(lib);
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ autoCommit: false, eachMessage: async () => {} });
    const call = consumer.commitOffsets([{ topic, partition: 0, offset: '0', metadata: 'x'.repeat(20_000) }]);
    const error = await rejectionOf(call);
    expect(error).toMatchObject({ name: 'KafkaJSNonRetriableError', retriable: false });
    expect(error.cause).toMatchObject({ name: 'KafkaJSProtocolError', type: 'OFFSET_METADATA_TOO_LARGE', code: 12 });
    expect(error.message).toBe(error.cause.message);
  });

  test('stop commits what was handled, and nothing of what was not', async () => {
    const topic = await lib.topic('stop-commits');
    await publish(topic, numbered(10));
    const { consumer, groupId } = await consumerOf(lib);
    const [third, go] = [deferred(), deferred()];
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message.offset);
        if (message.offset !== '2') return;
        third.resolve();
        await go.promise;
      },
    });
    await third.promise;
    const stopped = consumer.stop();
    go.resolve();
    await stopped;
    expect(seen).toEqual(['0', '1', '2']);
    expect(await committed(groupId, topic)).toEqual({ 0: '3' });
  });

  test('COMMIT_OFFSETS tells what was committed', async () => {
    const topic = await lib.topic('commit-event');
    await publish(topic, numbered(3));
    const { consumer, groupId } = await consumerOf(lib);
    const events = told(consumer, 'COMMIT_OFFSETS');
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachBatch: async () => {} });
    await until('a commit', () => events.length > 0);
    expect(events.at(-1)?.payload).toEqual({
      groupId,
      memberId: expect.stringContaining('conformance-'),
      groupGenerationId: expect.any(Number),
      // Partitions are texts here, whatever the type says.
      topics: [{ topic, partitions: [{ partition: '0', offset: '3' }] }],
    });
    expect(events[0]?.payload.groupGenerationId).toBeGreaterThan(0);
  });
});
