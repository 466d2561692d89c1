/**
 * One assigned partition: runs of messages in, handler calls out, in order. What is resolved, what is committed, and
 * what follows a handler that throws, is this partition's own.
 */
import type { Run } from '../../kafka/handler.js';
import { ConsumedBatch } from './batch.js';
import { eachBatch } from './each-batch.js';
import { eachMessage } from './each-message.js';
import { events } from './events.js';
import { Failures, isRebalancing } from './failures.js';
import type { LaneHost } from './lane-host.js';

/** Why a lane is over: its partition goes on elsewhere, was taken away, or the consumer stops. */
export type Closed = 'sought' | 'revoked' | 'stopped';

/** ms before messages that a handler has left unresolved are given to it again. */
const AGAIN_MS = 25;

const { setTimeout, clearTimeout, setImmediate } = globalThis;

export class Lane {
  readonly id: number;
  readonly topic: string;
  readonly partition: number;
  readonly host: LaneHost;
  closed: Closed | undefined;
  /** Offset of the next message to handle, as resolved so far; -1: nothing is. */
  resolved = -1;
  /** As of the last commit; -1: not known. */
  committed = -1;
  /** The application itself said what is committed, and nothing was resolved since. */
  settled = false;
  /** Offset after the last finished message, and how many finished since it was last told; read by the runner. */
  next = -1;
  finished = 0;
  readonly #failures: Failures;
  readonly #queue: Run[] = [];
  #working = false;
  #wakeUp: (() => void) | undefined;

  constructor(host: LaneHost, id: number, topic: string, partition: number) {
    this.host = host;
    this.id = id;
    this.topic = topic;
    this.partition = partition;
    this.#failures = new Failures(host.retry);
  }

  push(run: Run): void {
    if (this.closed !== undefined) return;
    this.#queue.push(run);
    this.kick();
  }

  /** Something changed that this may have waited for: messages, the end of a pause. */
  kick(): void {
    if (this.#working || !this.#ready()) return;
    this.#working = true;
    void this.#work();
  }

  /** The running handler call finishes, the rest is dropped. */
  close(why: Closed): void {
    if (this.closed !== undefined) return;
    this.closed = why;
    this.#queue.length = 0;
    this.#wakeUp?.();
    if (!this.#working) this.host.over(this);
  }

  /** Everything before `next` is done. */
  resolve(next: number): void {
    if (this.closed === 'sought' || next < 0) return;
    const before = this.resolved < 0 ? this.#begun : this.resolved;
    this.resolved = next;
    this.settled = false;
    this.host.commits.count(next - before);
    if (next > before) this.#failures.over();
  }

  /**
   * Has autoCommit anything to commit? An offset that the application committed by itself, also one further back, stands
   * until more is resolved; where the partition is taken away, where the next owner begins is what was resolved.
   */
  get open(): boolean {
    if (this.resolved < 0 || this.resolved === this.committed) return false;
    return !this.settled || this.closed === 'revoked';
  }

  get paused(): boolean {
    return this.host.isPaused(this.topic, this.partition);
  }

  /** May the next message be handled? */
  get goesOn(): boolean {
    return this.closed === undefined && this.host.running && !this.paused;
  }

  /** Where this lane began. */
  #begun = 0;

  #ready(): boolean {
    return this.#queue.length > 0 && this.goesOn && this.host.hasHandler;
  }

  async #work(): Promise<void> {
    const { slots } = this.host;
    while (this.#ready()) {
      if (!slots.tryEnter()) await slots.enter();
      let pauseMs = 0;
      try {
        if (this.#ready()) pauseMs = await this.#handle(this.#queue[0] as Run);
      } finally {
        slots.leave();
      }
      if (pauseMs > 0 && this.closed === undefined) await this.#sleep(pauseMs);
    }
    this.#working = false;
    if (this.closed !== undefined) this.host.over(this);
  }

  /** Handles the first run of the queue; returns ms to wait before the next call. */
  async #handle(run: Run): Promise<number> {
    const from = this.#firstUnresolved(run);
    if (from === run.to) {
      this.#queue.shift();
      this.#advance(run, from);
      return 0;
    }
    this.#advance(run, from);
    if (this.resolved < 0) this.#begun = run.slab.offset(from);
    try {
      await this.#call(run);
    } catch (error) {
      return this.#failed(error);
    }
    if (this.closed !== undefined) return 0;
    const after = this.#firstUnresolved(run);
    if (after > run.from) this.#advance(run, after);
    if (run.from === run.to && this.#queue[0] === run) this.#queue.shift();
    if (this.resolved >= 0 && this.resolved < run.slab.offset(from)) {
      // Resolved back to what is not here any more.
      this.host.rewind(this, this.resolved);
      return 0;
    }
    if (after === from && this.goesOn) return AGAIN_MS;
    return 0;
  }

  async #call(run: Run): Promise<void> {
    const { emitter, handlers } = this.host;
    const told = emitter.has(events.START_BATCH_PROCESS) || emitter.has(events.END_BATCH_PROCESS);
    const high = this.host.highWatermark(this);
    const batch = handlers.each === 'batch' ? new ConsumedBatch(this.topic, this.partition, high, run) : undefined;
    const payload = told ? describe(this, run, high) : undefined;
    const started = Date.now();
    if (told) emitter.emit(events.START_BATCH_PROCESS, { ...payload });
    if (handlers.each === 'message') await eachMessage(this, handlers.run, run);
    else await eachBatch(this, handlers.run, batch as ConsumedBatch);
    if (told) emitter.emit(events.END_BATCH_PROCESS, { ...payload, duration: Date.now() - started });
    if (this.host.autoCommit && this.closed === undefined) this.host.commits.soon();
  }

  async #failed(error: unknown): Promise<number> {
    const { host } = this;
    // What was resolved before is done, whatever follows, and whatever the application has committed.
    this.settled = false;
    if (host.autoCommit && this.closed !== 'sought') await host.commits.now().catch(() => {});
    if (this.closed !== undefined) return 0;
    if (isRebalancing(error)) return AGAIN_MS;
    const verdict = this.#failures.next(error);
    if ('retryMs' in verdict) {
      host.retries(this, error, verdict.retryMs);
      return verdict.retryMs;
    }
    host.crash(verdict.crash);
    return 0;
  }

  #firstUnresolved({ slab, from, to }: Run): number {
    let index = from;
    while (index < to && slab.offset(index) < this.resolved) index += 1;
    return index;
  }

  /** The run goes on at `index`; the room of what was before is given back. */
  #advance(run: Run, index: number): void {
    const count = index - run.from;
    if (count === 0) return;
    run.from = index;
    this.next = run.slab.offset(index - 1) + 1;
    this.finished += count;
    this.host.progress(this);
  }

  /** Gives other work of the process a turn. */
  breathe(): Promise<void> {
    return new Promise((resolve) => void setImmediate(resolve));
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wakeUp = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wakeUp = done;
    });
  }
}

/** What the events about a batch tell. */
function describe({ topic, partition }: Lane, { slab, from, to }: Run, high: number): Record<string, unknown> {
  const first = slab.offset(from);
  const last = slab.offset(to - 1);
  const end = Math.max(high, last + 1);
  return {
    topic,
    partition,
    highWatermark: String(end),
    offsetLag: String(end - 1 - last),
    offsetLagLow: String(end - 1 - first),
    batchSize: to - from,
    firstOffset: String(first),
    lastOffset: String(last),
  };
}
