/** KafkaConsumerService: handlers by topic, started and stopped one by one. */
import type { NativeConsumerService } from '../../index.js';
import type { EachBatchHandler, EachMessageHandler } from '../kafkajs/types.js';
import { type CallOptions, onAbort, signalOf } from './abort.js';
import { type Context, sharedContext, singleton } from './context.js';
import { asyncDispose } from './dispose.js';
import { EVENT_KINDS } from './envelopes.js';
import { check, invalid, KafkaStateError, reading, show, tell } from './errors.js';
import type { Kafka4Event, Kafka4EventName } from './events.js';
import type { Handler } from './handler.js';
import { hold, release } from './keep-alive.js';
import type { Lane } from './lane.js';
import { Lanes } from './lanes.js';
import { native } from './native.js';
import { openConsumers } from './open.js';
import { Patience } from './patience.js';
import { checkedRetryPolicy, type RetryPolicy } from './retry-policy.js';
import { TopicChanges } from './topic-changes.js';

export type MessageHandler = EachMessageHandler;
export type BatchHandler = EachBatchHandler;

/** ms that a stop has at least. */
const LEAVING_MS = 500;

export class KafkaConsumerService {
  readonly #getContext: () => Context;
  readonly #handlers = new Map<string, Handler>();
  readonly #active = new Set<string>();
  readonly #changes = new TopicChanges();
  /** Of the topics that run: takes the listeners off the signals that they were started with. */
  readonly #signals = new Map<string, (() => void)[]>();
  #native: NativeConsumerService | undefined;
  #lanes: Lanes | undefined;
  #held = false;

  /** Applications use the singleton `kafkaConsumerService`; an instance of one's own has consumers of its own. */
  constructor(context: () => Context = sharedContext) {
    this.#getContext = context;
  }

  registerUserEventHandler(handler: MessageHandler): void {
    this.registerHandler(EVENT_KINDS.user.topic, handler);
  }

  registerCourseEventHandler(handler: MessageHandler): void {
    this.registerHandler(EVENT_KINDS.course.topic, handler);
  }

  registerNotificationEventHandler(handler: MessageHandler): void {
    this.registerHandler(EVENT_KINDS.notification.topic, handler);
  }

  registerChatEventHandler(handler: MessageHandler): void {
    this.registerHandler(EVENT_KINDS.chat.topic, handler);
  }

  registerAnalyticsEventHandler(handler: BatchHandler): void {
    this.registerBatchHandler(EVENT_KINDS.analytics.topic, handler);
  }

  /** Handles the messages of a topic one by one, in order within a partition, partitions side by side. */
  registerHandler(topic: string, handler: MessageHandler, options: { retry?: RetryPolicy } = {}): void {
    this.#register(topic, { each: 'message', run: handler }, options);
  }

  /** Handles the messages of a topic in batches of one partition, as large as they were fetched. */
  registerBatchHandler(topic: string, handler: BatchHandler, options: { retry?: RetryPolicy } = {}): void {
    this.#register(topic, { each: 'batch', run: handler }, options);
  }

