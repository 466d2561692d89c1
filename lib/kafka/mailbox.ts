/**
 * The way up from the addon: one weak wake-up, after which everything that waits is taken. Promises live here.
 */
import { isMainThread } from 'node:worker_threads';
import type { NativeMailbox } from '../../index.js';
import { onAbort } from './abort.js';
import { fromNative } from './errors.js';
import { hold, release } from './keep-alive.js';
import { native } from './native.js';

interface Waiter {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  /** Takes the listener off the signal. */
  off(): void;
}

export class Mailbox {
  readonly native: NativeMailbox;
  readonly #waiting = new Map<number, Waiter>();
  readonly #sources: (() => void)[] = [];
  #nextId = 0;
  #closing = false;

  constructor() {
    this.native = new (native().NativeMailbox)(() => this.#wake(), !isMainThread);
  }

  /** Something that is looked at with every wake-up: reports of a producer, slabs of a consumer, events. */
  addSource(drain: () => void): void {
    this.#sources.push(drain);
  }

  /**
   * Starts a request of the addon; the promise settles with its completion. An abort of the signal has the core give up
   * soon; also then the promise settles when the request has ended.
   */
  request<T>(start: (id: number) => void, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#nextId = (this.#nextId + 1) % 2 ** 32;
      const id = this.#nextId;
      const waiter: Waiter = { resolve: resolve as (value: unknown) => void, reject, off: () => {} };
      this.#waiting.set(id, waiter);
      hold();
      try {
        start(id);
        if (signal !== undefined) waiter.off = onAbort(signal, () => this.native.cancel(id));
      } catch (error) {
        this.#waiting.delete(id);
        release();
        reject(error);
      }
    });
  }

  /**
   * Nothing more will be asked: what is still asked for is given up, and the wake-up is given back once all of it has
   * completed.
   */
  close(): void {
    this.#closing = true;
    for (const id of this.#waiting.keys()) this.native.cancel(id);
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#closing && this.#waiting.size === 0) this.native.close();
  }

  #wake(): void {
    // Completions are taken before the sources are looked at and settled after: what a request caused (the reports of
    // a flush) is seen before its own promise resolves.
    const completions = this.native.take();
    for (const drain of this.#sources) {
      try {
        drain();
      } catch (error) {
        // A defect: it must be seen, but it must not keep the others from getting what is theirs.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    for (const { id, error, json } of completions) {
      const waiter = this.#waiting.get(id);
      if (waiter === undefined) continue;
      this.#waiting.delete(id);
      release();
      waiter.off();
      try {
        if (error != null) waiter.reject(fromNative(error));
        else waiter.resolve(json == null ? undefined : JSON.parse(json));
      } catch (defect) {
        // The addon is of another version than this file: nobody must wait for ever for it.
        waiter.reject(defect);
      }
    }
    this.#giveBack();
  }
}
