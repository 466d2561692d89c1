/**
 * Calls that can be given up by an AbortSignal. Several callers share one piece of work (one connect, one start), each
 * with a signal of its own or none: who aborts is rejected with the signal's reason at once, and the work itself is
 * cancelled when nobody waits for it any more. What was cancelled leaves nothing half done.
 */
import { invalid, reading, show } from './errors.js';

/** Options of the calls that wait for brokers. */
export interface CallOptions {
  /** Gives the call up: it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The signal of a call's options, checked. */
export function signalOf(options: unknown, call: string): AbortSignal | undefined {
  if (options === undefined) return undefined;
  return reading(`the options of ${call}`, () => {
    if (typeof options !== 'object' || options === null) {
      throw invalid(`the options of ${call} must be an object such as { signal }, not ${show(options)}`);
    }
    const { signal } = options as { signal?: unknown };
    if (signal === undefined) return undefined;
    // `aborted` is read for Proxies, which pass for a signal and are none.
    if (signal instanceof AbortSignal && typeof signal.aborted === 'boolean') return signal;
    throw invalid(`options.signal of ${call} must be an AbortSignal, not ${show(signal)}`);
  });
}

/** Calls `listener` when the signal is aborted, at once if it is; the returned function ends that. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => {};
  }
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/** Work that is under way, and those who wait for it. */
export class Shared<T> {
  /** Settles when the work has ended, also when it was cancelled. */
  readonly over: Promise<T>;
  readonly #controller = new AbortController();
  /** Who may still give up; a caller without a signal never does. */
  #waiting = 0;

  /** `run` is called at once and ends soon after its signal. */
  constructor(run: (cancelled: AbortSignal) => Promise<T>) {
    this.over = run(this.#controller.signal);
  }

  get isCancelled(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Ends the work for everybody who waits for it. */
  cancel(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Without a signal every caller gets the same promise. */
  join(signal?: AbortSignal): Promise<T> {
    this.#waiting += 1;
    if (signal === undefined) return this.over;
    return new Promise<T>((resolve, reject) => {
      const off = onAbort(signal, () => {
        reject(signal.reason);
        this.#waiting -= 1;
        if (this.#waiting === 0) this.cancel(signal.reason);
      });
      this.over.then(resolve, reject).finally(off);
    });
  }
}
