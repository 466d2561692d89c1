// What became of each number of a long run, in memory whose size is known before it begins: one byte a number.

import { readFileSync, writeFileSync } from 'node:fs';

export class Numbers {
  /** How often each number was noted, at most 255. */
  #times;

  /** @param {number | Uint8Array} times  how many numbers there can be */
  constructor(times) {
    this.#times = typeof times === 'number' ? new Uint8Array(times) : times;
  }

  static read(path) {
    return new Numbers(readFileSync(path));
  }

  write(path) {
    writeFileSync(path, this.#times);
  }

  /** Gives how often it was noted before. */
  note(number) {
    const before = this.#times[number];
    if (before === undefined) throw new Error(`${number} is past the end of ${this.#times.length} numbers`);
    if (before < 255) this.#times[number] = before + 1;
    return before;
  }

  /** @param {(times: number) => boolean} wanted */
  count(wanted) {
    let found = 0;
    for (const times of this.#times) if (wanted(times)) found += 1;
    return found;
  }

  /** Numbers that are noted here and not there; the first ones, and how many there are. */
  without(other) {
    const first = [];
    let count = 0;
    for (const [number, times] of this.#times.entries()) {
      if (times === 0 || (other.#times[number] ?? 0) > 0) continue;
      count += 1;
      if (first.length < 10) first.push(number);
    }
    return { count, first };
  }
}
