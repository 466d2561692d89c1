// Keeps the books of a run: which events were sent, which came, how long they took. One ledger a kind.

import { batchText, difference, eventOf } from './events.mjs';

/** @typedef {import('./events.mjs').Kind} Kind */

const MAX_COMPLAINTS = 5;

/** Latencies in ms. Percentiles by nearest rank over all samples; there are some ten thousand at most. */
export class Samples {
  /** @type {number[]} */
  values = [];

  /** @param {number} ms */
  add(ms) {
    this.values.push(ms);
  }

  /** @param {number} [last] only so many of the newest */
  summary(last = this.values.length) {
    const sorted = Float64Array.from(last > 0 ? this.values.slice(-last) : []).sort();
    const at = (part) =>
      sorted.length > 0 ? sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] : Number.NaN;
    return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  }
}

export class Ledger {
  sent = 0;
  acknowledged = 0;
  received = 0;
  duplicates = 0;
  misordered = 0;
  /** @type {string[]} */
  complaints = [];
  /** Partitions that a message of this run came from. @type {Set<number>} */
  partitions = new Set();
  acknowledgement = new Samples();
  delivery = new Samples();

  /** @type {Set<number>} */ #seen = new Set();
  /** @type {Map<number, number>} */ #sentAt = new Map();
  /** @type {Map<string, number>} */ #lastOfKey = new Map();
  /** @type {[number, number][]} numbers from, to: sent as a batch */ #batches = [];

  /** @param {Kind} kind @param {string} run */
  constructor(kind, run) {
    this.kind = kind;
    this.run = run;
    this.mark = Buffer.from(`"run":"${run}"`);
  }

  /** The next event, booked as sent. */
  next() {
    const number = this.sent;
    this.sent += 1;
    return { number, event: eventOf(this.kind, number, this.run) };
  }

  /**
   * Publishes the next event and measures it.
   *
   * @param {any} producer
   */
  async publish(producer) {
    const { number, event } = this.next();
    const begin = performance.now();
    this.#sentAt.set(number, begin);
    await this.kind.publish(producer, event);
    this.acknowledgement.add(performance.now() - begin);
    this.acknowledged += 1;
  }

  /** Numbers for a batch: their messages are compared as text. @param {number} size */
  reserveBatch(size) {
    const from = this.sent;
    this.sent += size;
    this.#batches.push([from, this.sent]);
    return from;
  }

  /**
   * A message that a handler got.
   *
   * @param {{ value: Buffer | null, key?: Buffer | null }} message
   * @param {number} partition
   */
  receive(message, partition) {
    const { value } = message;
    // A topic of a real broker also holds the events of others and of earlier runs.
    if (!value?.includes(this.mark)) return;
    this.partitions.add(partition);
    const text = value.toString('utf8');
    const number = Number(/"seq":(-?\d+)/.exec(text)?.[1] ?? Number.NaN);
    // Negative: a message that only finds out whether the consumers are there.
    if (number < 0) return;
    if (!(number < this.sent)) return this.#complain(`an event that nobody sent: ${text.slice(0, 120)}`);
    if (this.#seen.has(number)) {
      this.duplicates += 1;
      return;
    }
    this.#seen.add(number);
    this.received += 1;
    const began = this.#sentAt.get(number);
    if (began !== undefined) this.delivery.add(performance.now() - began);
    this.#check(number, text, message.key?.toString('utf8'));
  }

  #check(number, text, key) {
    const inBatch = this.#batches.some(([from, to]) => number >= from && number < to);
    if (inBatch) {
      if (text !== batchText(number, this.run)) this.#complain(`event ${number} came as ${text.slice(0, 120)}`);
    } else {
      let problem;
      const sent = eventOf(this.kind, number, this.run);
      try {
        problem = difference(this.kind, sent, JSON.parse(text));
      } catch {
        problem = 'it is no JSON';
      }
      if (problem === undefined && key !== sent.id)
        problem = `its key is ${JSON.stringify(key)}, expected ${JSON.stringify(sent.id)}`;
      if (problem) this.#complain(`event ${number}: ${problem}`);
    }
    if (key === undefined) return;
    const last = this.#lastOfKey.get(key) ?? -1;
    if (number < last) this.misordered += 1;
    else this.#lastOfKey.set(key, number);
  }

  #complain(text) {
    if (this.complaints.length < MAX_COMPLAINTS) this.complaints.push(`${this.kind.topic}: ${text}`);
  }

  get complete() {
    return this.received >= this.sent;
  }

  /** What must not be, in words. @returns {string[]} */
  failures() {
    const list = [...this.complaints];
    if (!this.complete)
      list.push(`${this.kind.topic}: ${this.sent - this.received} of ${this.sent} events never reached their handler`);
    if (this.misordered > 0)
      list.push(`${this.kind.topic}: ${this.misordered} events overtook an earlier one of the same key`);
    return list;
  }
}
