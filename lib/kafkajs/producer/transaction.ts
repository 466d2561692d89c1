/** Transaction objects as KafkaJS gives them. */
import { KafkaJSError, KafkaJSNonRetriableError } from '../errors/index.js';
import { nativeError } from '../native-error.js';
import type { TopicOffsets } from '../shared-types.js';
import { isAborted, type TransactionalClient } from './transactional.js';
import type { ProducerBatch, ProducerRecord, Sender, Transaction } from './types.js';

/** A transaction that began. `ended` is called once, when it is over. */
export function createTransaction(client: TransactionalClient, sender: Sender, ended: () => void): Transaction {
  let active = true;
  /** A commit that failed has aborted it: an abort has nothing left to do, as the program cannot know. */
  let aborted = false;

  const end = (): void => {
    active = false;
    ended();
  };

  const guarded =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (!active) throw new KafkaJSNonRetriableError('Cannot continue to use transaction once ended');
      try {
        return await call(...args);
      } catch (error) {
        throw error instanceof KafkaJSError ? error : nativeError(error);
      }
    };

  return {
    send: guarded((record: ProducerRecord) => sender.send(record)),
    sendBatch: guarded((batch: ProducerBatch) => sender.sendBatch(batch)),

    sendOffsets: guarded(({ consumerGroupId, topics }: { consumerGroupId: string; topics: TopicOffsets[] }) => {
      if (!consumerGroupId) throw new KafkaJSNonRetriableError('Missing consumerGroupId');
      if (!topics) throw new KafkaJSNonRetriableError('Missing offset topics');
      checkOffsets(topics);
      return client.sendOffsets(consumerGroupId, topics);
    }),

    commit: guarded(async () => {
      if (aborted) throw new KafkaJSNonRetriableError('The transaction was aborted by a commit that failed');
      try {
        await client.commit();
      } catch (error) {
        aborted = isAborted(error);
        // A fenced producer and an unknown outcome leave nothing that could be aborted.
        if (!aborted) end();
        throw error;
      }
      end();
    }),

    abort: guarded(async () => {
      try {
        if (!aborted) await client.abort();
      } finally {
        end();
      }
    }),

    isActive: () => active,
  };
}

function checkOffsets(topics: TopicOffsets[]): void {
  for (const { topic, partitions } of topics) {
    for (const { partition, offset } of partitions) {
      if (Number.isInteger(partition) && partition >= 0 && /^\d+$/.test(String(offset))) continue;
      throw new KafkaJSNonRetriableError(`Invalid offset "${offset}" for partition ${partition} of topic "${topic}"`);
    }
  }
}
