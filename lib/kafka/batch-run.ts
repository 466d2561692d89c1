/** One call of a batch handler, with KafkaJS's payload, and what follows when it throws. */
import type { Batch, EachBatchHandler, EachBatchPayload, KafkaMessage } from '../kafkajs/types.js';
import { invalid, show } from './errors.js';
import { heartbeat, isThenable, type Run } from './handler.js';
import type { Lane, LaneHost } from './lane.js';
import { type Slab, SlabMessage } from './message.js';

export class BatchRun {
  readonly #lane: Lane;
  readonly #host: LaneHost;
  readonly #run: Run;
  /** First message that is not resolved. */
  #from: number;

  constructor(lane: Lane, host: LaneHost, run: Run) {
    this.#lane = lane;
    this.#host = host;
    this.#run = run;
    this.#from = run.from;
  }

  /** Calls the handler until everything is done or the lane is over. */
  async work(handler: EachBatchHandler): Promise<void> {
    const { slab, to } = this.#run;
    while (this.#from < to && !this.#lane.closed) {
      const failure = await this.#call(handler, to);
      if (failure === undefined) return this.#resolveTo(to);
      if (this.#from >= to) return;
      const alone = to - this.#from === 1;
      // Putting the first unresolved message away could hit a good one: which one fails is found by calling with one
      // message at a time. This failure of the whole counts for none of them (attempt 0), it only pauses.
      if (!alone) {
        const verdict = await this.#lane.afterFailure(new SlabMessage(slab, this.#from), 0, failure.thrown);
        if (verdict !== 'again') return;
      }
      if (!(await this.#findCulprit(handler, alone ? failure : undefined))) return;
    }
  }

  /** One message at a time until one that failed has recovered or was put away; false: the lane is over. */
  async #findCulprit(handler: EachBatchHandler, known: { thrown: unknown } | undefined): Promise<boolean> {
    const { slab, to } = this.#run;
    let failure = known;
    for (let attempt = 1; this.#from < to && !this.#lane.closed; ) {
      const next = this.#from + 1;
      failure ??= await this.#call(handler, next);
      // What the handler resolved itself is done, also if it threw afterwards.
      if (failure === undefined || this.#from >= next) {
        this.#resolveTo(next);
        if (attempt > 1) return true;
        failure = undefined;
        continue;
      }
      const verdict = await this.#lane.afterFailure(new SlabMessage(slab, this.#from), attempt, failure.thrown);
      if (verdict === 'over') return false;
      if (verdict === 'done') {
        this.#resolveTo(next);
        return true;
      }
      attempt += 1;
      failure = undefined;
    }
    return !this.#lane.closed;
  }

  /** One call with the messages from the first unresolved one to `to`. */
  async #call(handler: EachBatchHandler, to: number): Promise<{ thrown: unknown } | undefined> {
    const count = to - this.#from;
    const started = performance.now();
    try {
      const result = handler(this.#payload(to)) as unknown;
      if (isThenable(result)) await result;
      return undefined;
    } catch (thrown) {
      return { thrown };
    } finally {
      this.#host.native.recordHandlerTime(((performance.now() - started) * 1000) / count, count);
    }
  }

  #resolveTo(index: number): void {
    if (index <= this.#from) return;
    this.#lane.advance(this.#run.slab.offset(index - 1) + 1, index - this.#from);
    this.#from = index;
  }

  #payload(to: number): EachBatchPayload {
    const lane = this.#lane;
    const { native, context } = this.#host;
    return {
      batch: new LaneBatch(lane, native, this.#run, this.#from, to),
      resolveOffset: (offset) => {
        const given: unknown = offset;
        const wanted =
          (typeof given === 'string' && /^\d+$/.test(given)) || typeof given === 'number' ? Number(given) : -1;
        if (!Number.isInteger(wanted) || wanted < 0)
          throw invalid(`resolveOffset takes the offset of a message, not ${show(offset)}`);
        let index = this.#from;
        while (index < to && this.#run.slab.offset(index) <= wanted) index += 1;
        this.#resolveTo(index);
      },
      heartbeat,
      pause: () => lane.pause(),
      commitOffsetsIfNecessary: async () => {
        const { next } = lane;
        this.#host.flushProgress();
        await context.mailbox.request<void>((id) => native.commit(id, lane.id));
        lane.committed = next;
      },
      uncommittedOffsets: () => ({
        topics:
          lane.next === lane.committed
            ? []
            : [{ topic: lane.topic, partitions: [{ partition: lane.partition, offset: String(lane.next) }] }],
      }),
      isRunning: () => !lane.closed,
      isStale: () => lane.closed,
    };
  }
}

/**
 * A class and not a literal with getters: V8 gives each such literal a hidden class of its own, which lives in old space
 * and through the getter's closure keeps every message of the batch until the next full collection.
 */
class LaneBatch implements Batch {
  readonly topic: string;
  readonly partition: number;
  readonly #lane: Lane;
  readonly #native: LaneHost['native'];
  readonly #slab: Slab;
  readonly #from: number;
  readonly #to: number;
  #messages: KafkaMessage[] | undefined;
  #watermark: number | undefined;

  constructor(lane: Lane, native: LaneHost['native'], { slab }: Run, from: number, to: number) {
    this.topic = lane.topic;
    this.partition = lane.partition;
    this.#lane = lane;
    this.#native = native;
    this.#slab = slab;
    this.#from = from;
    this.#to = to;
  }

  get highWatermark(): string {
    return String(this.#high());
  }

  get messages(): KafkaMessage[] {
    if (this.#messages === undefined) {
      const slab = this.#slab;
      const from = this.#from;
      const messages: KafkaMessage[] = new Array(this.#to - from);
      for (let i = 0; i < messages.length; i++) messages[i] = new SlabMessage(slab, from + i);
      this.#messages = messages;
    }
    return this.#messages;
  }

  isEmpty(): boolean {
    return false;
  }

  firstOffset(): string {
    return String(this.#slab.offset(this.#from));
  }

  lastOffset(): string {
    return String(this.#slab.offset(this.#to - 1));
  }

  offsetLag(): string {
    return this.#behind(this.#to - 1);
  }

  offsetLagLow(): string {
    return this.#behind(this.#from);
  }

  /** Read once, as in KafkaJS: watermark and lags of one batch fit each other. */
  #high(): number {
    this.#watermark ??= this.#native.highWatermark(this.#lane.id);
    return this.#watermark;
  }

  #behind(index: number): string {
    return String(Math.max(this.#high() - 1 - this.#slab.offset(index), 0));
  }
}
