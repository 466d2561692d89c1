/** One call of a batch handler, with KafkaJS's helpers. */
import { isThenable } from '../../kafka/handler.js';
import { KafkaJSError } from '../errors/index.js';
import type { TopicOffsets } from '../shared-types.js';
import { offsetOf, offsetsToCommit } from './arguments.js';
import type { ConsumedBatch } from './batch.js';
import { isError } from './failures.js';
import { heartbeatOf } from './heartbeat.js';
import type { Lane } from './lane.js';
import type { EachBatchHandler, EachBatchPayload } from './payloads.js';

export async function eachBatch(lane: Lane, handler: EachBatchHandler, batch: ConsumedBatch): Promise<void> {
  const { host, topic, partition } = lane;
  try {
    const result = handler(payloadOf(lane, batch)) as unknown;
    if (isThenable(result)) await result;
  } catch (error) {
    if (!(error instanceof KafkaJSError)) {
      const { stack } = isError(error) ? error : { stack: undefined };
      host.logger.error('Error when calling eachBatch', {
        topic,
        partition,
        offset: batch.firstOffset(),
        stack,
        error,
      });
    }
    throw error;
  }
  if (host.autoResolve) lane.resolve(Number(batch.lastOffset()) + 1);
}

function payloadOf(lane: Lane, batch: ConsumedBatch): EachBatchPayload {
  const { host, topic, partition } = lane;
  const { commits } = host;
  return {
    batch,
    resolveOffset: (offset) => lane.resolve(Number(offsetOf(offset)) + 1),
    heartbeat: heartbeatOf(lane),
    pause: () => host.pause(topic, partition),
    commitOffsetsIfNecessary: async (offsets) => {
      if (offsets) return commits.these(offsetsToCommit(flat(offsets.topics ?? commits.uncommitted().topics)));
      if (commits.due) await commits.now();
    },
    uncommittedOffsets: () => commits.uncommitted(),
    isRunning: () => host.running,
    isStale: () => lane.closed === 'sought' || lane.closed === 'revoked',
  };
}

function flat(topics: TopicOffsets[]): object[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((each) => ({ ...each, topic })));
}
