/** The way up of the fakes: completions and one wake-up, as the addon gives them, without a thread. */
import * as timers from 'node:timers';
import type { NativeCompletion, NativeError, NativeMailbox } from '../../../index.js';
import { tell } from '../../kafka/errors.js';

// Taken at import, and not from globalThis: fake timers of a test runner must not stop the fakes.
const { setImmediate } = timers;

/** What a request of the fakes rejects with. */
export class Refusal {
  readonly error: NativeError;

  constructor(error: NativeError) {
    this.error = error;
  }
}

export class FakeMailbox implements NativeMailbox {
  readonly #onWake: () => void;
  #completions: NativeCompletion[] = [];
  #nudged = false;

  constructor(onWake: () => void, _workerThread: boolean) {
    this.#onWake = onWake;
  }

  take(): NativeCompletion[] {
    const taken = this.#completions;
    this.#completions = [];
    return taken;
  }

  /** Nothing that the fakes do takes long enough to be given up. */
  cancel(_id: number): void {}

  close(): void {}

  /** Something waits to be taken. */
  nudge(): void {
    if (this.#nudged) return;
    this.#nudged = true;
    setImmediate(() => {
      this.#nudged = false;
      this.#onWake();
    });
  }

  /** Completes the request with what the work gives; a Refusal that it throws rejects it. */
  answer(id: number, work: () => unknown): void {
    void this.#answer(id, work);
  }

  async #answer(id: number, work: () => unknown): Promise<void> {
    try {
      const result = await work();
      this.#completions.push({ id, json: result === undefined ? undefined : JSON.stringify(result) });
    } catch (thrown) {
      this.#completions.push({ id, error: thrown instanceof Refusal ? thrown.error : defect(thrown) });
    }
    this.nudge();
  }
}

function defect(thrown: unknown): NativeError {
  const message = `a defect of kafka4/testing: ${tell(thrown)}`;
  return { className: 'Kafka4Error', code: 'ERR_KAFKA_INTERNAL', message, retriable: false, fatal: false };
}