  /** Sets what happens when a handler of this topic throws. Takes effect at once. */
  setRetryPolicy(topic: string, policy: RetryPolicy): void {
    assertTopic(topic);
    check(this.#core().setRetryPolicy(topic, checkedRetryPolicy(topic, policy)));
  }

  /**
   * Joins the group (default KAFKA_CONSUMER_GROUP) with this topic and resolves when its partitions are assigned.
   * Starting twice is one start. Rejects without a handler, for an unknown topic, or after KAFKA_TIMEOUT. An abort of
   * `signal` rejects a start that is under way with its reason, and stops a topic that was started with it.
   */
  startConsumer(topic: string, groupId?: string, options?: CallOptions): Promise<void> {
    let signal: AbortSignal | undefined;
    try {
      signal = signalOf(options, 'startConsumer');
    } catch (error) {
      return Promise.reject(error);
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    const last = this.#changes.last(topic);
    const same = last?.starts === true && last.groupId === groupId && !last.work.isCancelled;
    const work = same
      ? last.work
      : this.#changes.add(topic, true, groupId, (cancelled) => this.#start(topic, groupId, cancelled));
    if (signal === undefined) return work.join();
    return work.join(signal).then(() => this.#stopAtAbort(topic, signal));
  }

  /** For a topic that runs: its signals, each with the function that takes the listener off. */
  #stopAtAbort(topic: string, signal: AbortSignal): void {
    if (!this.#active.has(topic)) return;
    const off = onAbort(signal, () => {
      this.stopConsumer(topic).catch((error) => {
        this.#context().native.log(1, 'consumer', `${topic}, which its signal has stopped: ${tell(error)}`);
      });
    });
    const known = this.#signals.get(topic);
    if (known === undefined) this.#signals.set(topic, [off]);
    else known.push(off);
  }

  async #start(topic: string, groupId: string | undefined, cancelled: AbortSignal): Promise<void> {
    assertTopic(topic);
    if (groupId !== undefined && (typeof groupId !== 'string' || groupId === '')) {
      throw invalid(`groupId must be a non-empty string, not ${show(groupId)}`);
    }
    if (!this.#handlers.has(topic)) {
      throw new KafkaStateError(
        'ERR_KAFKA_NO_HANDLER',
        `no handler is registered for ${topic}: call registerHandler('${topic}', …) before startConsumer`,
      );
    }
    const core = this.#core();
    try {
      await this.#context().mailbox.request<void>((id) => core.start(id, topic, groupId), cancelled);
    } catch (error) {
      throw cancelled.aborted ? cancelled.reason : error;
    }
    this.#active.add(topic);
    openConsumers().add(this);
    this.#keepAlive();
    if (!cancelled.aborted) return;
    // The assignment and the abort have met.
    await this.#stop(topic, new Patience());
    throw cancelled.reason;
  }

  /** Starts every topic that has a handler. What could be started runs, also when another one rejects. */
  async startAllConsumers(): Promise<void> {
    if (this.#handlers.size === 0) {
      throw new KafkaStateError('ERR_KAFKA_NO_HANDLER', 'no handler is registered: call registerHandler first');
    }
    const results = await Promise.allSettled([...this.#handlers.keys()].map((topic) => this.startConsumer(topic)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /**
   * Waits for the running handlers of the topic (KAFKA_TIMEOUT at most), commits, lets the topic go. Where no broker
   * answers, commit and leave are given up after 7 s.
   */
  stopConsumer(topic: string): Promise<void> {
    const last = this.#changes.last(topic);
    if (last?.starts === false) return last.work.join();
    return this.#changes.add(topic, false, undefined, (_, patience) => this.#stop(topic, patience)).join();
  }

  async #stop(topic: string, patience: Patience): Promise<void> {
    assertTopic(topic);
    if (!this.#active.has(topic)) return;
    const { mailbox, timeout } = this.#context();
    const core = this.#core();
    this.#lanes?.halt((lane) => lane.topic === topic);
    try {
      await mailbox.request<void>((id) => core.stop(id, topic, timeout, patience.quietMs));
    } finally {
      this.#stopped(topic);
    }
  }

  /** Stops every topic, bounded by KAFKA_TIMEOUT in all; see `stopConsumer`. */
  stopAllConsumers(): Promise<void> {
    if (this.#changes.stoppingAll !== undefined) return this.#changes.stoppingAll;
    return this.stopAllBy(async (leftMs, patience) => {
      const core = this.#native;
      if (core === undefined) return;
      await this.#context().mailbox.request<void>((id) => core.stopAll(id, leftMs, patience.quietMs));
    });
  }

  /** `await using consumer = …`: stops every topic. */
  [asyncDispose](): Promise<void> {
    return this.stopAllConsumers();
  }

  /** For the initialization service, whose cleanup stops consumers in the core: `stop` gets what is left of KAFKA_TIMEOUT. */
  stopAllBy(stop: (leftMs: number, patience: Patience) => Promise<void>, patience = new Patience()): Promise<void> {
    return this.#changes.stopsAll(this.#stopAll(stop, patience));
  }

  async #stopAll(stop: (leftMs: number, patience: Patience) => Promise<void>, patience: Patience): Promise<void> {
    const { timeout } = this.#context();
    const begun = patience.elapsedMs;
    await this.#changes.ended(patience);
    this.#lanes?.halt(() => true);
    try {
      // Commit and leave take a moment, even where the changes before took all of the time.
      await stop(Math.max(patience.leftMs(timeout + begun), LEAVING_MS), patience);
    } finally {
      for (const topic of [...this.#active]) this.#stopped(topic);
      openConsumers().delete(this);
    }
  }

  #stopped(topic: string): void {
    this.#active.delete(topic);
    for (const off of this.#signals.get(topic) ?? []) off();
    this.#signals.delete(topic);
    if (this.#active.size === 0) openConsumers().delete(this);
    this.#keepAlive();
  }

  getActiveConsumers(): string[] {
    return [...this.#active].sort();
  }

  isConsumerActive(topic: string): boolean {
    return this.#active.has(topic);
  }

  /** Calls `listener` for events such as `handlerFailed`, `deadLettered`, `stalled`; the returned function ends it. */
  on<N extends Kafka4EventName>(name: N, listener: (event: Extract<Kafka4Event, { type: N }>) => void): () => void {
    return this.#context().on(name, listener);
  }

  /** For kafka4/testing: what is registered for a topic. */
  handlerOf(topic: string): Handler | undefined {
    return this.#handlers.get(topic);
  }

  /** For the initialization service: the border's object. */
  nativeService(): NativeConsumerService {
    return this.#core();
  }

  #register(topic: string, handler: Handler, options: { retry?: RetryPolicy }): void {
    assertTopic(topic);
    if (typeof handler.run !== 'function') {
      throw invalid(`the handler of ${topic} must be a function, not ${show(handler.run)}`);
    }
    const retry = reading(`the options of the handler of ${topic}`, () => retryOf(topic, options));
    if (retry !== undefined) this.setRetryPolicy(topic, retry);
    if (this.#handlers.has(topic)) {
      const message = `the handler of ${topic} was replaced by a second one`;
      const context = this.#context();
      context.native.log(2, 'consumer', message);
      context.emit({ type: 'warning', code: 'HANDLER_REPLACED', message });
    }
    this.#handlers.set(topic, handler);
  }

  #keepAlive(): void {
    const wanted = this.#active.size > 0;
    if (wanted === this.#held) return;
    this.#held = wanted;
    if (wanted) hold();
    else release();
  }

  #stopTopic(lane: Lane, error: unknown): void {
    // Another partition may have said so before.
    if (this.#changes.last(lane.topic)?.starts === false) return;
    const message = tell(error);
    const context = this.#context();
    context.native.log(1, 'consumer', `${lane.topic} is stopped, as its retry policy says: ${message}`);
    context.emit({
      type: 'stopped',
      groupId: this.#core().lane(lane.id)?.groupId ?? '',
      topic: lane.topic,
      error: { class: 'KafkaConsumerError', code: 'ERR_KAFKA_STOPPED_BY_POLICY', message },
    });
    this.#core().noteStopped(lane.topic);
    this.stopConsumer(lane.topic).catch(() => {});
  }

  #context(): Context {
    const context = this.#getContext();
    context.assertUsable();
    return context;
  }

  #core(): NativeConsumerService {
    if (this.#native === undefined) {
      const context = this.#context();
      const core = new (native().NativeConsumerService)(context.native);
      this.#native = core;
      const lanes = new Lanes(
        context,
        core,
        (topic) => this.#handlers.get(topic),
        (lane, error) => this.#stopTopic(lane, error),
      );
      this.#lanes = lanes;
      context.mailbox.addSource(() => lanes.drain());
    }
    return this.#native;
  }
}

function retryOf(topic: string, options: { retry?: RetryPolicy }): RetryPolicy | undefined {
  if (typeof options === 'object' && options !== null) return options.retry;
  throw invalid(`the options of the handler of ${topic} are an object, not ${show(options)}`);
}

function assertTopic(topic: unknown): asserts topic is string {
  if (typeof topic !== 'string' || topic === '') throw invalid(`topic must be a non-empty string, not ${show(topic)}`);
}

export const kafkaConsumerService: KafkaConsumerService = singleton('consumer', () => new KafkaConsumerService());
