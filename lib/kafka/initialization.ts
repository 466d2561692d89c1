/** KafkaInitializationService: everything up, everything down; status and health. */
import type { NativeInitializationService } from '../../index.js';
import { type CallOptions, Shared, signalOf } from './abort.js';
import { type KafkaConsumerService, kafkaConsumerService } from './consumer.js';
import { type Context, sharedContext, singleton } from './context.js';
import { asyncDispose } from './dispose.js';
import type { Kafka4Event, Kafka4EventName } from './events.js';
import { native } from './native.js';
import { GRACE_MS, Patience } from './patience.js';
import { type KafkaProducerService, kafkaProducerService } from './producer.js';
import type { Kafka4Metrics, Kafka4Status, TopicReport } from './shapes.js';

export class KafkaInitializationService {
  readonly #getContext: () => Context;
  readonly #producer: KafkaProducerService;
  readonly #consumer: KafkaConsumerService;
  #native: NativeInitializationService | undefined;
  #initializing: Shared<void> | undefined;
  #cleaning: Promise<void> | undefined;
  #topicReports: TopicReport[] = [];

  constructor(
    producer: KafkaProducerService = kafkaProducerService,
    consumer: KafkaConsumerService = kafkaConsumerService,
    context: () => Context = sharedContext,
  ) {
    this.#producer = producer;
    this.#consumer = consumer;
    this.#getContext = context;
  }

  /**
   * Connects, creates the declared topics that are missing, connects the producer. Idempotent; concurrent calls share
   * one promise. Rejects within KAFKA_TIMEOUT with KafkaConnectionError when no broker answers, and may be called again.
   * An abort of `signal` rejects with its reason; connections that this call has opened are closed again, unless somebody
   * else waits for the same initialization.
   */
  // With a default the function's length stays 0: `beforeAll(initializeKafka4)` would else be given jest's `done`.
  initialize(options: CallOptions = {}): Promise<void> {
    let signal: AbortSignal | undefined;
    try {
      signal = signalOf(options, 'initialize');
    } catch (error) {
      return Promise.reject(error);
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    const before = this.#initializing;
    if (before !== undefined && !before.isCancelled) return before.join(signal);
    // Taken now: a cleanup that is asked for later waits for this initialization.
    const cleaning = this.#cleaning;
    const work: Shared<void> = new Shared(async (cancelled) => {
      try {
        await before?.over.catch(() => {});
        await cleaning?.catch(() => {});
        if (cancelled.aborted) throw cancelled.reason;
        await this.#initialize(cancelled);
      } finally {
        if (this.#initializing === work) this.#initializing = undefined;
      }
    });
    this.#initializing = work;
    return work.join(signal);
  }

  async #initialize(cancelled: AbortSignal): Promise<void> {
    const core = this.#core();
    try {
      const { mailbox } = this.#context();
      const { topics } = await mailbox.request<{ topics: TopicReport[] }>((id) => core.initialize(id), cancelled);
      this.#topicReports = topics;
      this.#producer.connectionChanged(true);
    } catch (error) {
      throw cancelled.aborted ? cancelled.reason : error;
    }
  }

  /** What the last `initialize()` found of each declared topic: created, or existing with its differences. */
  getTopicReports(): TopicReport[] {
    return structuredClone(this.#topicReports);
  }

  /**
   * Stops consumers (their handlers finish, offsets are committed), sends what was published, disconnects; all of it
   * within KAFKA_TIMEOUT, and where no broker answers and no handler runs within 10 s. Then nothing of kafka4 keeps the
   * process alive.
   */
  cleanup(): Promise<void> {
    this.#cleaning ??= this.#cleanup().finally(() => {
      this.#cleaning = undefined;
    });
    return this.#cleaning;
  }

  async #cleanup(): Promise<void> {
    const begun = new Patience();
    await begun.ended(this.#initializing, GRACE_MS, 'the initialization');
    // Unusable settings: nothing can have been started.
    if (this.#getContext().configError !== undefined) return;
    const core = this.#core();
    const { mailbox } = this.#context();
    await this.#consumer.stopAllBy(async (leftMs) => {
      const from = begun.elapsedMs;
      await this.#producer.finish(begun);
      this.#producer.connectionChanged(false);
      const left = Math.max(Math.round(leftMs - (begun.elapsedMs - from)), 0);
      await mailbox.request<void>((id) => core.cleanup(id, left, begun.quietMs));
      // A publish of a handler may have found it connected until just now.
      this.#producer.connectionChanged(false);
    }, begun);
  }

  /** `await using kafka = …`: cleans up. */
  [asyncDispose](): Promise<void> {
    return this.cleanup();
  }

  isKafkaInitialized(): boolean {
    return this.#native?.isInitialized() ?? false;
  }

  /** Never rejects for a broker that is away: that is a reason in it. Bounded by 5 s and KAFKA_TIMEOUT. */
  getStatus(): Promise<Kafka4Status> {
    return this.#request((core, id) => core.status(id));
  }

  /** A round trip to the cluster within 5 s, nothing stalled, nothing fatal. Never rejects. */
  async checkHealth(): Promise<boolean> {
    try {
      return await this.#request<boolean>((core, id) => core.health(id));
    } catch {
      return false;
    }
  }

  getMetrics(): Kafka4Metrics {
    return JSON.parse(this.#core().metrics()) as Kafka4Metrics;
  }

  /** The metrics as Prometheus text (format 0.0.4). */
  prometheus(): string {
    return this.#core().prometheus();
  }

  on<N extends Kafka4EventName>(name: N, listener: (event: Extract<Kafka4Event, { type: N }>) => void): () => void {
    return this.#context().on(name, listener);
  }

  async #request<T>(start: (core: NativeInitializationService, id: number) => void): Promise<T> {
    const core = this.#core();
    return this.#context().mailbox.request<T>((id) => start(core, id));
  }

  #context(): Context {
    const context = this.#getContext();
    context.assertUsable();
    return context;
  }

  #core(): NativeInitializationService {
    this.#native ??= new (native().NativeInitializationService)(
      this.#context().native,
      this.#producer.nativeService(),
      this.#consumer.nativeService(),
    );
    return this.#native;
  }
}

export const kafkaInitializationService: KafkaInitializationService = singleton(
  'initialization',
  () => new KafkaInitializationService(),
);

/** `kafkaInitializationService.initialize()`. */
export function initializeKafka4(options: CallOptions = {}): Promise<void> {
  return kafkaInitializationService.initialize(options);
}

/** `kafkaInitializationService.getStatus()`. */
export async function getKafka4Status(): Promise<Kafka4Status> {
  return kafkaInitializationService.getStatus();
}

/** True when the brokers answer and nothing is stalled. Never rejects, bounded by 5 s. */
export function checkKafkaHealth(): Promise<boolean> {
  return kafkaInitializationService.checkHealth();
}
