/**
 * One assigned partition: messages in, handler calls out, in order. Lanes run beside one another; a slow or failing one
 * holds nobody else up.
 */
import * as timers from 'node:timers';
import type { NativeConsumerService } from '../../index.js';
import type { EachMessageHandler } from '../kafkajs/types.js';
import { BatchRun } from './batch-run.js';
import type { Context } from './context.js';
import type { Gate } from './gate.js';
import { type Handler, heartbeat, isThenable, type Run } from './handler.js';
import { SlabMessage } from './message.js';

/** What the lanes of one consumer service share. */
export interface LaneHost {
  readonly context: Context;
  readonly native: NativeConsumerService;
  handlerOf(topic: string): Handler | undefined;
  /** Dead letters on their way: each occupies a thread of the core until the brokers answer. */
  readonly deadLetters: Gate;
  /** Notes that handlers finished; crosses the border once a turn of the event loop. */
  progress(lane: Lane): void;
  /** Tells the core of it now, because a request that follows depends on it. */
  flushProgress(): void;
  /** A policy of the application says that this topic must not go on. */
  stopTopic(lane: Lane, error: unknown): void;
}

/** Handler times are measured for one message in this many when they come in masses. */
const SAMPLE = 16;
/** ms of handlers that never wait, after which the event loop gets a turn. */
const SLICE_MS = 15;

/** ms between attempts to publish a dead letter. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/** ms that a dead letter gets after its lane was closed. */
const LAST_DEAD_LETTER_MS = 1_500;

const { setImmediate, setTimeout, clearTimeout } = timers;

export class Lane {
  readonly id: number;
  readonly topic: string;
  readonly partition: number;
  readonly #host: LaneHost;
  readonly #queue: Run[] = [];
  #running = false;
  #closed = false;
  /** Nothing more is handled, though the lane is not taken away yet: the message that failed must stay the next one. */
  #halted = false;
  #wakeUp: (() => void) | undefined;
  #pauses = 0;
  /** Offset after the last finished message, and how many finished since it was last told; read by the host. */
  next = -1;
  finished = 0;
  /** `next` as of the last commit that a batch handler asked for. */
  committed = -1;

  constructor(host: LaneHost, id: number, topic: string, partition: number) {
    this.#host = host;
    this.id = id;
    this.topic = topic;
    this.partition = partition;
  }

  get closed(): boolean {
    return this.#closed;
  }

