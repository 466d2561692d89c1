/**
 * How long a stop waits for brokers that do not answer. The core looks for them (core/src/patience.rs); what was waited
 * for up here without an answer is taken off.
 */
import * as timers from 'node:timers';
import type { Shared } from './abort.js';
import { KafkaStateError } from './errors.js';

/** ms without a sign of any broker after which a stop gives up. */
export const QUIET_MS = 7_000;
/** ms that the core has at least, to look for brokers once. */
const LEAST_MS = 500;
/** ms that a connect or a start which is under way gets when the stop comes: where a broker answers it ends by then. */
export const GRACE_MS = 3_000;

const { setTimeout, clearTimeout } = timers;

export class Patience {
  readonly #begun = performance.now();

  /** ms since the stop began. */
  get elapsedMs(): number {
    return performance.now() - this.#begun;
  }

  /** ms that are left for brokers that do not answer. */
  get quietMs(): number {
    return Math.max(Math.round(QUIET_MS - this.elapsedMs), LEAST_MS);
  }

  /** What is left of a bound in ms, whole and not below 0. */
  leftMs(bound: number): number {
    return Math.max(Math.round(bound - this.elapsedMs), 0);
  }

  /**
   * Waits for the end of a work; `untilMs` after the stop began it is cancelled, with a reason that names the stop.
   */
  async ended(work: Shared<unknown> | undefined, untilMs: number, what: string): Promise<void> {
    if (work === undefined) return;
    const timer = setTimeout(() => work.cancel(givenUp(what)), Math.max(untilMs - this.elapsedMs, LEAST_MS));
    await work.over.catch(() => {});
    clearTimeout(timer);
  }
}

/** The error of what a stop gives up because no broker has answered. */
export function givenUp(what: string): KafkaStateError {
  const message = `${what} was given up: a stop was asked for, and no broker had answered by then`;
  return new KafkaStateError('ERR_KAFKA_CANCELLED', message, { retriable: true });
}
