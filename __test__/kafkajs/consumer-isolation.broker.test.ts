// Transactions: what readers of committed and of uncommitted messages get.

import * as kafkajs from 'kafkajs';
import { sharedBroker } from '../support/kafka-tools';
import { unique, until } from '../support/until';
import { both } from './support/both';
import { consumerOf, publish } from './support/consuming';

/** Two that are committed, two that are aborted, one plain. */
async function publishTransactions(topic: string): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [sharedBroker()], logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({ transactionalId: unique('tx'), maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  for (const [value, end] of [
    ['kept', 'commit'],
    ['aborted', 'abort'],
  ] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: `${value}-1` }, { value: `${value}-2` }] });
    await transaction[end]();
  }
  await producer.disconnect();
  await publish(topic, [{ value: 'plain' }]);
}

both('consumer isolation', (lib) => {
  test.each([
    [false, ['kept-1', 'kept-2', 'plain']],
    [true, ['kept-1', 'kept-2', 'aborted-1', 'aborted-2', 'plain']],
  ])('readUncommitted: %p', async (readUncommitted, wanted) => {
    const topic = await lib.topic('isolation');
    await publishTransactions(topic);
    const { consumer } = await consumerOf(lib, { readUncommitted });
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) });
    await until('the last', () => seen.at(-1) === 'plain');
    expect(seen).toEqual(wanted);
  });

  test('eachBatch without auto-resolve is not held by the end of a transaction', async () => {
    const topic = await lib.topic('control-records');
    await publishTransactions(topic);
    const { consumer } = await consumerOf(lib);
    const seen: string[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset }) => {
        for (const { value, offset } of batch.messages) {
          seen.push(String(value));
          resolveOffset(offset);
        }
      },
    });
    await until('the last', () => seen.at(-1) === 'plain');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(seen).toEqual(['kept-1', 'kept-2', 'plain']);
  });
});
