/** What lanes have finished crosses the border once a turn of the event loop, and gives their room back. */
import type { Lane } from './lane.js';

const { setImmediate } = globalThis;

export class Progress {
  readonly #dirty = new Set<Lane>();
  readonly #send: (steps: Float64Array) => void;
  #scheduled = false;

  /** @param send takes triples of lane, next offset, number of messages */
  constructor(send: (steps: Float64Array) => void) {
    this.#send = send;
  }

  add(lane: Lane): void {
    this.#dirty.add(lane);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  flush(): void {
    const steps = new Float64Array(this.#dirty.size * 3);
    let at = 0;
    for (const lane of this.#dirty) {
      if (lane.finished === 0) continue;
      steps[at++] = lane.id;
      steps[at++] = lane.next;
      steps[at++] = lane.finished;
      lane.finished = 0;
    }
    this.#dirty.clear();
    if (at > 0) this.#send(steps.subarray(0, at));
  }
}
