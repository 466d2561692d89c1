// What must be in the log after the promises have settled, and what a reader found there: nothing that resolved may be
// missing, nothing may have changed on the way, nothing that was refused may have come.

import { createHash } from 'node:crypto';

/** @typedef {{ key: Buffer | null, value: Buffer | null, headers: [string, Buffer | null][] }} Content */

const shown = (bytes) => (bytes === null ? '-' : `${bytes.length}:${bytes.toString('latin1')}`);

/** One text for a message, short whatever its size. @param {string} topic @param {Content} content */
export function fingerprint(topic, { key, value, headers }) {
  const list = headers.map(([name, bytes]) => `${name.length}:${name}=${shown(bytes)}`).join('\x01');
  const text = `${topic}\x02${shown(key)}\x02${shown(value)}\x02${list}`;
  return text.length < 200 ? text : `${topic}\x02${createHash('sha1').update(text, 'utf8').digest('base64')}`;
}

export class Ledger {
  /** Messages that were given to a publish: fingerprint → the indices of their cases. @type {Map<string, number[]>} */
  #given = new Map();
  /** Those of the batch before: the reader can be late for what should not be there. @type {Map<string, number[]>} */
  #givenBefore = new Map();
  /** Acknowledged and not read yet. @type {Map<string, number>} */
  #due = new Map();
  /** May have been stored, also twice or not at all. @type {Set<string>} */
  #doubtful = new Set();
  /** Read before its promise settled. @type {Map<string, number>} */
  #early = new Map();
  #dueCount = 0;
  /** Read and verified. */
  verified = 0;

  /** @param {string} print @param {number} index */
  give(print, index) {
    const indices = this.#given.get(print);
    if (indices === undefined) this.#given.set(print, [index]);
    else indices.push(index);
  }

  /** The publish resolved. @param {string[]} prints */
  acknowledge(prints) {
    for (const print of prints) {
      const early = this.#early.get(print) ?? 0;
      if (early > 0) {
        this.#take(this.#early, print);
        this.verified += 1;
        continue;
      }
      this.#due.set(print, (this.#due.get(print) ?? 0) + 1);
      this.#dueCount += 1;
    }
  }

  /** The publish rejected in a way that leaves it open. @param {string[]} prints */
  doubt(prints) {
    for (const print of prints) this.#doubtful.add(print);
  }

  /** The reader found it. @param {string} print */
  read(print) {
    if (this.#due.has(print)) {
      this.#take(this.#due, print);
      this.#dueCount -= 1;
      this.verified += 1;
    } else this.#early.set(print, (this.#early.get(print) ?? 0) + 1);
  }

  get complete() {
    return this.#dueCount === 0;
  }

  /** What is wrong, when everything has settled and the reader has had its time; then begins anew. */
  close() {
    const findings = [];
    for (const [print, count] of this.#due)
      findings.push(this.#finding('acknowledged and not in the log', print, count));
    for (const [print, count] of this.#early) {
      if (this.#doubtful.has(print)) continue;
      const kind =
        this.#given.has(print) || this.#givenBefore.has(print)
          ? 'in the log although it was refused'
          : 'in the log and never published';
      findings.push(this.#finding(kind, print, count));
    }
    this.#due.clear();
    this.#early.clear();
    this.#givenBefore = this.#given;
    this.#given = new Map();
    this.#dueCount = 0;
    return findings;
  }

  #finding(kind, print, count) {
    const indices = this.#given.get(print) ?? this.#givenBefore.get(print) ?? [];
    return { kind, index: indices[0] ?? -1, what: `${count} × ${JSON.stringify(print.slice(0, 300))}`, indices };
  }

  #take(map, print) {
    const left = map.get(print) - 1;
    if (left === 0) map.delete(print);
    else map.set(print, left);
  }
}
