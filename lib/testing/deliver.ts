/** Gives an event to the handler that is registered, without a broker in between. */
import { BatchRun } from '../kafka/batch-run.js';
import { type KafkaConsumerService, kafkaConsumerService } from '../kafka/consumer.js';
import { assertText, toJson } from '../kafka/envelopes.js';
import { invalid, KafkaStateError, reading, show } from '../kafka/errors.js';
import { type Handler, heartbeat } from '../kafka/handler.js';
import type { Lane, LaneHost } from '../kafka/lane.js';
import { Slab, SlabMessage } from '../kafka/message.js';
import { RecordPacker } from '../kafka/records.js';
import { KINDS, WITH_USER } from './envelope.js';
import { readPacked, type SlabEntry, writeSlab } from './records.js';
import type { EventToDeliver, PublishedEvent } from './types.js';

export interface DeliverOptions {
  /** Whose handlers. Default: `kafkaConsumerService`. */
  consumer?: KafkaConsumerService;
}

interface Delivery {
  topic: string;
  partition: number;
  entry: SlabEntry;
}

/** Offsets of what was given without one, by topic and partition. */
const nextOffsets = new Map<string, number>();

/**
 * Calls the handler that is registered for the topic, and resolves when it has finished; rejects with what it throws. No
 * broker is needed and no consumer has to run; nothing is retried, nothing is committed. A list is one batch for a batch
 * handler, and one call after another for a message handler. Without a handler: `ERR_KAFKA_NO_HANDLER`.
 *
 * @example
 * await deliver({ topic: 'user-events', eventType: 'user.registered', userId: 'u-1', data: { plan: 'free' } });
 * await deliver({ topic: 'orders', key: 'o-1', value: { total: 12 } });
 * for (const event of await publishedEvents('course-events')) await deliver(event);
 */
export async function deliver(
  event: EventToDeliver | PublishedEvent | readonly (EventToDeliver | PublishedEvent)[],
  options: DeliverOptions = {},
): Promise<void> {
  const { consumer = kafkaConsumerService } = options;
  const deliveries = reading('the event', () => (Array.isArray(event) ? event : [event]).map(deliveryOf));
  const [first] = deliveries;
  if (first === undefined) return;
  const { topic, partition } = first;
  if (deliveries.some((other) => other.topic !== topic || other.partition !== partition)) {
    throw invalid('the events of one batch are of one topic and one partition: call deliver for each of the others');
  }
  const handler = consumer.handlerOf(topic);
  if (handler === undefined) {
    throw new KafkaStateError(
      'ERR_KAFKA_NO_HANDLER',
      `no handler is registered for ${topic}: call registerHandler('${topic}', …) before deliver`,
    );
  }
  const slab = new Slab(
    writeSlab(
      deliveries.map((each) => each.entry),
      0,
    ),
    deliveries.length,
  );
  await run(handler, topic, partition, slab);
}

async function run(handler: Handler, topic: string, partition: number, slab: Slab): Promise<void> {
  if (handler.each === 'batch') return runBatch(handler, topic, partition, slab);
  for (let i = 0; i < slab.count; i++) {
    const message = new SlabMessage(slab, i);
    await handler.run({ topic, partition, message, heartbeat, pause: () => () => {} });
  }
}

/** With the payload that real batches have; the first failure ends it. */
async function runBatch(
  handler: Extract<Handler, { each: 'batch' }>,
  topic: string,
  partition: number,
  slab: Slab,
): Promise<void> {
  const lane = {
    id: 0,
    topic,
    partition,
    closed: false,
    next: -1,
    committed: -1,
    advance(next: number) {
      this.next = next;
    },
    pause: () => () => {},
    afterFailure: (_message: unknown, _attempt: number, thrown: unknown) => Promise.reject(thrown),
  };
  const host = {
    native: { recordHandlerTime() {}, highWatermark: () => slab.offset(slab.count - 1) + 1 },
    context: { mailbox: { request: () => Promise.resolve() } },
    flushProgress() {},
  };
  const batch = new BatchRun(lane as unknown as Lane, host as unknown as LaneHost, { slab, from: 0, to: slab.count });
  await batch.work(handler.run);
}

function deliveryOf(event: EventToDeliver | PublishedEvent): Delivery {
  if (typeof event !== 'object' || event === null) {
    throw invalid(
      `deliver takes an event such as { topic, eventType, userId, data } or { topic, value }, not ${show(event)}`,
    );
  }
  const { topic, partition, value, timestamp } = event;
  if (typeof topic !== 'string' || topic === '') throw invalid(`topic must be a non-empty string, not ${show(topic)}`);
  const packer = new RecordPacker();
  const where = (): string => `the event for ${topic}`;
  if (value === undefined) packEvent(packer, topic, event as EventToDeliver);
  const given =
    value === undefined
      ? { value: null, partition, timestamp: textOf(timestamp) }
      : {
          key: event.key,
          value: bytesOf(value),
          headers: event.headers,
          partition,
          timestamp: textOf(timestamp),
        };
  // Also for an event: partition and timestamp are checked there.
  const checks = value === undefined ? new RecordPacker() : packer;
  checks.message(0, given, where);
  const { slab, index } = packer.view();
  const checked = checks.view().index;
  const [record] = readPacked(slab, index);
  if (record === undefined) throw invalid(`${where()} is none`);
  const at = Math.max(checked[1] as number, 0);
  const time = timestamp === undefined ? record.timestamp : Number(timestamp);
  const { key, headers } = record;
  const entry = { key, value: record.value, headers, timestamp: time, offset: offsetOf(topic, at, event.offset) };
  return { topic, partition: at, entry };
}

function textOf(timestamp: string | number | undefined): string | undefined {
  return timestamp === undefined ? undefined : String(timestamp);
}

function bytesOf(value: unknown): string | Buffer | null {
  if (value === null || typeof value === 'string' || value instanceof Uint8Array)
    return value as string | Buffer | null;
  return toJson(value);
}

/** The envelope of the parts that were given. */
function packEvent(packer: RecordPacker, topic: string, event: EventToDeliver): void {
  const kind = KINDS.find((each) => each.topic === topic);
  if (kind === undefined || event.eventType === undefined) {
    throw invalid(
      `the event for ${topic} has no value: give one, or for the topics ${KINDS.map((each) => each.topic).join(', ')} ` +
        'eventType, the ids and data',
    );
  }
  assertText(event.eventType, 'eventType');
  const id = event[kind.id];
  assertText(id, kind.id);
  const withUser = WITH_USER.includes(kind.number);
  if (withUser) assertText(event.userId, 'userId');
  packer.event(kind.number, event.eventType, id, withUser ? event.userId : undefined, toJson(event.data), undefined);
}

function offsetOf(topic: string, partition: number, given: string | number | undefined): number {
  const key = `${topic} ${partition}`;
  if (given === undefined) {
    const offset = nextOffsets.get(key) ?? 0;
    nextOffsets.set(key, offset + 1);
    return offset;
  }
  const offset = /^\d+$/.test(String(given)) ? Number(given) : Number.NaN;
  if (!Number.isSafeInteger(offset)) throw invalid(`offset must be a whole number from 0, not ${show(given)}`);
  return offset;
}
