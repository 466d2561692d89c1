/** Whether a consumer starts again after a crash. */

import { KafkaJSNumberOfRetriesExceeded } from '../errors/index.js';
import { causeOf, isError } from './failures.js';

/** The error that began it. */
export function originOf(error: Error): Error & { retriable?: boolean } {
  const cause = causeOf(error);
  return isError(cause) && cause !== error ? originOf(cause) : error;
}

/**
 * What can be retried is begun again, unless the application's `restartOnFailure` says no: with anything that is not true
 * for JavaScript. What it says is told as it is.
 *
 * @param tell told when `restartOnFailure` itself fails; then it is begun again
 */
export async function restarts(
  error: Error,
  restartOnFailure: ((error: Error) => Promise<boolean>) | undefined,
  tell: (message: string, cause: unknown) => void,
): Promise<unknown> {
  const retriable = error instanceof KafkaJSNumberOfRetriesExceeded || originOf(error).retriable === true;
  if (!retriable) return false;
  if (typeof restartOnFailure !== 'function') return true;
  try {
    return await restartOnFailure(error);
  } catch (failure) {
    const told = isError(failure) ? failure.message : failure;
    tell('Caught error when invoking user-provided "restartOnFailure" callback. Defaulting to restarting.', told);
    return true;
  }
}
