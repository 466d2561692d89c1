// Programs take the messages out of a batch's list while they handle it: nothing of that moves what is resolved.

import type { Batch, KafkaMessage } from 'kafkajs';
import { until } from '../support/until';
import { both } from './support/both';
import { committedBecome, consumerOf, numbered, publish, told } from './support/consuming';

type Take = (messages: KafkaMessage[], handle: (message: KafkaMessage | undefined) => void) => void;

const ways: [string, Take][] = [
  ['splice, in parts', (messages, handle) => void (messages.length && messages.splice(0, 3).forEach(handle))],
  ['shift', (messages, handle) => handle(messages.shift())],
  ['pop', (messages, handle) => handle(messages.pop())],
];

const values = numbered(10).map(({ value }) => value);
const standOf = (batch: Batch) => [batch.firstOffset(), batch.lastOffset(), batch.offsetLag(), batch.offsetLagLow()];

both('consumer batch messages', (lib) => {
  test.each(ways)('taken out by %s', async (_, take) => {
    const topic = await lib.topic('taken');
    await publish(topic, numbered(10));
    const { consumer, groupId } = await consumerOf(lib);
    const seen: string[] = [];
    const stands: unknown[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch }) => {
        const before = standOf(batch);
        while (batch.messages.length > 0) take(batch.messages, (message) => seen.push(String(message?.value)));
        stands.push([before, standOf(batch), batch.isEmpty()]);
      },
    });
    await committedBecome(groupId, topic, { 0: '10' });
    expect([...seen].sort()).toEqual(values);
    for (const [before, after, isEmpty] of stands as [unknown, unknown, boolean][]) {
      expect([after, isEmpty]).toEqual([before, true]);
    }
  });

  test.each([
    ['reverse', (messages: KafkaMessage[]) => void messages.reverse()],
    ['sort', (messages: KafkaMessage[]) => void messages.sort((a, b) => Number(b.offset) - Number(a.offset))],
    ['a filter in place', (messages: KafkaMessage[]) => void messages.splice(0, messages.length, messages[1] as never)],
  ])('changed by %s', async (_, change) => {
    const topic = await lib.topic('changed');
    await publish(topic, numbered(10));
    const { consumer, groupId } = await consumerOf(lib);
    const firsts: string[] = [];
    const ends = told(consumer, 'END_BATCH_PROCESS');
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch }) => {
        firsts.push(batch.firstOffset() as string);
        const before = standOf(batch);
        change(batch.messages);
        expect(standOf(batch)).toEqual(before);
      },
    });
    await committedBecome(groupId, topic, { 0: '10' });
    await until('the end of the last', () => ends.at(-1)?.payload.lastOffset === '9');
    // No batch came twice.
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  test('taken out without eachBatchAutoResolve: what was resolved counts', async () => {
    const topic = await lib.topic('taken-resolved');
    await publish(topic, numbered(10));
    const { consumer, groupId } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset }) => {
        for (let message = batch.messages.shift(); message !== undefined; message = batch.messages.shift()) {
          seen.push(String(message.value));
          resolveOffset(message.offset);
        }
      },
    });
    await committedBecome(groupId, topic, { 0: '10' });
    expect(seen).toEqual(values);
  });
});
