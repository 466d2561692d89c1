/** One run of messages, handled one by one. */
import { isThenable, type Run } from '../../kafka/handler.js';
import { KafkaJSError } from '../errors/index.js';
import { isError } from './failures.js';
import { heartbeatOf } from './heartbeat.js';
import type { Lane } from './lane.js';
import { consumedMessage } from './message.js';
import type { EachMessageHandler } from './payloads.js';

/** ms of handlers that never wait, after which the event loop gets a turn. */
const SLICE_MS = 15;
/** Messages between two looks at the clock. */
const LOOK = 16;

/** Ends early when the lane must not go on: paused, sought, taken away, stopped. */
export async function eachMessage(lane: Lane, handler: EachMessageHandler, { slab, from, to }: Run): Promise<void> {
  const { host, topic, partition } = lane;
  const { commits } = host;
  const heartbeat = heartbeatOf(lane);
  const pause = (): (() => void) => host.pause(topic, partition);
  let sliceEnd = performance.now() + SLICE_MS;
  for (let i = from; i < to && lane.goesOn; i++) {
    const message = consumedMessage(slab, i);
    try {
      const result = handler({ topic, partition, message, heartbeat, pause }) as unknown;
      if (isThenable(result)) await result;
    } catch (error) {
      if (!(error instanceof KafkaJSError)) {
        const { stack } = isError(error) ? error : { stack: undefined };
        host.logger.error('Error when calling eachMessage', { topic, partition, offset: message.offset, stack, error });
      }
      throw error;
    }
    if (lane.closed === 'sought') return;
    lane.resolve(slab.offset(i) + 1);
    if (host.autoCommit && commits.due) await commits.now();
    if ((i - from) % LOOK !== LOOK - 1 || performance.now() < sliceEnd) continue;
    await lane.breathe();
    sliceEnd = performance.now() + SLICE_MS;
  }
}
