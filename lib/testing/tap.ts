/** Reads everything that is published to the embedded broker of this file. */
import * as timers from 'node:timers';
import { KafkaAdminService } from '../kafka/admin.js';
import { KafkaConsumerService } from '../kafka/consumer.js';
import type { Context } from '../kafka/context.js';
import { KafkaTimeoutError } from '../kafka/errors.js';
import { getKafkaMetrics } from '../kafka/metrics.js';
import type { EachBatchPayload } from '../kafkajs/types.js';
import { packHeaders } from './headers.js';
import { publishedEvent } from './published.js';
import type { PublishedEvent } from './types.js';

const { setTimeout } = timers;
const now = performance.now.bind(performance);

/** ms in which what was acknowledged must be read. */
const READ_MS = 15_000;
const STEP_MS = 5;

export class Tap {
  readonly #admin: KafkaAdminService;
  readonly #consumer: KafkaConsumerService;
  readonly #topics = new Set<string>();
  /** Messages that the services had published before. */
  readonly #before = getKafkaMetrics().produced;
  readonly #events: PublishedEvent[] = [];
  #forgotten = 0;
  #starting: Promise<void> | undefined;

  /** The context has a group of its own, so that it takes nothing from the consumers of the application. */
  constructor(context: Context) {
    this.#admin = new KafkaAdminService(() => context);
    this.#consumer = new KafkaConsumerService(() => context);
  }

  /** Reads the topics that there are; what is read comes in by itself from then on. */
  async start(): Promise<void> {
    // Two that start the same topic would both wait for it.
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  async #start(): Promise<void> {
    const fresh = (await this.#admin.listTopics()).filter((topic) => !this.#topics.has(topic));
    for (const topic of fresh) {
      this.#topics.add(topic);
      this.#consumer.registerBatchHandler(topic, (payload) => this.#take(payload));
    }
    await Promise.all(fresh.map((topic) => this.#consumer.startConsumer(topic)));
  }

  #take({ batch: { topic, partition, messages } }: EachBatchPayload): void {
    for (const { key, value, headerList, offset, timestamp } of messages) {
      const headers = packHeaders(headerList);
      this.#events.push(
        publishedEvent({ topic, partition, offset, timestamp: Number(timestamp), key, value, headers }),
      );
    }
  }

  /** Everything since the last `forget` that the services of this file have had acknowledged. */
  async read(): Promise<PublishedEvent[]> {
    await this.#upToDate();
    const at = (event: PublishedEvent): number => Number(event.timestamp);
    return this.#events.slice(this.#forgotten).sort((one, other) => at(one) - at(other) || order(one, other));
  }

  async forget(): Promise<void> {
    await this.#upToDate();
    this.#forgotten = this.#events.length;
  }

  async #upToDate(): Promise<void> {
    const acknowledged = getKafkaMetrics().produced - this.#before;
    if (this.#events.length >= acknowledged) return;
    // Perhaps in a topic that was created meanwhile.
    await this.start();
    const begun = now();
    while (this.#events.length < acknowledged) {
      if (now() - begun > READ_MS) throw this.#unread(acknowledged);
      await new Promise((resolve) => void setTimeout(resolve, STEP_MS));
    }
  }

  #unread(acknowledged: number): KafkaTimeoutError {
    return new KafkaTimeoutError(
      'ERR_KAFKA_TIMED_OUT',
      `${this.#events.length} of ${acknowledged} acknowledged messages could be read back within ${READ_MS} ms: the embedded ` +
        'broker keeps the newest 5 MiB of a partition only',
    );
  }

  async end(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#consumer.stopAllConsumers();
    await this.#admin.disconnect();
  }
}

/** Offsets decide within a partition; otherwise any order that stays the same. */
function order(one: PublishedEvent, other: PublishedEvent): number {
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1;
  return one.partition - other.partition || Number(one.offset) - Number(other.offset);
}
