/** KafkaJS's repetition of a call after errors that may pass. */
import type { Retry } from '../config/retry.js';
import { KafkaJSNumberOfRetriesExceeded } from '../errors/index.js';
import type { Logger } from '../logger.js';

// Captured at import, so that fake timers of a test runner do not stop a call.
const { setTimeout: startTimer } = globalThis;

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    startTimer(resolve, ms);
  });
}

export interface Rules {
  retry: Retry;
  logger: Logger;
  /** Types of the protocol's errors that are worth another attempt. */
  types: readonly string[];
  /** For the log: `Could not delete topics`. */
  what: string;
}

/** Runs until it succeeds, fails otherwise than by `types`, or the retries are used up. */
export async function retrying<T>({ retry, logger, types, what }: Rules, run: () => Promise<T>): Promise<T> {
  let wait = varied(Math.min(retry.initialRetryTime, retry.maxRetryTime), retry.factor);
  for (let retryCount = 0; ; retryCount++) {
    try {
      return await run();
    } catch (error) {
      const { type, message } = error as { type?: string; message: string };
      if (type === undefined || !types.includes(type)) throw error;
      logger.warn(what, { error: message, retryCount, retryTime: wait });
      if (retryCount >= retry.retries) {
        throw new KafkaJSNumberOfRetriesExceeded(error as Error, { retryCount, retryTime: wait });
      }
    }
    await sleep(wait);
    wait = varied(Math.min(wait * retry.multiplier, retry.maxRetryTime), retry.factor);
  }
}

function varied(ms: number, factor: number): number {
  return Math.round(ms * (1 - factor + Math.random() * 2 * factor));
}
