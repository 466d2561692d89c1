// eachMessage: what a handler gets, and in which order.

import type { EachMessagePayload } from 'kafkajs';
import { until } from '../support/until';
import { both } from './support/both';
import { consumerOf, noting, numbered, publish, readAll } from './support/consuming';

both('consumer eachMessage', (lib) => {
  test('gets every message of a topic from its beginning, in order within a partition', async () => {
    const topic = await lib.topic('each-message', 3);
    await publish(topic, numbered(300));
    const { consumer } = await consumerOf(lib);
    const { payloads } = noting();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async (payload) => void payloads.push(payload) });
    await until('300 messages', () => payloads.length === 300);
    expect(new Set(payloads.map(({ message }) => String(message.value))).size).toBe(300);
    for (const partition of [0, 1, 2]) {
      const offsets = payloads
        .filter((each) => each.partition === partition)
        .map(({ message }) => Number(message.offset));
      expect(offsets).toEqual(offsets.map((_, i) => i));
    }
    expect(payloads[0]).toMatchObject({ topic });
  });

  test('gives key, value, headers, timestamp and offset in KafkaJS’s types', async () => {
    const topic = await lib.topic('message-shape');
    const headers = { one: 'eins', many: ['a', 'b'], bytes: Buffer.from([0, 255]) };
    await publish(topic, [{ key: 'k', value: 'v', headers, timestamp: '1700000000000' }]);
    const [message] = await readAll(lib, topic, 1);
    expect(message).toMatchObject({ offset: '0', timestamp: '1700000000000', attributes: 0 });
    expect(Buffer.isBuffer(message?.key) && Buffer.isBuffer(message?.value)).toBe(true);
    expect([String(message?.key), String(message?.value)]).toEqual(['k', 'v']);
    expect(message?.headers?.one).toEqual(Buffer.from('eins'));
    expect(message?.headers?.many).toEqual([Buffer.from('a'), Buffer.from('b')]);
    expect(message?.headers?.bytes).toEqual(Buffer.from([0, 255]));
  });

  test('comes with a heartbeatInterval of 0, too', async () => {
    const topic = await lib.topic('no-interval');
    await publish(topic, numbered(3));
    const { consumer } = await consumerOf(lib, { heartbeatInterval: 0 });
    const { payloads, values } = noting();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async (payload) => void payloads.push(payload) });
    await until('three', () => payloads.length === 3);
    expect(values()).toEqual(['0', '1', '2']);
  });

  test('gives null for a key or a value that is null, and empty Buffers for empty ones', async () => {
    const topic = await lib.topic('nulls');
    await publish(topic, [{ value: null }, { key: '', value: '' }]);
    const [first, second] = await readAll(lib, topic, 2);
    expect([first?.key, first?.value, first?.headers]).toEqual([null, null, {}]);
    expect([second?.key, second?.value]).toEqual([Buffer.alloc(0), Buffer.alloc(0)]);
  });

  test('gives messages that can be spread, changed and compared', async () => {
    const topic = await lib.topic('plain');
    await publish(topic, [{ key: 'k', value: '{"a":1}', headers: { h: 'x' } }]);
    const [message] = (await readAll(lib, topic, 1)) as unknown as [Record<string, unknown>];
    for (const object of [message, message.headers]) expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    // As libraries that wrap KafkaJS do (NestJS).
    const spread: Record<string, any> = { ...message, headers: { ...(message.headers as object) }, topic };
    expect(String(spread.value)).toBe('{"a":1}');
    expect(String(spread.headers.h)).toBe('x');
    message.value = JSON.parse(String(message.value));
    expect(message.value).toEqual({ a: 1 });
    expect(Object.keys(message)).toEqual(expect.arrayContaining(['key', 'value', 'headers', 'offset', 'timestamp']));
    expect(message).toEqual(expect.objectContaining({ key: Buffer.from('k'), offset: '0' }));
  });

  test('calls one handler at a time by default', async () => {
    const topic = await lib.topic('one-at-a-time', 4);
    await publish(topic, numbered(40));
    const { consumer } = await consumerOf(lib);
    let [running, most, done] = [0, 0, 0];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running -= 1;
        done += 1;
      },
    });
    await until('40 messages', () => done === 40);
    expect(most).toBe(1);
  });

  test('handles as many partitions at once as partitionsConsumedConcurrently says', async () => {
    const topic = await lib.topic('concurrently', 4);
    await publish(
      topic,
      [0, 1, 2, 3].flatMap((partition) => numbered(20, { partition })),
    );
    const { consumer } = await consumerOf(lib);
    let [running, most, done] = [0, 0, 0];
    const busy = new Set<number>();
    let overlapped = false;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      partitionsConsumedConcurrently: 3,
      eachMessage: async ({ partition }) => {
        overlapped ||= busy.has(partition);
        busy.add(partition);
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running -= 1;
        busy.delete(partition);
        done += 1;
      },
    });
    await until('80 messages', () => done === 80);
    expect([most > 1, most <= 3, overlapped]).toEqual([true, true, false]);
  });

  test('has a heartbeat that resolves and a pause that gives a function', async () => {
    const topic = await lib.topic('helpers');
    await publish(topic, numbered(1));
    const { consumer } = await consumerOf(lib);
    const seen: unknown[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ heartbeat, pause }: EachMessagePayload) => {
        seen.push(await heartbeat());
        const resume = pause();
        seen.push(typeof resume, consumer.paused());
        resume();
        seen.push(consumer.paused());
      },
    });
    await until('the handler', () => seen.length === 4);
    expect(seen).toEqual([undefined, 'function', [{ topic, partitions: [0] }], []]);
  });

  test('reads several topics, each from where its own subscription says', async () => {
    const [old, fresh] = [await lib.topic('from-beginning'), await lib.topic('from-end')];
    await publish(old, numbered(3));
    await publish(fresh, numbered(3));
    const { consumer } = await consumerOf(lib);
    const { payloads } = noting();
    await consumer.subscribe({ topics: [old], fromBeginning: true });
    await consumer.subscribe({ topics: [fresh], fromBeginning: false });
    await consumer.run({ eachMessage: async (payload) => void payloads.push(payload) });
    await until('the old ones', () => payloads.length >= 3);
    // Published again and again: a group that begins at the end has to find the end first.
    await until('a new one', async () => {
      await publish(fresh, [{ value: 'new' }]);
      return payloads.some(({ topic }) => topic === fresh);
    });
    const values = (topic: string) =>
      payloads.filter((each) => each.topic === topic).map((e) => String(e.message.value));
    expect(values(old)).toEqual(['0', '1', '2']);
    expect(new Set(values(fresh))).toEqual(new Set(['new']));
  });

  test('goes on where the group had committed, whatever fromBeginning says', async () => {
    const topic = await lib.topic('goes-on');
    await publish(topic, numbered(5));
    const first = await consumerOf(lib);
    const seen: string[] = [];
    await first.consumer.subscribe({ topic, fromBeginning: true });
    await first.consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    await until('five', () => seen.length === 5);
    await first.consumer.disconnect();
    await publish(topic, numbered(2));
    const second = await consumerOf(lib, { groupId: first.groupId });
    await second.consumer.subscribe({ topic, fromBeginning: true });
    await second.consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) });
    await until('seven', () => seen.length >= 7);
    expect(seen).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  });
});
