/** Retry policies as the core reads and decides them (core/src/consume/retry.rs). */
import type { NativeError, NativeRetryPolicy } from '../../../index.js';
import { nativeError } from './failures.js';

export interface Policy {
  attempts: number;
  initialBackoffMs: number;
  maxBackoffMs: number;
  multiplier: number;
  whenExhausted: 'deadLetter' | 'skip' | 'stop';
}

/** ms: a back-off that is longer than a day is a mistake in the unit. */
const LONGEST_MS = 86_400_000;

/** The ranges; true: whole numbers only. */
const RANGES: [keyof NativeRetryPolicy & string, number, number, boolean][] = [
  ['maxBackoffMs', 0, LONGEST_MS, true],
  ['initialBackoffMs', 0, LONGEST_MS, true],
  ['attempts', 1, 1_000_000, true],
  ['multiplier', 1, 100, false],
  ['jitter', 0, 1, false],
];

/** `attempts`: what is configured for those that say nothing of it. */
export function policyOf(given: NativeRetryPolicy, attempts: number): Policy | NativeError {
  for (const [name, least, most, whole] of RANGES) {
    const value = given[name] as number | undefined;
    if (value === undefined || (value >= least && value <= most && (!whole || Number.isInteger(value)))) continue;
    return refused(`${name} is a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not ${value}`);
  }
  const most = given.maxBackoffMs ?? 30_000;
  const initial = given.initialBackoffMs ?? Math.min(300, most);
  if (given.maxBackoffMs !== undefined && initial > most) {
    return refused(`initialBackoffMs (${initial}) is above maxBackoffMs (${most})`);
  }
  if (given.stop === true && given.deadLetter === true) {
    return refused('a topic can stop or use its dead-letter topic, not both');
  }
  return {
    attempts: given.attempts ?? attempts,
    initialBackoffMs: initial,
    maxBackoffMs: Math.max(most, initial),
    multiplier: given.multiplier ?? 2,
    whenExhausted: given.stop === true ? 'stop' : given.deadLetter === false ? 'skip' : 'deadLetter',
  };
}

function refused(what: string): NativeError {
  return nativeError('KafkaValidationError', 'ERR_KAFKA_INVALID_ARGUMENT', `retry: ${what}`);
}

/** ms that a real consumer would wait after this attempt (from 1), chance left out. */
export function backoffMs({ initialBackoffMs, maxBackoffMs, multiplier }: Policy, attempt: number): number {
  return Math.min(Math.round(initialBackoffMs * multiplier ** Math.max(attempt - 1, 0)), maxBackoffMs);
}