  push(run: Run): void {
    if (this.#closed || this.#halted) return;
    this.#queue.push(run);
    if (!this.#running) {
      this.#running = true;
      void this.#work();
    }
  }

  /** The partition is taken away or stopped: the running handler call finishes, the rest is dropped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.length = 0;
    this.#wakeUp?.();
    if (!this.#running) this.#idle();
  }

  /** Stops after the message or batch that is being handled; the returned function goes on. */
  pause(): () => void {
    this.#pauses += 1;
    if (this.#pauses === 1) this.#host.native.pauseLane(this.id, true);
    let done = false;
    return () => {
      if (done) return;
      done = true;
      this.#pauses -= 1;
      if (this.#pauses > 0) return;
      this.#host.native.pauseLane(this.id, false);
      this.#wakeUp?.();
    };
  }

  /** Everything before `next` is done; `count` messages more than before. */
  advance(next: number, count: number): void {
    this.next = next;
    this.finished += count;
    this.#host.progress(this);
  }

  async #work(): Promise<void> {
    let run = this.#queue.shift();
    while (run !== undefined && !this.#closed && !this.#halted) {
      if (this.#pauses > 0) await this.#resumed();
      const handler = this.#host.handlerOf(this.topic);
      if (this.#closed || handler === undefined) break;
      if (handler.each === 'message') await this.#messages(handler.run, run);
      else await new BatchRun(this, this.#host, run).work(handler.run);
      run = this.#queue.shift();
    }
    this.#running = false;
    if (this.#closed) this.#idle();
  }

  #idle(): void {
    this.#host.progress(this);
    this.#host.native.laneIdle(this.id);
  }

  async #messages(handler: EachMessageHandler, { slab, from, to }: Run): Promise<void> {
    const { native } = this.#host;
    const sampled = to - from > SAMPLE ? SAMPLE : 1;
    let sliceEnd = performance.now() + SLICE_MS;
    for (let i = from; i < to && !this.#closed; i++) {
      if (this.#pauses > 0) {
        await this.#resumed();
        if (this.#closed) return;
      }
      const payload = {
        topic: this.topic,
        partition: this.partition,
        message: new SlabMessage(slab, i),
        heartbeat,
        pause: () => this.pause(),
      };
      const measured = (i - from) % sampled === 0;
      const started = measured ? performance.now() : 0;
      try {
        const result = handler(payload) as unknown;
        if (isThenable(result)) await result;
      } catch (error) {
        // The pauses between attempts are no time of the handler.
        if (measured) native.recordHandlerTime((performance.now() - started) * 1000, 1);
        if (!(await this.#failed(handler, payload, error))) return;
        this.advance(slab.offset(i) + 1, 1);
        continue;
      }
      this.advance(slab.offset(i) + 1, 1);
      if (!measured) continue;
      const now = performance.now();
      native.recordHandlerTime((now - started) * 1000, Math.min(sampled, to - i));
      if (now > sliceEnd) {
        // Handlers that never wait would otherwise keep timers and sockets of the application from running.
        await new Promise<void>((resolve) => void setImmediate(resolve));
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
  }

  /** Retries until the handler succeeds (true), the message went elsewhere (true), or this lane is over (false). */
  async #failed(
    handler: EachMessageHandler,
    payload: Parameters<EachMessageHandler>[0],
    first: unknown,
  ): Promise<boolean> {
    let error = first;
    for (let attempt = 1; ; attempt++) {
      const message = payload.message as SlabMessage;
      const verdict = await this.afterFailure(message, attempt, error);
      if (verdict !== 'again') return verdict === 'done';
      try {
        const result = handler(payload) as unknown;
        if (isThenable(result)) await result;
        return true;
      } catch (next) {
        error = next;
      }
    }
  }

  /** Asks the policy: waits for the next attempt (`again`), or puts the message away (`done`), or ends (`over`). */
  async afterFailure(message: SlabMessage, attempt: number, error: unknown): Promise<'again' | 'done' | 'over'> {
    const verdict = await this.#afterFailure(message, attempt, error);
    if (verdict === 'over') {
      this.#halted = true;
      this.#queue.length = 0;
    }
    return verdict;
  }

  async #afterFailure(message: SlabMessage, attempt: number, error: unknown): Promise<'again' | 'done' | 'over'> {
    const { native, context } = this.#host;
    const failure = { lane: this.id, offset: Number(message.offset), attempt, ...describe(error) };
    const { action, afterMs } = native.handlerFailed(failure);
    switch (action) {
      case 'retry':
        await this.#pausedFor(afterMs);
        return this.#closed ? 'over' : 'again';
      case 'deadLetter': {
        const { slab, index } = deadLetterRecord(message);
        // The offset must not move before the dead letter is acknowledged, so this goes on until it is; only a lane
        // that was taken away gives up: its new owner gets the message again.
        for (let pause = FIRST_PAUSE_MS; !this.#closed; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
          try {
            const sent = this.#host.deadLetters.run(() =>
              context.mailbox.request<void>((id) => native.deadLetter(id, failure, slab, index)),
            );
            if (!(await this.#unlessClosed(sent))) return 'over';
            return this.#closed ? 'over' : 'done';
          } catch {
            // Logged by the core.
            await this.#pausedFor(pause);
          }
        }
        return 'over';
      }
      case 'skip':
        return 'done';
      case 'stop':
        this.#host.stopTopic(this, error);
        return 'over';
      default:
        return 'over';
    }
  }

  /**
   * Waits for a promise; false: the lane was closed some time ago and nothing came. A stop must not wait for a dead
   * letter that no broker takes; one that was taken after all comes twice at worst, as its message comes again.
   */
  #unlessClosed(promise: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const end = (): void => {
        clearTimeout(timer);
        this.#wakeUp = undefined;
      };
      const look = (): void => {
        if (!this.#closed || timer !== undefined) return;
        timer = setTimeout(() => {
          end();
          resolve(false);
        }, LAST_DEAD_LETTER_MS);
      };
      this.#wakeUp = look;
      promise.then(
        () => {
          end();
          resolve(true);
        },
        (error) => {
          end();
          reject(error);
        },
      );
      look();
    });
  }

  #resumed(): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#pauses > 0 && !this.#closed) return;
        this.#wakeUp = undefined;
        resolve();
      };
      this.#wakeUp = look;
      look();
    });
  }

  #pausedFor(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wakeUp = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wakeUp = () => {
        if (this.#closed) done();
      };
    });
  }
}

/** Name and message of whatever was thrown; an error's own getters must not hurt. */
function describe(error: unknown): { name: string; message: string } {
  try {
    if (error instanceof Error) return { name: String(error.name), message: String(error.message) };
    return { name: typeof error, message: String(error) };
  } catch {
    return { name: 'unknown', message: 'the thrown value cannot be shown' };
  }
}

/** The message in the form of a record to be published (lib/kafka/records.ts), headers as they came. */
function deadLetterRecord(message: SlabMessage): { slab: Buffer; index: Int32Array } {
  const { key, value, packedHeaders } = message;
  const time = Math.max(Number(message.timestamp), 0);
  const slab = Buffer.concat([key ?? Buffer.alloc(0), value ?? Buffer.alloc(0), packedHeaders]);
  const index = Int32Array.of(
    0,
    -1,
    0,
    key === null ? -1 : key.length,
    value === null ? -1 : value.length,
    packedHeaders.length,
    time | 0,
    Math.floor(time / 4294967296),
  );
  return { slab, index };
}
