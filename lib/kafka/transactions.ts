/** The queue of a producer's transactions: one at a time, and what becomes of those that wait when the producer ends. */
import * as timers from 'node:timers';
import { KafkaStateError, KafkaTransactionError } from './errors.js';

/** ms that a stop waits for the next transaction to end before those behind it are given up. */
const STEP_MS = 5_000;

const { setTimeout, clearTimeout } = timers;

export class Transactions {
  /** The last one: the next one starts when it has ended. */
  #last: Promise<unknown> = Promise.resolve();
  /** The one that runs. */
  #running: Promise<unknown> | undefined;
  #open = 0;
  /** Counts the stops: a transaction that was waiting during one does not start after it. */
  #stops = 0;

  run<T>(work: () => Promise<T>, refusal: KafkaStateError | undefined): Promise<T> {
    if (refusal !== undefined) return Promise.reject(refusal);
    const stops = this.#stops;
    this.#open += 1;
    const start = async (): Promise<T> => {
      if (stops !== this.#stops) throw notStarted();
      return work();
    };
    const result = this.#last.then(() => {
      const running = start();
      this.#running = running;
      return running;
    });
    this.#last = result.then(
      () => this.#ended(),
      () => this.#ended(),
    );
    return result;
  }

  #ended(): void {
    this.#open -= 1;
    this.#running = undefined;
  }

  /**
   * Lets those that wait run, as long as one after another ends; the rest is rejected. The one that runs is the core's to
   * end.
   */
  async drain(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    let open = Number.POSITIVE_INFINITY;
    await either(undefined, 0);
    while (this.#open > 1 && this.#open < open && performance.now() < until) {
      open = this.#open;
      await either(this.#running, Math.min(STEP_MS, until - performance.now()));
    }
    if (this.#open > 1) this.stop();
  }

  /** Those that wait are rejected when their turn comes. */
  stop(): void {
    this.#stops += 1;
  }
}

/** Waits until the promise settles, for some ms at most, and until the queue has seen it. */
async function either(promise: Promise<unknown> | undefined, ms: number): Promise<void> {
  const turn = () => new Promise<void>((resolve) => void setTimeout(resolve, 0));
  // The first one begins a microtask after its call.
  if (promise === undefined) return turn();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise.catch(() => {}), bound]);
  clearTimeout(timer);
  await turn();
}

function notStarted(): KafkaTransactionError {
  const cause = new KafkaStateError('ERR_KAFKA_CLOSED', 'the producer was disconnected while the transaction waited');
  return new KafkaTransactionError(
    'ERR_KAFKA_TRANSACTION_ABORTED',
    'the transaction was not begun: the producer was disconnected while it waited for earlier ones',
    { retriable: true, cause, details: { outcome: 'aborted' } },
  );
}
