// eachBatch: the batch, and every helper that its handler gets.

import type { Batch, EachBatchPayload } from 'kafkajs';
import { deferred } from '../support/deferred';
import { until } from '../support/until';
import { both } from './support/both';
import { committed, committedBecome, consumerOf, numbered, pause, publish } from './support/consuming';

both('consumer eachBatch', (lib) => {
  test('gets batches that tell where they stand', async () => {
    const topic = await lib.topic('batch');
    await publish(topic, numbered(50));
    const { consumer } = await consumerOf(lib);
    const batches: Batch[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachBatch: async ({ batch }) => void batches.push(batch) });
    const count = () => batches.reduce((sum, { messages }) => sum + messages.length, 0);
    await until('50 messages', () => count() === 50);
    const values = batches.flatMap(({ messages }) => messages.map(({ value }) => String(value)));
    expect(values).toEqual(numbered(50).map(({ value }) => value));
    for (const batch of batches) {
      const [first, last] = [batch.messages[0]?.offset, batch.messages.at(-1)?.offset];
      expect([batch.topic, batch.partition, batch.isEmpty()]).toEqual([topic, 0, false]);
      expect([batch.firstOffset(), batch.lastOffset(), batch.highWatermark]).toEqual([first, last, '50']);
      expect(batch.offsetLag()).toBe(String(49 - Number(last)));
      expect(batch.offsetLagLow()).toBe(String(49 - Number(first)));
    }
  });

  test('gets large batches: what was fetched together comes together', async () => {
    const topic = await lib.topic('large-batch');
    await publish(topic, numbered(1000));
    const { consumer } = await consumerOf(lib);
    const sizes: number[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachBatch: async ({ batch }) => void sizes.push(batch.messages.length) });
    await until('1000 messages', () => sizes.reduce((a, b) => a + b, 0) === 1000);
    expect(Math.max(...sizes)).toBeGreaterThan(100);
  });

  test('a batch whose handler has returned is committed', async () => {
    const topic = await lib.topic('auto-resolve');
    await publish(topic, numbered(10));
    const { consumer, groupId } = await consumerOf(lib);
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachBatch: async () => {} });
    await committedBecome(groupId, topic, { 0: '10' });
  });

  test('without eachBatchAutoResolve only what was resolved is done; the rest comes again', async () => {
    const topic = await lib.topic('no-auto-resolve');
    await publish(topic, numbered(10));
    const { consumer, groupId } = await consumerOf(lib);
    const calls: string[][] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset }) => {
        calls.push(batch.messages.map(({ offset }) => offset));
        for (const { offset } of batch.messages.slice(0, 3)) resolveOffset(offset);
      },
    });
    await committedBecome(groupId, topic, { 0: '10' });
    expect(calls[0]?.[0]).toBe('0');
    expect(calls[1]?.[0]).toBe('3');
    expect(calls.flatMap((offsets) => offsets.slice(0, 3))).toEqual(numbered(10).map(({ value }) => value));
  });

  test('what stays unresolved comes again and again', async () => {
    const topic = await lib.topic('unresolved');
    await publish(topic, numbered(2));
    const { consumer, groupId } = await consumerOf(lib);
    let calls = 0;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset }) => {
        calls += 1;
        expect(batch.firstOffset()).toBe('0');
        if (calls === 3) resolveOffset('1');
      },
    });
    await committedBecome(groupId, topic, { 0: '2' });
    expect(calls).toBe(3);
  });

  test('uncommittedOffsets tells what is resolved and not committed', async () => {
    const topic = await lib.topic('uncommitted');
    await publish(topic, numbered(6));
    const { consumer, groupId } = await consumerOf(lib);
    const seen: unknown[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ resolveOffset, uncommittedOffsets, commitOffsetsIfNecessary }) => {
        if (seen.length > 0) return;
        resolveOffset('3');
        const uncommitted = uncommittedOffsets();
        seen.push(JSON.parse(JSON.stringify(uncommitted)));
        await commitOffsetsIfNecessary(uncommitted);
        seen.push(uncommittedOffsets());
      },
    });
    await until('the handler', () => seen.length === 2);
    // Partitions are texts here, whatever the type says.
    const before = { topics: [{ topic, partitions: [{ partition: '0', offset: '4' }] }] };
    expect(seen).toEqual([before, { topics: [] }]);
    await committedBecome(groupId, topic, { 0: '4' });
  });

  test('commitOffsetsIfNecessary({}) commits all that is resolved, ({ topics: [] }) nothing', async () => {
    const topic = await lib.topic('commit-all');
    await publish(topic, numbered(6));
    const { consumer, groupId } = await consumerOf(lib);
    const seen: unknown[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ resolveOffset, uncommittedOffsets, commitOffsetsIfNecessary }) => {
        if (seen.length > 0) return;
        resolveOffset('3');
        await commitOffsetsIfNecessary({ topics: [] });
        seen.push(await committed(groupId, topic));
        await commitOffsetsIfNecessary({} as never);
        seen.push(await committed(groupId, topic), uncommittedOffsets());
      },
    });
    await until('the handler', () => seen.length === 3);
    expect(seen).toEqual([{ 0: '-1' }, { 0: '4' }, { topics: [] }]);
  });

  test('commitOffsetsIfNecessary commits nothing without a reason', async () => {
    const topic = await lib.topic('not-necessary');
    await publish(topic, numbered(5));
    const { consumer, groupId } = await consumerOf(lib);
    const [begun, go] = [deferred(), deferred()];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ resolveOffset, commitOffsetsIfNecessary }) => {
        resolveOffset('2');
        await commitOffsetsIfNecessary();
        begun.resolve();
        await go.promise;
      },
    });
    await begun.promise;
    expect(await committed(groupId, topic)).toEqual({ 0: '-1' });
    go.resolve();
    await committedBecome(groupId, topic, { 0: '5' });
  });

  test('commitOffsetsIfNecessary commits when autoCommitThreshold is reached', async () => {
    const topic = await lib.topic('threshold');
    await publish(topic, numbered(10));
    const { consumer, groupId } = await consumerOf(lib);
    const [begun, go] = [deferred(), deferred()];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommitThreshold: 4,
      eachBatch: async ({ batch, resolveOffset, commitOffsetsIfNecessary }) => {
        for (const { offset } of batch.messages.slice(0, 5)) {
          resolveOffset(offset);
          await commitOffsetsIfNecessary();
        }
        begun.resolve();
        await go.promise;
      },
    });
    await begun.promise;
    await committedBecome(groupId, topic, { 0: '4' });
    go.resolve();
    await committedBecome(groupId, topic, { 0: '10' });
  });

  test('commitOffsetsIfNecessary commits when autoCommitInterval has passed', async () => {
    const topic = await lib.topic('interval');
    await publish(topic, numbered(3));
    const { consumer, groupId } = await consumerOf(lib);
    const [begun, go] = [deferred(), deferred()];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommitInterval: 50,
      eachBatch: async ({ resolveOffset, commitOffsetsIfNecessary }) => {
        resolveOffset('0');
        await pause(100);
        await commitOffsetsIfNecessary();
        begun.resolve();
        await go.promise;
      },
    });
    await begun.promise;
    await committedBecome(groupId, topic, { 0: '1' });
    go.resolve();
  });

  test('isRunning turns false when a stop is asked for, isStale when the partition is sought', async () => {
    const topic = await lib.topic('running');
    await publish(topic, numbered(5));
    const { consumer } = await consumerOf(lib);
    const [begun, go] = [deferred<EachBatchPayload>(), deferred()];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatch: async (payload) => {
        begun.resolve(payload);
        await go.promise;
      },
    });
    const { isRunning, isStale } = await begun.promise;
    expect([isRunning(), isStale()]).toEqual([true, false]);
    consumer.seek({ topic, partition: 0, offset: '4' });
    expect([isRunning(), isStale()]).toEqual([true, true]);
    const stopped = consumer.stop();
    expect(isRunning()).toBe(false);
    go.resolve();
    await stopped;
  });

  test('pause in a batch keeps the next one until the partition is resumed', async () => {
    const topic = await lib.topic('pause-in-batch');
    await publish(topic, numbered(4));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    let resume: (() => void) | undefined;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset, pause: stopHere }) => {
        seen.push(batch.firstOffset() as string);
        if (resume === undefined) {
          resolveOffset(batch.firstOffset() as string);
          resume = stopHere();
        } else {
          resolveOffset(batch.lastOffset());
        }
      },
    });
    await until('the first call', () => resume);
    await pause(300);
    expect(seen).toEqual(['0']);
    resume?.();
    await until('the second call', () => seen.length >= 2);
    expect(seen[1]).toBe('1');
  });

  test('resolveOffset can go back: messages come again', async () => {
    const topic = await lib.topic('resolve-back');
    await publish(topic, numbered(3));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset }) => {
        seen.push(...batch.messages.map(({ offset }) => offset));
        // Once the last was seen, once more from the second.
        resolveOffset(seen.length === 3 ? '0' : batch.lastOffset());
      },
    });
    await until('five', () => seen.length >= 5);
    expect(seen.slice(0, 5)).toEqual(['0', '1', '2', '1', '2']);
  });
});
