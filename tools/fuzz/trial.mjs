// One input: what a case calls is judged here. A promise must settle, an error must be one that is documented, what the
// case knows of the outcome must come true, and what was given must be as it was.

import { describe, problemOf } from './judge.mjs';
import { changeSince, snapshot } from './snapshot.mjs';

/**
 * @typedef {object} Expectation
 * @property {boolean} [ok]      true: it must succeed; false: it must be refused; absent: either
 * @property {string} [code]     of the refusal
 * @property {unknown[]} [given] what must not be changed
 * @property {boolean} [mayThrow] a method that promises nothing asynchronous
 */

/** Of a call that somebody's stop has ended: it may be made again (docs/errors.md). */
const ENDED_BY_A_STOP = new Set(['ERR_KAFKA_CANCELLED', 'ERR_KAFKA_CLOSED']);

export class Trial {
  /**
   * @param {import('./world.mjs').World} world
   * @param {import('./random.mjs').Random} random
   * @param {number} index
   * @param {import('./tally.mjs').Tally} tally
   */
  constructor(world, random, index, tally) {
    this.world = world;
    this.random = random;
    this.index = index;
    this.tally = tally;
    /** Calls that have not settled. @type {Set<string>} */
    this.open = new Set();
  }

  /** A class of malformed input that this one belongs to. @param {string[]} names */
  is(...names) {
    for (const name of names) this.tally.class(name);
  }

  /** @param {string} kind @param {string} what */
  finding(kind, what) {
    this.tally.finding({ kind, index: this.index, what });
  }

  /** A call that returns or throws at once. @param {string} name @param {() => unknown} run @param {Expectation} [expected] */
  sync(name, run, expected = {}) {
    const before = this.#before(expected);
    try {
      const value = run();
      this.#after(name, before);
      this.#succeeded(name, expected, 'returned');
      return value;
    } catch (error) {
      this.#after(name, before);
      this.#failed(name, error, expected);
      return undefined;
    }
  }

  /**
   * A call that gives a promise; a throw in its place is a finding, since nobody catches there.
   *
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} run
   * @param {Expectation} [expected]
   * @returns {Promise<{ value?: T, error?: any }>}
   */
  async call(name, run, expected = {}) {
    const before = this.#before(expected);
    let promise;
    try {
      promise = run();
    } catch (error) {
      this.finding('thrown instead of rejected', `${name}: ${describe(error)}`);
      return { error };
    }
    this.#after(name, before);
    if (!(promise instanceof Promise)) {
      this.finding('no promise', `${name} gave ${describe(promise)}`);
      return {};
    }
    const label = `${name}#${this.open.size}`;
    this.open.add(label);
    const { cleanups } = this.world;
    const cleanupsBefore = cleanups.running > 0 ? -1 : cleanups.begun;
    try {
      const value = await promise;
      this.#succeeded(name, expected, 'resolved');
      return { value };
    } catch (error) {
      // The inputs of a batch run beside each other and share the admin client, which a cleanup() of another one closes.
      const stopped = cleanups.begun !== cleanupsBefore && ENDED_BY_A_STOP.has(error?.code);
      this.#failed(name, error, stopped ? { ...expected, ok: undefined } : expected);
      return { error };
    } finally {
      this.open.delete(label);
    }
  }

  /** A `cleanup()` of services that share their clients with other inputs. @param {string} name @param {() => Promise<void>} run */
  async cleanup(name, run, expected = { ok: true }) {
    const { cleanups } = this.world;
    cleanups.begun += 1;
    cleanups.running += 1;
    try {
      return await this.call(name, run, expected);
    } finally {
      cleanups.running -= 1;
    }
  }

  /** Waits for something that must come about by itself. @param {string} name @param {Promise<unknown>} promise */
  async awaits(name, promise) {
    this.open.add(name);
    await promise;
    this.open.delete(name);
  }

  #before({ given }) {
    return given !== undefined && this.random.once(4) ? snapshot(given) : undefined;
  }

  #after(name, before) {
    const change = before && changeSince(before);
    if (change !== undefined) this.finding('changed what it was given', `${name}: ${change}`);
  }

  #succeeded(name, { ok }, how) {
    this.tally.outcome(name, how);
    if (ok === false) this.finding('accepted what it should refuse', name);
  }

  #failed(name, error, { ok, code }) {
    const problem = problemOf(error, this.world.kafka4.Kafka4Error);
    if (problem !== undefined) {
      this.tally.outcome(name, 'other error');
      this.finding('undocumented error', `${name}: ${problem}`);
      return;
    }
    this.tally.outcome(name, error.code);
    if (ok === true) this.finding('refused what it should accept', `${name}: ${describe(error)}`);
    else if (code !== undefined && error.code !== code) {
      this.finding('another code than documented', `${name}: ${code} expected, ${error.code}: ${error.message}`);
    }
  }
}
