/** Packs sends and settles them: what a plain producer and a transaction have in common. */
import type { NativeProducerService } from '../../../index.js';
import { typed } from '../../kafka/errors.js';
import { Outbox } from '../../kafka/outbox.js';
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
    const topics = topicMessages.length === 1 ? (topicMessages[0] as TopicMessages).topic : 'several topics';
    return this.#outbox.publish(topics, true, (packer) => {
      for (const { topic, messages } of topicMessages) {
        const id = this.#outbox.topicId(topic);
        for (let i = 0; i < messages.length; i++) {
          const message = messages[i] as Message;
          const where = (): string => `message ${i} for topic "${topic}"`;
          try {
            packer.message(id, message, where, choose?.(topic, message));
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
