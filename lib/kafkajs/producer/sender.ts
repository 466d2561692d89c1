/** Packs sends and settles them: what a plain producer and a transaction have in common. */
import { types } from 'node:util';
import type { NativeProducerService } from '../../../index.js';
import { typed } from '../../kafka/errors.js';
import { Outbox } from '../../kafka/outbox.js';
import { numeric } from '../config/numeric.js';
import type { Message, RecordMetadata } from '../types.js';
import type { TopicMessages } from './types.js';

/** What the classes of the border that take sends have in common. */
export type SendingCore = Pick<NativeProducerService, 'send' | 'takeReports' | 'topicId' | 'topicName'>;

/** Gives the partition of a message, if it is not for the core to choose. */
export type Choose = (topic: string, message: Message) => number;

export class RecordSender {
  readonly #outbox: Outbox;
  #flushScheduled = false;

  constructor(core: () => SendingCore) {
    this.#outbox = new Outbox(core as () => NativeProducerService, () => this.#scheduleFlush());
  }

  /** Reads the messages now, sends them at the end of the tick; resolves when every one is acknowledged. */
  send(topicMessages: TopicMessages[], choose?: Choose): Promise<RecordMetadata[]> {
    // Before anything is packed: it is code of the application, and its errors are not those of messages.
    const chosen = choose && topicMessages.map(({ topic, messages }) => messages.map((each) => choose(topic, each)));
    const topics = topicMessages.length === 1 ? (topicMessages[0] as TopicMessages).topic : 'several topics';
    return this.#outbox.publish(topics, true, (packer) => {
      for (let at = 0; at < topicMessages.length; at++) {
        const { topic, messages } = topicMessages[at] as TopicMessages;
        const id = this.#outbox.topicId(topic);
        for (let i = 0; i < messages.length; i++) {
          const message = plainly(messages[i] as Message);
          const where = (): string => `message ${i} for topic "${topic}"`;
          try {
            packer.message(id, message, where, chosen?.[at]?.[i]);
          } catch (error) {
            throw typed(error, where());
          }
        }
      }
    });
  }

  drainReports(): void {
    this.#outbox.drainReports();
  }

  /** Sends what waits for the end of the tick. */
  flush(): void {
    this.#outbox.flush();
  }

  /** What could not be sent is never going to be. */
  reject(error: unknown): void {
    this.#outbox.rejectWaiting(error);
  }

  /** Sends of one tick cross the border together. */
  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      if (!this.#outbox.flush()) this.#outbox.rejectWaiting(new Error('The producer is disconnected'));
    });
  }
}

/** The partition and the time as the packer takes them, where they come in another of the forms that KafkaJS takes. */
function plainly(message: Message): Message {
  const { partition, timestamp } = message as { partition?: unknown; timestamp?: unknown };
  const usual =
    (partition === undefined || typeof partition === 'number') &&
    (timestamp === undefined || typeof timestamp === 'string');
  if (usual) return message;
  const { key, value, headers } = message;
  return { key, value, headers, partition: numeric(partition) as number, timestamp: timeOf(timestamp) as string };
}

/** A Date and a BigInt are ms, and 0 is no time. */
function timeOf(timestamp: unknown): unknown {
  if (types.isDate(timestamp)) return timestamp.getTime();
  return timestamp === 0 ? undefined : numeric(timestamp);
}
