/** Transaction objects as KafkaJS gives them. */
import { numeric } from '../config/numeric.js';
import { KafkaJSError, KafkaJSNonRetriableError } from '../errors/index.js';
import { nativeError } from '../native-error.js';
import type { TopicOffsets } from '../shared-types.js';
import { isAborted, type TransactionalClient } from './transactional.js';
import type { ProducerBatch, ProducerRecord, Sender, Transaction } from './types.js';

/** Partitions have 32 bits. */
const MOST_PARTITION = 2_147_483_647;

/** What a transaction needs of its producer. */
export interface Host extends Sender {
  /** Throws what sends of a producer reject with that is not connected. */
  assertConnected(): void;
  /** Called once, when the transaction is over. */
  ended(): void;
}

export interface OpenTransaction {
  surface: Transaction;
  /** For the producer's disconnect: aborts, in whatever state it is. */
  leave(): Promise<void>;
}

/** A transaction that began. */
export function createTransaction(client: TransactionalClient, host: Host): OpenTransaction {
  let active = true;
  /** The producer's disconnect has ended it. */
  let left = false;
  /** A commit that failed has aborted it: an abort has nothing left to do, as the program cannot know. */
  let aborted = false;

  const end = (): void => {
    active = false;
    host.ended();
  };

  const guarded =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (left) host.assertConnected();
      if (!active) throw new KafkaJSNonRetriableError('Cannot continue to use transaction once ended');
      return call(...args);
    };

  const asked =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await call(...args);
      } catch (error) {
        throw error instanceof KafkaJSError ? error : nativeError(error);
      }
    };

  const abort = asked(async () => {
    try {
      if (!aborted) await client.abort();
    } finally {
      end();
    }
  });

  const surface: Transaction = {
    // Their errors are the producer's already.
    send: guarded((record: ProducerRecord) => host.send(record)),
    sendBatch: guarded((batch: ProducerBatch) => host.sendBatch(batch)),

    sendOffsets: guarded(
      asked(async ({ consumerGroupId, topics }: { consumerGroupId: string; topics: TopicOffsets[] }) => {
        if (!consumerGroupId) throw new KafkaJSNonRetriableError('Missing consumerGroupId');
        if (!topics) throw new KafkaJSNonRetriableError('Missing offset topics');
        checkOffsets(topics);
        await client.sendOffsets(consumerGroupId, topics);
      }),
    ),

    commit: guarded(
      asked(async () => {
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
    ),

    abort: guarded(abort),
    isActive: () => active,
  };

  const leave = async (): Promise<void> => {
    left = true;
    if (active) await abort();
  };
  return { surface, leave };
}

/** Partitions can be digits in a text, as uncommittedOffsets() of a consumer gives them. */
function checkOffsets(topics: TopicOffsets[]): void {
  for (const { topic, partitions } of topics) {
    for (const { partition, offset } of partitions) {
      const place = numeric(partition) as number;
      if (!Number.isInteger(place) || place < 0 || place > MOST_PARTITION) {
        throw new KafkaJSNonRetriableError(`Invalid partition "${partition}" of topic "${topic}"`);
      }
      const where = `Invalid offset "${offset}" for partition ${partition} of topic "${topic}"`;
      if (!/^\d+$/.test(String(offset))) throw new KafkaJSNonRetriableError(where);
      // Beyond, Number would round it, and another offset would be committed.
      if (!Number.isSafeInteger(Number(offset))) {
        throw new KafkaJSNonRetriableError(`${where}: the largest that can be committed is ${Number.MAX_SAFE_INTEGER}`);
      }
    }
  }
}
