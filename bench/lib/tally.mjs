// What a consumer's handler does with a message: it reads of it what the workload reads, and the sum is compared with
// that of the messages that were written.

import { ofObject, ofRecord, ofValue } from './digest.mjs';
import { Meter } from './meter.mjs';

/** Without a message for so long a run is over, and incomplete. */
const SILENCE_MS = 20_000;

export class Tally {
  count = 0;
  sum = 0;
  /** Count at which something happens: the end of the warm-up, then the end of the run. */
  #mark;
  #meter;
  #result;
  #finish;

  constructor({ warmup, total, read }) {
    this.warmup = warmup;
    this.total = total;
    this.read = read ?? 'value';
    this.#mark = warmup;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    let before = 0;
    const watch = setInterval(() => {
      if (this.count === before) this.#finish();
      before = this.count;
    }, SILENCE_MS);
    this.done.finally(() => clearInterval(watch));
  }

  /**
   * The function that the handler calls for every message.
   *
   * @param {object} access how this client's messages are read by its documented calls
   * @param {(message: any) => Uint8Array} access.value
   * @param {(message: any) => any} access.json
   * @param {(message: any) => Uint8Array} access.key
   * @param {(message: any) => any} access.headers read once a message
   * @param {(headers: any, name: string) => Uint8Array} access.header
   */
  taker({ value, json, key, headers, header }) {
    if (this.read === 'json') return (message) => this.#add(ofObject(json(message)));
    if (this.read === 'record') {
      return (message) => this.#add(ofRecord(value(message), key(message), headers(message), header));
    }
    return (message) => this.#add(ofValue(value(message)));
  }

  #add(number) {
    this.sum += number;
    this.count += 1;
    if (this.count === this.#mark) this.#pass();
  }

  #pass() {
    if (this.#meter === undefined) {
      this.#meter = new Meter();
      this.#mark = this.total;
    } else {
      this.#result = this.#meter.stop(this.total - this.warmup);
      this.#finish();
    }
  }

  result() {
    return { ...this.#result, delivered: this.count, checksum: this.sum };
  }
}
