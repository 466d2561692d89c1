// stop, run again, disconnect, connect again.

import { deferred } from '../support/deferred';
import { until } from '../support/until';
import { both } from './support/both';
import { committedBecome, consumerOf, numbered, publish, told } from './support/consuming';

both('consumer stop', (lib) => {
  test('stop, then run again with another handler', async () => {
    const topic = await lib.topic('run-again');
    await publish(topic, numbered(3));
    const { consumer } = await consumerOf(lib);
    const [first, second]: string[][] = [[], []];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void first?.push(message.offset) });
    await until('three', () => first?.length === 3);
    await consumer.stop();
    await publish(topic, numbered(2));
    await consumer.run({
      eachBatch: async ({ batch }) => void second?.push(...batch.messages.map(({ offset }) => offset)),
    });
    await until('two', () => second?.length === 2);
    expect([first, second]).toEqual([
      ['0', '1', '2'],
      ['3', '4'],
    ]);
  });

  test('a topic can be added between two runs', async () => {
    const [a, b] = [await lib.topic('added-a'), await lib.topic('added-b')];
    await publish(b, numbered(2));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    const eachMessage = async ({ topic }: { topic: string }) => void seen.push(topic);
    await consumer.subscribe({ topic: a, fromBeginning: true });
    await consumer.run({ eachMessage });
    await consumer.stop();
    await consumer.subscribe({ topic: b, fromBeginning: true });
    await consumer.run({ eachMessage });
    await until('those of b', () => seen.length === 2);
    expect(seen).toEqual([b, b]);
  });

  test('a second run while it runs is ignored', async () => {
    const topic = await lib.topic('second-run');
    await publish(topic, numbered(2));
    const { consumer } = await consumerOf(lib);
    const seen: number[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => void seen.push(1) });
    await consumer.run({ eachMessage: async () => void seen.push(2) });
    await until('two', () => seen.length >= 2);
    expect(seen).toEqual([1, 1]);
  });

  test('stop waits for the handler, and no handler is called after it', async () => {
    const topic = await lib.topic('stop-waits');
    await publish(topic, numbered(20));
    const { consumer } = await consumerOf(lib);
    const [begun, go] = [deferred(), deferred()];
    let [calls, stopped] = [0, false];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async () => {
        calls += 1;
        begun.resolve();
        await go.promise;
      },
    });
    await begun.promise;
    const end = consumer.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(stopped).toBe(false);
    go.resolve();
    await end;
    const at = calls;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([at, calls]).toEqual([1, 1]);
  });

  test('stop and disconnect can be called twice, and without a run', async () => {
    const { consumer } = await consumerOf(lib);
    await consumer.stop();
    await Promise.all([consumer.stop(), consumer.stop()]);
    await consumer.disconnect();
    await consumer.disconnect();
  });

  test('connects again after disconnect', async () => {
    const topic = await lib.topic('again');
    await publish(topic, numbered(1));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    const read = async () => {
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    };
    await read();
    await until('one', () => seen.length === 1);
    await consumer.disconnect();
    await publish(topic, numbered(1));
    await consumer.connect();
    await read();
    await until('two', () => seen.length >= 2);
    expect(seen).toEqual(['0', '1']);
  });

  test('disconnect right after run ends all of it', async () => {
    const topic = await lib.topic('at-once');
    const { consumer } = await consumerOf(lib);
    await consumer.subscribe({ topic, fromBeginning: true });
    const running = consumer.run({ eachMessage: async () => {} });
    await consumer.disconnect();
    await running;
    await consumer.connect();
    const seen: string[] = [];
    await publish(topic, numbered(1));
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    await until('one', () => seen.length === 1);
  });

  test('the member leaves: another one of the group gets its partitions soon', async () => {
    const topic = await lib.topic('leaves', 2);
    const first = await consumerOf(lib, { sessionTimeout: 30_000 });
    await first.consumer.subscribe({ topic, fromBeginning: true });
    await first.consumer.run({ eachMessage: async () => {} });
    await first.consumer.stop();
    await publish(topic, [...numbered(1, { partition: 0 }), ...numbered(1, { partition: 1 })]);
    const second = await consumerOf(lib, { groupId: first.groupId });
    const seen: number[] = [];
    await second.consumer.subscribe({ topic, fromBeginning: true });
    await second.consumer.run({ eachMessage: async ({ partition }) => void seen.push(partition) });
    await until('both partitions', () => seen.length === 2, 15_000);
  });

  test('STOP, DISCONNECT and CONNECT are told', async () => {
    const topic = await lib.topic('events');
    const { consumer } = await consumerOf(lib);
    const events = told(consumer, 'STOP', 'DISCONNECT', 'CONNECT');
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: async () => {} });
    await consumer.stop();
    await consumer.disconnect();
    expect(events.map(({ name }) => name)).toEqual(['CONNECT', 'STOP', 'DISCONNECT']);
    await consumer.connect();
    expect(events.at(-1)?.name).toBe('CONNECT');
  });

  test('a handler that stops its own consumer does not hang it', async () => {
    const topic = await lib.topic('stops-itself');
    await publish(topic, numbered(5));
    const { consumer, groupId } = await consumerOf(lib);
    const [ended, seen] = [deferred(), [] as string[]];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message.offset);
        // Not awaited: the stop waits for this handler.
        consumer.stop().then(ended.resolve, ended.reject);
      },
    });
    await ended.promise;
    expect(seen).toEqual(['0']);
    await committedBecome(groupId, topic, { 0: '1' });
  });
});
