/** The connection behind the producer: connects and disconnects, one after the other, and sends what waits in between. */
import type { NativeProducerService } from '../../index.js';
import { type CallOptions, Shared, signalOf } from './abort.js';
import type { Context } from './context.js';
import type { Outbox } from './outbox.js';
import { GRACE_MS, givenUp, type Patience, QUIET_MS } from './patience.js';
import type { Transactions } from './transactions.js';

// In place of queueMicrotask, which fake timers of a test runner take away: nothing would be sent any more.
const settled = Promise.resolve();

/** ms that a connect gets which waits for one disconnect and is undone by the next. */
const LATE_MS = 2_000;

/** The producer as its connection sees it. */
export interface Connected {
  context(): Context;
  core(): NativeProducerService;
  /** The core as far as there is one; asking makes none. */
  made(): NativeProducerService | undefined;
  readonly outbox: Outbox;
  readonly transactions: Transactions;
  opened(): void;
  closed(): void;
}

export class ProducerConnection {
  readonly #of: Connected;
  #flushScheduled = false;
  #connected = false;
  #connecting: Shared<void> | undefined;
  /** It waits for the end of a disconnect. */
  #connectingAgain = false;
  #disconnecting: Promise<void> | undefined;
  /** The running disconnect has sent what it sends: what is published now waits for the next connect. */
  #closing = false;

  constructor(of: Connected) {
    this.#of = of;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Nothing can be sent now without a connect. */
  get away(): boolean {
    return !this.#connected || this.#closing;
  }

  connect(options: CallOptions = {}): Promise<void> {
    let signal: AbortSignal | undefined;
    try {
      signal = signalOf(options, 'connect');
    } catch (error) {
      return Promise.reject(error);
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    const before = this.#connecting;
    if (before !== undefined && !before.isCancelled) return before.join(signal);
    if (before === undefined && this.#connected && this.#disconnecting === undefined) return Promise.resolve();
    this.#connectingAgain = this.#disconnecting !== undefined;
    const work: Shared<void> = new Shared(async (cancelled) => {
      try {
        await this.#connect(cancelled, before);
        this.#connectEnded(work);
      } catch (error) {
        // What waits behind a connect that nobody wanted any more may have the next one to wait for.
        if (this.#connectEnded(work)) this.#of.outbox.rejectWaiting(error);
        throw error;
      }
    });
    this.#connecting = work;
    return work.join(signal);
  }

  /** True: it was the last one. */
  #connectEnded(work: Shared<void>): boolean {
    if (this.#connecting !== work) return false;
    this.#connecting = undefined;
    this.#connectingAgain = false;
    return true;
  }

  async #connect(cancelled: AbortSignal, before: Shared<void> | undefined): Promise<void> {
    const { mailbox } = this.#of.context();
    const core = this.#of.core();
    // Taken now: a disconnect that is asked for later waits for this connect.
    const disconnecting = this.#disconnecting;
    await before?.over.catch(() => {});
    await disconnecting?.catch(() => {});
    if (cancelled.aborted) throw cancelled.reason;
    await mailbox.request<void>((id) => core.connect(id), cancelled).catch(reasonOf(cancelled));
    if (cancelled.aborted) {
      // The answer and the abort have met.
      await mailbox.request<void>((id) => core.disconnect(id, 0, 0));
      throw cancelled.reason;
    }
    this.#connected = true;
    this.#of.opened();
    this.#flush();
  }

  /** For the signal handlers, whose stops share their patience. */
  disconnectBy(patience: Patience): Promise<void> {
    // A connect that waits for the end of this disconnect is undone by the next one.
    if (this.#connectingAgain && this.#connecting !== undefined) {
      const connecting = this.#connecting;
      const until = (): number => patience.elapsedMs + Math.max(patience.quietMs, LATE_MS);
      return Promise.resolve(this.#disconnecting)
        .catch(() => {})
        .then(() => patience.ended(connecting, until(), 'the connect'))
        .then(() => this.disconnectBy(patience));
    }
    this.#disconnecting ??= this.#disconnect(patience).finally(() => {
      this.#disconnecting = undefined;
    });
    return this.#disconnecting;
  }

  async #disconnect(patience: Patience): Promise<void> {
    if (this.#of.made() === undefined && this.#connecting === undefined) return;
    await this.finish(patience);
    const core = this.#of.made();
    if (core === undefined) return;
    const { mailbox, timeout } = this.#of.context();
    this.#closing = true;
    try {
      this.#flush();
      this.#connected = false;
      await mailbox.request<void>((id) => core.disconnect(id, patience.leftMs(timeout), patience.quietMs));
    } finally {
      this.#closing = false;
      this.#of.closed();
    }
  }

  /** For the initialization service: what it did to the connection behind this object's back. */
  changed(connected: boolean): void {
    this.#connected = connected;
    if (connected) this.#flush();
  }

  /**
   * For the stops: sends what was published and still waits, connecting for it, and lets transactions end. What cannot be
   * sent in time is rejected.
   */
  async finish(patience: Patience): Promise<void> {
    const waiting = this.#of.outbox.hasWaiting;
    await patience.ended(this.#connecting, waiting ? QUIET_MS : GRACE_MS, 'the connect');
    const core = this.#of.made();
    if (core === undefined) return;
    const { mailbox, timeout } = this.#of.context();
    if (!this.#connected && this.#of.outbox.hasWaiting) {
      // Published in the tick of the stop, or while it waited.
      const enough = AbortSignal.timeout(Math.min(patience.quietMs, patience.leftMs(timeout)));
      await mailbox
        .request<void>((id) => core.connect(id), enough)
        .catch((error) => this.#of.outbox.rejectWaiting(enough.aborted ? givenUp('the publish') : error));
    }
    if (!this.#connected) return;
    // Not all of the time: the one that runs then is the core's to end.
    await this.#of.transactions.drain(patience.leftMs(timeout) * 0.75);
    this.#flush();
  }

  /** Sends of one tick cross the border together. */
  scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    void settled.then(() => {
      this.#flushScheduled = false;
      // A disconnect that has not come to the end of its queue sends this, too.
      if (this.#disconnecting !== undefined && !this.#closing) return;
      if (this.#connected && !this.#closing) this.#flush();
      // A rejected connect rejects every waiting publish; the connect's own promise has nobody to tell.
      else this.connect().catch(() => {});
    });
  }

  #flush(): void {
    if (this.#of.outbox.flush()) return;
    // The core was disconnected behind this object's back: all of it waits for the next connection.
    this.#connected = false;
    this.scheduleFlush();
  }
}

/** In place of what the core says of a cancelled call: who cancelled it says why. */
function reasonOf(cancelled: AbortSignal): (error: unknown) => never {
  return (error) => {
    throw cancelled.aborted ? cancelled.reason : error;
  };
}
