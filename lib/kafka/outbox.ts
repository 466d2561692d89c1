/**
 * What was published and is not settled: packed at the call, sent together at the end of the tick (or when the connection
 * stands), settled by the core's reports.
 */
import type { NativeProducerService } from '../../index.js';
import type { RecordMetadata } from '../kafkajs/types.js';
import { check, invalid, KafkaStateError, show, typed } from './errors.js';
import { hold, release } from './keep-alive.js';
import { RecordPacker } from './records.js';
import { publishError, Refusals, type Report, readReports, refusal } from './reports.js';

interface PendingSend {
  topic: string;
  resolve(metadata: RecordMetadata[]): void;
  reject(error: unknown): void;
}

/** What waits crosses at once when it is this many bytes or sends: a loop that awaits nothing must not pile up. */
const FULL_BYTES = 1024 * 1024;
const FULL_SENDS = 8 * 1024;

/** More bytes than this before the connection stands, and further sends are refused. */
const MAX_WAITING_BYTES = 512 * 1024 * 1024;

/** Ids of settled sends that are kept for the next ones. */
const KEPT_IDS = 64 * 1024;

/** Numbers of reports for which there is room at first, and for which the room is kept. */
const FIRST_REPORTS = 8 * 1024;
const KEPT_REPORTS = 512 * 1024;

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
  /** What waits for the next crossing, in pairs: the id of a send, the number of its records in the packer. */
  #waiting = new Int32Array(128);
  #waitingLength = 0;
  /** Where the core writes its reports. */
  #reports = new Float64Array(FIRST_REPORTS);
  readonly #nameOf = (id: number): string => this.topicName(id);
  /** By id. Ids are used again as soon as their send is settled. */
  readonly #pending: (PendingSend | undefined)[] = [];
  readonly #freeIds: number[] = [];
  #pendingCount = 0;
  readonly #topicIds = new Map<string, number>();
  readonly #topicNames: string[] = [];
  /** The process ends: what is published from now on is refused with it. */
  refusal: KafkaStateError | undefined;
  #draining = false;
  /** As of the last flush: the next one is for whoever connects. */
  #unconnected = false;
  /** The caller's objects are being read; their getters are code that may publish, too. */
  #packing = false;

  constructor(core: () => NativeProducerService, onWaiting: () => void) {
    this.#core = core;
    this.#onWaiting = onWaiting;
  }

  get hasWaiting(): boolean {
    return this.#waitingLength > 0;
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
      this.#wait(this.#open({ topic, resolve, reject }), records);
      if (!connected || !this.#flushIfFull()) this.#onWaiting();
    });
  }

  /** True: nothing waits any more. */
  #flushIfFull(): boolean {
    const full = this.#packer.bytes >= FULL_BYTES || this.#waitingLength >= 2 * FULL_SENDS;
    if (!full || this.#unconnected || !this.flush()) return false;
    // The loop that publishes keeps the wake-up from running.
    try {
      this.drainReports();
    } catch (error) {
      // A defect. It must be seen, but it is not this publish that failed.
      queueMicrotask(() => {
        throw error;
      });
    }
    return true;
  }

  #wait(id: number, records: number): void {
    const at = this.#waitingLength;
    if (at === this.#waiting.length) {
      const grown = new Int32Array(at * 2);
      grown.set(this.#waiting);
      this.#waiting = grown;
    }
    this.#waiting[at] = id;
    this.#waiting[at + 1] = records;
    this.#waitingLength = at + 2;
  }

  /** Sends of one tick cross the border together. False: the core is not connected; everything still waits. */
  flush(): boolean {
    if (this.#waitingLength === 0) return true;
    const sends = this.#waiting.subarray(0, this.#waitingLength);
    const { slab, index } = this.#packer.view();
    const error = this.#core().send(slab, index, sends);
    this.#unconnected = error?.code === 'ERR_KAFKA_NOT_CONNECTED';
    if (this.#unconnected) return false;
    if (error != null) this.#flushOneByOne(sends, slab);
    this.#emptied();
    return true;
  }

  #emptied(): void {
    this.#waitingLength = 0;
    if (this.#waiting.length > 4 * FULL_SENDS) this.#waiting = new Int32Array(128);
    this.#packer.clear();
  }

  /** One of the sends cannot be taken: each on its own, so that only that one is refused. Order is kept. */
  #flushOneByOne(sends: Int32Array, slab: Uint8Array): void {
    const refusals = new Refusals();
    let from = 0;
    for (let at = 0; at < sends.length; at += 2) {
      const records = sends[at + 1] as number;
      const { index } = this.#packer.view(from, from + records);
      const error = this.#core().send(slab, index, sends.subarray(at, at + 2));
      if (error != null) this.#settle(sends[at] as number)?.reject(refusals.of(error, records));
      from += records;
    }
  }

  /** There is no connection to be had for what waits. */
  rejectWaiting(error: unknown): void {
    const ids = this.#waiting.slice(0, this.#waitingLength).filter((_, at) => at % 2 === 0);
    this.#emptied();
    for (const id of ids) this.#settle(id)?.reject(error);
  }

  /** Settles what the core reports. */
  drainReports(): void {
    // Whoever publishes from a hook of promises comes here again: the one that runs takes it all.
    if (this.#draining) return;
    this.#draining = true;
    try {
      this.#drain();
    } finally {
      this.#draining = false;
    }
  }

  #drain(): void {
    let length = this.#core().takeReports(this.#reports);
    // Again and again: more may have come meanwhile.
    while (length < 0) {
      this.#reports = new Float64Array(Math.max(-2 * length, 2 * this.#reports.length));
      length = this.#core().takeReports(this.#reports);
    }
    readReports(this.#reports, length, this.#nameOf, this.#report);
    if (this.#reports.length > KEPT_REPORTS) this.#reports = new Float64Array(FIRST_REPORTS);
  }

  readonly #report = (report: Report): void => {
    const send = this.#settle(report.sendId);
    if (send === undefined) return;
    if (report.failures.length === 0) send.resolve(report.metadata);
    else send.reject(publishError(report, send.topic));
  };

  #settle(id: number): PendingSend | undefined {
    const send = this.#pending[id];
    if (send !== undefined) {
      this.#pending[id] = undefined;
      this.#freeIds.push(id);
      this.#pendingCount -= 1;
      if (this.#pendingCount === 0) {
        release();
        if (this.#pending.length > KEPT_IDS) this.#forgetIds();
      }
    }
    return send;
  }

  #open(send: PendingSend): number {
    const id = this.#freeIds.pop() ?? this.#pending.length;
    this.#pending[id] = send;
    this.#pendingCount += 1;
    if (this.#pendingCount === 1) hold();
    return id;
  }

  /** After a flood: nothing is pending. */
  #forgetIds(): void {
    this.#pending.length = 0;
    this.#freeIds.length = 0;
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
