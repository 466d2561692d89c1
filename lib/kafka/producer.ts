/** KafkaProducerService: publishes events, batches and transactions. */
import type { NativeProducerService } from '../../index.js';
import type { Message, ProducerRecord, RecordMetadata } from '../kafkajs/types.js';
import type { CallOptions } from './abort.js';
import { type Context, sharedContext, singleton } from './context.js';
import { asyncDispose } from './dispose.js';
import { assertText, EVENT_KINDS, toJson, unserializable } from './envelopes.js';
import { check, invalid, type KafkaStateError, KafkaTransactionError, show, tell, typed } from './errors.js';
import type { Kafka4Event, Kafka4EventName } from './events.js';
import { native } from './native.js';
import { openProducers } from './open.js';
import { Outbox } from './outbox.js';
import { type PackedTransaction, packMessages, packTransaction } from './pack.js';
import { Patience } from './patience.js';
import { ProducerConnection } from './producer-connection.js';
import { publishError, type Report, readReports } from './reports.js';
import { activeTraceparent } from './trace.js';
import { Transactions } from './transactions.js';

export class KafkaProducerService {
  readonly #getContext: () => Context;
  #native: NativeProducerService | undefined;
  readonly #outbox = new Outbox(
    () => this.#core(),
    () => this.#connection.scheduleFlush(),
  );
  readonly #transactions = new Transactions();
  readonly #connection = new ProducerConnection({
    context: () => this.#context(),
    core: () => this.#core(),
    made: () => this.#native,
    outbox: this.#outbox,
    transactions: this.#transactions,
    opened: () => void openProducers().add(this),
    closed: () => void openProducers().delete(this),
  });

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
    return this.#connection.connect(options);
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
    return this.#connection.disconnectBy(patience);
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
    return this.#outbox.publish(topic, this.#connection.connected, (packer) =>
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
      if (this.#connection.away) await this.connect();
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
    this.#connection.changed(connected);
  }

  /**
   * For the stops: sends what was published and still waits, connecting for it, and lets transactions end. What cannot be
   * sent in time is rejected.
   */
  finish(patience: Patience): Promise<void> {
    return this.#connection.finish(patience);
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
    return this.#outbox.publish(kind.topic, this.#connection.connected, (packer) =>
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
