/** What to do when a handler throws (core/src/consume/retry.rs decides). */
import { invalid, reading, show } from './errors.js';

/** Defaults: KAFKA_RETRY_ATTEMPTS attempts, 300 ms doubling to 30 s, dead letter. */
export interface RetryPolicy {
  /** How often the handler is called for a message in all, from 1. */
  attempts?: number;
  /** ms before the second attempt. */
  initialBackoffMs?: number;
  /** ms at most between attempts. */
  maxBackoffMs?: number;
  multiplier?: number;
  /** Share of the pause that is random, 0 to 1. */
  jitter?: number;
  /** After the last attempt: true (default) sends the message to `<topic>.dlq`, false gives it up. */
  deadLetter?: boolean;
  /** True: after the last attempt the consumption of the topic stops before the message. Default false. */
  stop?: boolean;
}

const TYPES = new Map<string, string>([
  ['attempts', 'number'],
  ['initialBackoffMs', 'number'],
  ['maxBackoffMs', 'number'],
  ['multiplier', 'number'],
  ['jitter', 'number'],
  ['deadLetter', 'boolean'],
  ['stop', 'boolean'],
]);

/** A copy with names and types checked; the ranges are checked by the core. */
export function checkedRetryPolicy(topic: string, policy: unknown): RetryPolicy {
  return reading(`the retry policy of ${topic}`, () => {
    if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) {
      throw invalid(`a retry policy is an object, not ${show(policy)}`);
    }
    const own: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(policy)) {
      const wanted = TYPES.get(name);
      if (wanted === undefined) {
        throw invalid(`retry policy of ${topic}: there is no ${show(name)}, only ${[...TYPES.keys()].join(', ')}`);
      }
      if (value === undefined) continue;
      if (typeof value !== wanted || Number.isNaN(value)) {
        throw invalid(`retry policy of ${topic}: ${name} must be a ${wanted}, not ${show(value)}`);
      }
      own[name] = value;
    }
    return own;
  });
}
