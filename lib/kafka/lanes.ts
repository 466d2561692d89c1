/** All lanes of a consumer service: what the core hands out goes to them, their progress goes back. */
import * as timers from 'node:timers';
import type { NativeConsumerService } from '../../index.js';
import type { Context } from './context.js';
import { Gate } from './gate.js';
import type { Handler } from './handler.js';
import { Lane, type LaneHost } from './lane.js';
import { Slab } from './message.js';

/** Threads of the core that dead letters may occupy while their topic does not answer. */
const DEAD_LETTERS_AT_ONCE = 8;

const { setImmediate } = timers;

export class Lanes {
  readonly #core: NativeConsumerService;
  readonly #host: LaneHost;
  readonly #lanes = new Map<number, Lane>();
  /** Numbers that the core has told to be over. They are remembered until it has forgotten them itself: a slab that was
   * packed before may still hold messages of them. */
  readonly #over = new Set<number>();
  /** Lanes with progress that has not crossed the border yet. */
  readonly #dirty = new Set<Lane>();
  #flushScheduled = false;

  constructor(
    context: Context,
    core: NativeConsumerService,
    handlerOf: (topic: string) => Handler | undefined,
    stopTopic: (lane: Lane, error: unknown) => void,
  ) {
    this.#core = core;
    this.#host = {
      context,
      native: core,
      deadLetters: new Gate(DEAD_LETTERS_AT_ONCE),
      handlerOf,
      progress: (lane) => this.#progress(lane),
      flushProgress: () => this.#flushProgress(),
      stopTopic,
    };
  }

  /** Takes what the core has. */
  drain(): void {
    const core = this.#core;
    for (let native = core.take(); native !== null; native = core.take()) {
      const slab = new Slab(native.buffer as ArrayBuffer, native.count);
      for (let from = 0; from < slab.count; ) {
        const id = slab.lane(from);
        let to = from + 1;
        while (to < slab.count && slab.lane(to) === id) to += 1;
        this.#laneOf(id)?.push({ slab, from, to });
        from = to;
      }
    }
    for (const id of core.takeClosing()) {
      this.#over.add(id);
      const lane = this.#lanes.get(id);
      if (lane === undefined) core.laneIdle(id);
      else lane.close();
    }
    for (const id of this.#over) {
      if (core.lane(id) != null) continue;
      this.#over.delete(id);
      this.#lanes.delete(id);
    }
  }

  /** No further message of these lanes is handed to a handler; the core, which is told to stop them, lets them go. */
  halt(which: (lane: Lane) => boolean): void {
    // They stay known, closed, until the core says so: what it still hands out of them is dropped.
    for (const lane of this.#lanes.values()) if (which(lane)) lane.close();
  }

  #laneOf(id: number): Lane | undefined {
    const known = this.#lanes.get(id);
    if (known !== undefined || this.#over.has(id)) return known;
    const info = this.#core.lane(id);
    if (info == null) return undefined;
    const lane = new Lane(this.#host, id, info.topic, info.partition);
    this.#lanes.set(id, lane);
    return lane;
  }

  /** Crosses the border once a turn of the event loop, at once for a lane that is over. */
  #progress(lane: Lane): void {
    this.#dirty.add(lane);
    if (lane.closed) {
      this.#flushProgress();
      return;
    }
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flushProgress();
    });
  }

  #flushProgress(): void {
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
    if (at > 0) this.#core.advance(steps.subarray(0, at));
  }
}
