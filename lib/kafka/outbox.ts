/**
 * What was published and is not settled: packed at the call, sent together at the end of the tick (or when the connection
 * stands), settled by the core's reports.
 */
import type { NativeProducerService } from '../../index.js';
import type { RecordMetadata } from '../kafkajs/types.js';
import { check, invalid, KafkaStateError, show, typed } from './errors.js';
import { hold, release } from './keep-alive.js';
import { RecordPacker } from './records.js';
import { publishError, readReports, refusal } from './reports.js';

interface PendingSend {
  topic: string;
  resolve(metadata: RecordMetadata[]): void;
  reject(error: unknown): void;
}

/** What waits for the next crossing: each send with its records in the packer. */
interface WaitingSend {
  id: number;
  records: number;
}

/** More bytes than this before the connection stands, and further sends are refused. */
const MAX_WAITING_BYTES = 512 * 1024 * 1024;

const QUEUE_FULL = {
  className: 'KafkaPublishError',
  code: 'ERR_KAFKA_QUEUE_FULL',
  message: 'too many messages wait for the connection: wait for earlier publishes first',
  retriable: true,
  fatal: false,
};

export class Outbox {
  readonly #core: () => NativeProducerService;
  /** Something waits for the end of the tick. */
  readonly #onWaiting: () => void;
  readonly #packer = new RecordPacker();
  readonly #waiting: WaitingSend[] = [];
  readonly #pending = new Map<number, PendingSend>();
  readonly #topicIds = new Map<string, number>();
  readonly #topicNames: string[] = [];
  #nextId = 0;
  /** The process ends: what is published from now on is refused with it. */
  refusal: KafkaStateError | undefined;
  /** The caller's objects are being read; their getters are code that may publish, too. */
  #packing = false;

  constructor(core: () => NativeProducerService, onWaiting: () => void) {
    this.#core = core;
    this.#onWaiting = onWaiting;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Packs now, sends later. `connected`: what waits does so for the end of the tick only. */
  publish(topic: string, connected: boolean, pack: (packer: RecordPacker) => void): Promise<RecordMetadata[]> {
    if (this.#packing) return Promise.reject(nested(topic));
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    const packer = this.#packer;
    const mark = packer.mark();
    this.#packing = true;
    try {
      this.#core();
      pack(packer);
      if (!connected && mark.bytes > MAX_WAITING_BYTES) throw refusal(QUEUE_FULL, packer.records - mark.records);
    } catch (error) {
      packer.rollback(mark);
      return Promise.reject(typed(error, 'the messages'));
    } finally {
      this.#packing = false;
    }
    const records = packer.records - mark.records;
    if (records === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const id = this.#newId();
      this.#pending.set(id, { topic, resolve, reject });
      if (this.#pending.size === 1) hold();
      this.#waiting.push({ id, records });
      this.#onWaiting();
    });
  }

  /** Sends of one tick cross the border together. False: the core is not connected; everything still waits. */
  flush(): boolean {
    if (this.#waiting.length === 0) return true;
    const waiting = this.#waiting.splice(0);
    const sends = new Int32Array(waiting.length * 2);
    waiting.forEach(({ id, records }, i) => {
      sends[i * 2] = id;
      sends[i * 2 + 1] = records;
    });
    const { slab, index } = this.#packer.view();
    const error = this.#core().send(slab, index, sends);
    if (error?.code === 'ERR_KAFKA_NOT_CONNECTED') {
      this.#waiting.unshift(...waiting);
      return false;
    }
    if (error != null) this.#flushOneByOne(waiting, slab);
    this.#packer.clear();
    return true;
  }

  /** One of the sends cannot be taken: each on its own, so that only that one is refused. Order is kept. */
  #flushOneByOne(waiting: WaitingSend[], slab: Uint8Array): void {
    let from = 0;
    for (const { id, records } of waiting) {
      const { index } = this.#packer.view(from, from + records);
      const error = this.#core().send(slab, index, new Int32Array([id, records]));
      if (error != null) this.#settle(id)?.reject(refusal(error, records));
      from += records;
    }
  }

  /** There is no connection to be had for what waits. */
  rejectWaiting(error: unknown): void {
    const waiting = this.#waiting.splice(0);
    this.#packer.clear();
    for (const { id } of waiting) this.#settle(id)?.reject(error);
  }

  /** Settles what the core reports. */
  drainReports(): void {
    const numbers = this.#core().takeReports();
    if (numbers == null) return;
    for (const report of readReports(numbers, (id) => this.topicName(id))) {
      const send = this.#settle(report.sendId);
      if (send === undefined) continue;
      if (report.failures.length === 0) send.resolve(report.metadata);
      else send.reject(publishError(report, send.topic));
    }
  }

  #settle(id: number): PendingSend | undefined {
    const send = this.#pending.get(id);
    if (send !== undefined) {
      this.#pending.delete(id);
      if (this.#pending.size === 0) release();
    }
    return send;
  }

  #newId(): number {
    do this.#nextId = (this.#nextId + 1) & 0x7fffffff;
    while (this.#pending.has(this.#nextId));
    return this.#nextId;
  }

  topicId(topic: string): number {
    const known = this.#topicIds.get(topic);
    if (known !== undefined) return known;
    if (typeof topic !== 'string') throw invalid(`topic must be a string, not ${show(topic)}`);
    const { id, error } = this.#core().topicId(topic);
    check(error);
    this.#topicIds.set(topic, id);
    this.#topicNames[id] = topic;
    return id;
  }

  /** Topics of events are registered by the core itself, in an order of its own. */
  topicName(id: number): string {
    const known = this.#topicNames[id];
    if (known !== undefined) return known;
    const name = this.#core().topicName(id) ?? String(id);
    this.#topicNames[id] = name;
    return name;
  }
}

function nested(topic: unknown): KafkaStateError {
  const message = `publish to ${show(topic)} from a getter of a message that is being published: publish after it`;
  return new KafkaStateError('ERR_KAFKA_NESTED_PUBLISH', message);
}
