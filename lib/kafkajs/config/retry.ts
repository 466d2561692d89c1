/** KafkaJS's retry options: defaults, and the time they allow for. */
import type { RetryOptions } from './types.js';

export type Retry = Required<Omit<RetryOptions, 'restartOnFailure'>> & Pick<RetryOptions, 'restartOnFailure'>;

const DEFAULTS: Retry = { maxRetryTime: 30_000, initialRetryTime: 300, factor: 0.2, multiplier: 2, retries: 5 };

/** Later options win; what is undefined does not count. */
export function retryOf(...options: (RetryOptions | undefined)[]): Retry {
  const retry: Retry = { ...DEFAULTS };
  for (const each of options) {
    for (const [name, value] of Object.entries(each ?? {})) {
      if (value !== undefined) (retry as Record<string, unknown>)[name] = value;
    }
  }
  return retry;
}

/** Attempts beyond this make no difference to a sum of waits. */
const MOST_ATTEMPTS = 10_000;

/** All waits between attempts together, ms, without their random part. */
export function totalWaitMs({ initialRetryTime, maxRetryTime, multiplier, retries }: Retry): number {
  let total = 0;
  let wait = Math.min(initialRetryTime, maxRetryTime);
  for (let i = 0; i < Math.min(retries, MOST_ATTEMPTS); i++) {
    total += wait;
    wait = Math.min(wait * multiplier, maxRetryTime);
  }
  return total;
}

/** The wait after the last attempt, ms: what KafkaJSNumberOfRetriesExceeded tells. */
export function lastWaitMs({ initialRetryTime, maxRetryTime, multiplier, retries }: Retry): number {
  const steps = Math.min(retries, 64);
  return Math.round(Math.min(initialRetryTime * multiplier ** steps, maxRetryTime));
}
