/** KafkaProducerService: publishes events, batches and transactions. */
import type { NativeProducerService } from '../../index.js';
import type { Message, ProducerRecord, RecordMetadata } from '../kafkajs/types.js';
import { type CallOptions, Shared, signalOf } from './abort.js';
import { type Context, sharedContext, singleton } from './context.js';
import { asyncDispose } from './dispose.js';
import { assertText, EVENT_KINDS, toJson, unserializable } from './envelopes.js';
import { check, invalid, type KafkaStateError, KafkaTransactionError, show, tell, typed } from './errors.js';
import type { Kafka4Event, Kafka4EventName } from './events.js';
import { native } from './native.js';
import { openProducers } from './open.js';
import { Outbox } from './outbox.js';
import { type PackedTransaction, packMessages, packTransaction } from './pack.js';
import { GRACE_MS, givenUp, Patience, QUIET_MS } from './patience.js';
import { publishError, type Report, readReports } from './reports.js';
import { activeTraceparent } from './trace.js';
import { Transactions } from './transactions.js';

// In place of queueMicrotask, which fake timers of a test runner take away: nothing would be sent any more.
const settled = Promise.resolve();

/** ms that a connect gets which waits for one disconnect and is undone by the next. */
const LATE_MS = 2_000;

export class KafkaProducerService {
  readonly #getContext: () => Context;
  #native: NativeProducerService | undefined;
  readonly #outbox = new Outbox(
    () => this.#core(),
    () => this.#scheduleFlush(),
  );
  #flushScheduled = false;
  #connected = false;
  #connecting: Shared<void> | undefined;
  /** It waits for the end of a disconnect. */
  #connectingAgain = false;
  #disconnecting: Promise<void> | undefined;
  /** The running disconnect has sent what it sends: what is published now waits for the next connect. */
  #closing = false;
  readonly #transactions = new Transactions();

  /** Applications use the singleton `kafkaProducerService`; an instance of one's own has a connection of its own. */
  constructor(context: () => Context = sharedContext) {
    this.#getContext = context;
  }

  /**
   * Connects and waits for a broker; publishing does it by itself. Rejects within KAFKA_TIMEOUT with a
   * KafkaConnectionError (addresses and reasons) or KafkaAuthenticationError, and with the reason of `signal` when that is
   * aborted: then nothing is left open, unless somebody else waits for the same connect.
   */
  connect(options: CallOptions = {}): Promise<void> {
    let signal: AbortSignal | undefined;
    try {
      signal = signalOf(options, 'connect');
    } catch (error) {
      return Promise.reject(error);
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    const before = this.#connecting;
    if (before !== undefined && !before.isCancelled) return before.join(signal);
    if (before === undefined && this.#connected && this.#disconnecting === undefined) return Promise.resolve();
    this.#connectingAgain = this.#disconnecting !== undefined;
    const work: Shared<void> = new Shared(async (cancelled) => {
      try {
        await this.#connect(cancelled, before);
        this.#connectEnded(work);
      } catch (error) {
        // What waits behind a connect that nobody wanted any more may have the next one to wait for.
        if (this.#connectEnded(work)) this.#outbox.rejectWaiting(error);
        throw error;
      }
    });
    this.#connecting = work;
    return work.join(signal);
  }

  /** True: it was the last one. */
  #connectEnded(work: Shared<void>): boolean {
    if (this.#connecting !== work) return false;
    this.#connecting = undefined;
    this.#connectingAgain = false;
    return true;
  }

  async #connect(cancelled: AbortSignal, before: Shared<void> | undefined): Promise<void> {
    const { mailbox } = this.#context();
    const core = this.#core();
    // Taken now: a disconnect that is asked for later waits for this connect.
    const disconnecting = this.#disconnecting;
    await before?.over.catch(() => {});
    await disconnecting?.catch(() => {});
    if (cancelled.aborted) throw cancelled.reason;
    await mailbox.request<void>((id) => core.connect(id), cancelled).catch(reasonOf(cancelled));
    if (cancelled.aborted) {
      // The answer and the abort have met.
      await mailbox.request<void>((id) => core.disconnect(id, 0, 0));
      throw cancelled.reason;
    }
    this.#connected = true;
    openProducers().add(this);
    this.#flush();
  }

  /**
   * Sends what was published, waits for its acknowledgements (KAFKA_TIMEOUT at most, 7 s where no broker answers),
   * disconnects. What is not acknowledged by then rejects. Concurrent calls share one promise; a later publish connects
   * again.
   */
  disconnect(): Promise<void> {
    return this.disconnectBy(new Patience());
  }

  /** For the signal handlers, whose stops share their patience. */
  disconnectBy(patience: Patience): Promise<void> {
    // A connect that waits for the end of this disconnect is undone by the next one.
    if (this.#connectingAgain && this.#connecting !== undefined) {
      const connecting = this.#connecting;
      const until = (): number => patience.elapsedMs + Math.max(patience.quietMs, LATE_MS);
      return Promise.resolve(this.#disconnecting)
        .catch(() => {})
        .then(() => patience.ended(connecting, until(), 'the connect'))
        .then(() => this.disconnectBy(patience));
    }
    this.#disconnecting ??= this.#disconnect(patience).finally(() => {
      this.#disconnecting = undefined;
    });
    return this.#disconnecting;
  }

  async #disconnect(patience: Patience): Promise<void> {
    if (this.#native === undefined && this.#connecting === undefined) return;
    await this.finish(patience);
    const core = this.#native;
    if (core === undefined) return;
    const { mailbox, timeout } = this.#context();
    this.#closing = true;
    try {
      this.#flush();
      this.#connected = false;
      await mailbox.request<void>((id) => core.disconnect(id, patience.leftMs(timeout), patience.quietMs));
    } finally {
      this.#closing = false;
      openProducers().delete(this);
    }
  }

  /** `await using producer = …`: disconnects. */
  [asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  /** Key `userId`, topic `user-events`. */
  publishUserEvent(eventType: string, userId: string, data: any): Promise<RecordMetadata[]> {
    return this.#event(EVENT_KINDS.user, eventType, userId, undefined, data);
  }

  /** Key `courseId`, topic `course-events`. */
  publishCourseEvent(eventType: string, courseId: string, userId: string, data: any): Promise<RecordMetadata[]> {
    return this.#event(EVENT_KINDS.course, eventType, courseId, userId, data);
  }

  /** Key `recipientId`, topic `notification-events`. */
  publishNotificationEvent(notificationType: string, recipientId: string, data: any): Promise<RecordMetadata[]> {
    return this.#event(EVENT_KINDS.notification, notificationType, recipientId, undefined, data, 'notificationType');
  }

  /** Key `roomId`, topic `chat-events`. The event type is `chat_message` unless `messageData.eventType` is a string. */
  publishChatEvent(roomId: string, userId: string, messageData: any): Promise<RecordMetadata[]> {
    let eventType: unknown;
    try {
      eventType = messageData?.eventType;
    } catch (cause) {
      return Promise.reject(unserializable('data.eventType', `reading it threw: ${tell(cause)}`, cause));
    }
    return this.#event(EVENT_KINDS.chat, (eventType ?? 'chat_message') as string, roomId, userId, messageData);
  }

  /** Key `entityId`, topic `analytics-events`. */
  publishAnalyticsEvent(eventType: string, entityId: string, data: any): Promise<RecordMetadata[]> {
    return this.#event(EVENT_KINDS.analytics, eventType, entityId, undefined, data);
  }

  /**
   * Publishes messages to a topic, up to 600,000 (and 1 GiB) in one call. Resolves with one RecordMetadata for each partition that
   * was written. A message that cannot be used rejects everything at once (`details.index`), nothing is sent; one that
   * a broker refuses rejects with KafkaPublishError, whose `results` tell the fate of every message.
   */
  publishBatch(topic: string, messages: Message[]): Promise<RecordMetadata[]> {
    return this.#outbox.publish(topic, this.#connected, (packer) =>
      packMessages(packer, (name) => this.#outbox.topicId(name), topic, messages),
    );
  }

  /**
   * Publishes all records or none, visible together to read_committed readers. Calls run one after another. Rejects
   * with KafkaTransactionError; a fenced producer is replaced and the transaction tried once more.
   */
  publishTransaction(records: ProducerRecord[]): Promise<RecordMetadata[][]> {
    let packed: PackedTransaction;
    try {
      packed = packTransaction((name) => this.#outbox.topicId(name), records);
    } catch (error) {
      return Promise.reject(typed(error, 'the records of the transaction'));
    }
    const { topics } = packed;
    if (topics.length === 0) return Promise.resolve([]);
    return this.#transactions.run(async () => {
      if (!this.#connected || this.#closing) await this.connect();
      const core = this.#core();
      const numbers = await this.#context().mailbox.request<number[]>((id) =>
        core.transaction(id, packed.slab, packed.index, packed.sends),
      );
      const reports: Report[] = [];
      const topicName = (id: number): string => this.#outbox.topicName(id);
      readReports(numbers, numbers.length, topicName, (report) => reports.push(report));
      return this.#transactionResult(reports, topics);
    }, this.#outbox.refusal);
  }

  /** Calls `listener` for `fatal` and `connectionError`; the returned function ends it. */
  on<N extends Kafka4EventName>(name: N, listener: (event: Extract<Kafka4Event, { type: N }>) => void): () => void {
    return this.#context().on(name, listener);
  }

  /** The transactional id of `publishTransaction`. Default: client id and a random part; set it before the first one. */
  setTransactionalId(id: string): void {
    if (typeof id !== 'string' || id === '' || id.includes('\0')) {
      throw invalid(`a transactional id is a non-empty string without NUL, not ${show(id)}`);
    }
    check(this.#core().setTransactionalId(id));
  }

  /** For the other services: the border's object. */
  nativeService(): NativeProducerService {
    return this.#core();
  }

  /** For the initialization service: what it did to the connection behind this object's back. */
  connectionChanged(connected: boolean): void {
    this.#connected = connected;
    if (connected) this.#flush();
  }

  /**
   * For the stops: sends what was published and still waits, connecting for it, and lets transactions end. What cannot be
   * sent in time is rejected.
   */
  async finish(patience: Patience): Promise<void> {
    const waiting = this.#outbox.hasWaiting;
    await patience.ended(this.#connecting, waiting ? QUIET_MS : GRACE_MS, 'the connect');
    if (this.#native === undefined) return;
    const { mailbox, timeout } = this.#context();
    const core = this.#native;
    if (!this.#connected && this.#outbox.hasWaiting) {
      // Published in the tick of the stop, or while it waited.
      const enough = AbortSignal.timeout(Math.min(patience.quietMs, patience.leftMs(timeout)));
      await mailbox
        .request<void>((id) => core.connect(id), enough)
        .catch((error) => this.#outbox.rejectWaiting(enough.aborted ? givenUp('the publish') : error));
    }
    if (!this.#connected) return;
    // Not all of the time: the one that runs then is the core's to end.
    await this.#transactions.drain(patience.leftMs(timeout) * 0.75);
    this.#flush();
  }

  /** For the signal handlers: from now on publishes reject with this error; without one they are taken again. */
  refuse(error: KafkaStateError | undefined): void {
    this.#outbox.refusal = error;
    if (error !== undefined) this.#transactions.stop();
  }

  #event(
    kind: { number: number; topic: string; id: string },
    eventType: string,
    id: string,
    userId: string | undefined,
    data: unknown,
    typeName = 'eventType',
  ): Promise<RecordMetadata[]> {
    let json: string;
    try {
      assertText(eventType, typeName);
      assertText(id, kind.id);
      if (kind.number === 1 || kind.number === 3) assertText(userId, 'userId');
      json = toJson(data);
    } catch (error) {
      return Promise.reject(error);
    }
    const trace = this.#traceparent();
    return this.#outbox.publish(kind.topic, this.#connected, (packer) =>
      packer.event(kind.number, eventType, id, userId, json, trace),
    );
  }

  /** A tracer that is broken must not keep events from being published. */
  #traceparent(): string | undefined {
    try {
      return activeTraceparent();
    } catch (error) {
      this.#context().native.log(2, 'producer', `an event goes without traceparent: ${tell(error)}`);
      return undefined;
    }
  }

  #transactionResult(reports: Report[], topics: string[]): RecordMetadata[][] {
    const failed = reports.find((report) => report.failures.length > 0);
    if (failed !== undefined) {
      const cause = publishError(failed, topics[failed.sendId] ?? 'transaction');
      throw new KafkaTransactionError(cause.code, `the transaction was aborted: ${cause.message}`, { cause });
    }
    const results: RecordMetadata[][] = topics.map(() => []);
    for (const { sendId, metadata } of reports) results[sendId] = metadata;
    return results;
  }

  /** Sends of one tick cross the border together. */
  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    void settled.then(() => {
      this.#flushScheduled = false;
      // A disconnect that has not come to the end of its queue sends this, too.
      if (this.#disconnecting !== undefined && !this.#closing) return;
      if (this.#connected && !this.#closing) this.#flush();
      // A rejected connect rejects every waiting publish; the connect's own promise has nobody to tell.
      else this.connect().catch(() => {});
    });
  }

  #flush(): void {
    if (this.#outbox.flush()) return;
    // The core was disconnected behind this object's back: all of it waits for the next connection.
    this.#connected = false;
    this.#scheduleFlush();
  }

  #context(): Context {
    const context = this.#getContext();
    context.assertUsable();
    return context;
  }

  #core(): NativeProducerService {
    if (this.#native === undefined) {
      const context = this.#context();
      this.#native = new (native().NativeProducerService)(context.native);
      context.mailbox.addSource(() => this.#outbox.drainReports());
    }
    return this.#native;
  }
}

export const kafkaProducerService: KafkaProducerService = singleton('producer', () => new KafkaProducerService());

/** In place of what the core says of a cancelled call: who cancelled it says why. */
function reasonOf(cancelled: AbortSignal): (error: unknown) => never {
  return (error) => {
    throw cancelled.aborted ? cancelled.reason : error;
  };
}
