// pause, resume, paused.

import { until } from '../support/until';
import { both } from './support/both';
import { consumerOf, noting, numbered, pause, publish } from './support/consuming';

both('consumer pause', (lib) => {
  test('a paused topic is not read until it is resumed; others go on', async () => {
    const [a, b] = [await lib.topic('pause-a'), await lib.topic('pause-b')];
    const { consumer } = await consumerOf(lib);
    const { payloads } = noting();
    const of = (topic: string) => payloads.filter((each) => each.topic === topic).length;
    await consumer.subscribe({ topics: [a, b], fromBeginning: true });
    await consumer.run({ eachMessage: async (payload) => void payloads.push(payload) });
    consumer.pause([{ topic: a }]);
    expect(consumer.paused()).toEqual([{ topic: a, partitions: [0] }]);
    await publish(a, numbered(3));
    await publish(b, numbered(3));
    await until('those of b', () => of(b) === 3);
    await pause(300);
    expect(of(a)).toBe(0);
    consumer.resume([{ topic: a }]);
    expect(consumer.paused()).toEqual([]);
    await until('those of a', () => of(a) === 3);
  });

  test('partitions can be paused one by one', async () => {
    const topic = await lib.topic('pause-partitions', 3);
    const { consumer } = await consumerOf(lib);
    const { payloads } = noting();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async (payload) => void payloads.push(payload) });
    consumer.pause([{ topic, partitions: [0, 2] }]);
    expect(consumer.paused()).toEqual([{ topic, partitions: [0, 2] }]);
    await publish(
      topic,
      [0, 1, 2].flatMap((partition) => numbered(2, { partition })),
    );
    await until('those of partition 1', () => payloads.length === 2);
    await pause(300);
    expect(payloads.map(({ partition }) => partition)).toEqual([1, 1]);
    consumer.resume([{ topic, partitions: [2] }]);
    expect(consumer.paused()).toEqual([{ topic, partitions: [0] }]);
    await until('those of partition 2', () => payloads.length === 4);
    consumer.resume([{ topic }]);
    await until('those of partition 0', () => payloads.length === 6);
  });

  test('a topic that is paused as a whole can be resumed in part', async () => {
    const topic = await lib.topic('resume-part', 2);
    const { consumer } = await consumerOf(lib);
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    consumer.pause([{ topic }]);
    consumer.resume([{ topic, partitions: [1] }]);
    expect(consumer.paused()).toEqual([{ topic, partitions: [0] }]);
    consumer.pause([{ topic, partitions: [1] }]);
    expect(consumer.paused()).toEqual([{ topic, partitions: [1] }]);
  });

  test('in a handler: the rest of its batch waits, and comes once', async () => {
    const topic = await lib.topic('pause-in-handler');
    await publish(topic, numbered(6));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    let resume: (() => void) | undefined;
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message, pause: stopHere }) => {
        seen.push(message.offset);
        if (message.offset === '2') resume = stopHere();
      },
    });
    await until('the pause', () => resume);
    await pause(300);
    expect(seen).toEqual(['0', '1', '2']);
    resume?.();
    await until('six', () => seen.length >= 6);
    expect(seen).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  test('a handler that fails after its pause gets its message again after the resume', async () => {
    const topic = await lib.topic('pause-and-throw');
    await publish(topic, numbered(2));
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message, pause: stopHere }) => {
        seen.push(message.offset);
        if (seen.length > 1) return;
        const resume = stopHere();
        setTimeout(resume, 200);
        throw new Error('not now');
      },
    });
    await until('both', () => seen.length >= 3);
    expect(seen).toEqual(['0', '0', '1']);
  });

  test('a paused consumer stops at once', async () => {
    const topic = await lib.topic('pause-stop');
    await publish(topic, numbered(5));
    const { consumer } = await consumerOf(lib);
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ pause: stopHere }) => void stopHere(),
    });
    await until('the pause', () => consumer.paused().length === 1);
    await consumer.stop();
    expect(consumer.paused()).toEqual([]);
  });
});
