// Runs the checks one after the other: each with a time limit, none whose prerequisite failed.

import { explain } from '../quickstart/trouble.mjs';
import { duration } from '../terminal/format.mjs';
import { CHECKS, CheckFailure } from './checks.mjs';

const LIMIT_MS = 60_000;

/** @typedef {{ id: string, name: string, state: 'pass' | 'fail' | 'not run', detail: string[], ms: number }} Outcome */

/** Settles with the work, or rejects after the limit or when the user interrupts. */
async function bounded(work, signal, limit) {
  let timer;
  let onAbort = () => {};
  const stop = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new CheckFailure(`no end within ${duration(limit)}`)), limit);
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, stop]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * @param {import('./checks.mjs').Context} context
 * @param {object} options
 * @param {AbortSignal} options.signal
 * @param {(name: string) => void} [options.onBegin]
 * @param {(outcome: Outcome) => void} [options.onEnd]
 * @param {number} [options.limit]
 * @param {typeof CHECKS} [options.checks]
 * @returns {Promise<Outcome[]>}
 */
export async function runChecks(
  context,
  { signal, onBegin = () => {}, onEnd = () => {}, limit = LIMIT_MS, checks = CHECKS },
) {
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const { id, name, needs, run } of checks) {
    signal.throwIfAborted();
    const missing = outcomes.find((outcome) => needs.includes(outcome.id) && outcome.state !== 'pass');
    /** @type {Outcome} */
    const outcome = { id, name, state: 'pass', detail: [], ms: 0 };
    if (missing) {
      Object.assign(outcome, { state: 'not run', detail: [`needs "${missing.name}"`] });
    } else {
      onBegin(name);
      const begin = performance.now();
      try {
        outcome.detail = [await bounded(run(context), signal, limit)];
      } catch (error) {
        if (signal.aborted) throw error;
        Object.assign(outcome, { state: 'fail', detail: explain(error) });
      }
      outcome.ms = performance.now() - begin;
    }
    outcomes.push(outcome);
    onEnd(outcome);
  }
  return outcomes;
}
