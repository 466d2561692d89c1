/** The admin client of the core: connects at first use, asks, and turns its errors into those of KafkaJS. */
import type { NativeKafkaJsAdmin } from '../../../index.js';
import type { Context } from '../../kafka/context.js';
import { native } from '../../kafka/native.js';
import { QUIET_MS } from '../../kafka/patience.js';
import type { Cluster } from '../config/cluster.js';
import type { Retry } from '../config/retry.js';
import { KafkaJSConnectionClosedError } from '../errors/index.js';
import type { InstrumentationEmitter } from '../events/emitter.js';
import type { Logger } from '../logger.js';
import { exhausted, nativeError } from '../native-error.js';
import { adminEvents } from './events.js';
import { retrying } from './retrying.js';

/** ms that an answer may need on its way after the broker's own time for a call is over. */
const GRACE_MS = 1_000;

/** One client of the core, with the context that is its own. */
interface Opened {
  core: NativeKafkaJsAdmin;
  context: Context;
  /** Requests without an answer: the context is needed until they have one. */
  running: Set<Promise<unknown>>;
}

export class AdminClient {
  readonly cluster: Cluster;
  readonly logger: Logger;
  readonly retry: Retry;
  readonly #emitter: InstrumentationEmitter;
  #opened: Opened | undefined;
  #connecting: Promise<void> | undefined;
  #state: 'new' | 'connected' | 'disconnected' = 'new';
  readonly #onOpen: ((core: NativeKafkaJsAdmin, context: Context) => void)[] = [];

  constructor(cluster: Cluster, logger: Logger, retry: Retry, emitter: InstrumentationEmitter) {
    this.cluster = cluster;
    this.logger = logger;
    this.retry = retry;
    this.#emitter = emitter;
  }

  /** While there is one. */
  get core(): NativeKafkaJsAdmin | undefined {
    return this.#opened?.core;
  }

  /** Calls `opened` with each client of the core before it connects. */
  onOpen(opened: (core: NativeKafkaJsAdmin, context: Context) => void): void {
    this.#onOpen.push(opened);
  }

  async connect(): Promise<void> {
    await this.#connected();
    this.#emitter.emit(adminEvents.CONNECT);
  }

  /** Ends a connect that is under way, and the calls that run. */
  async disconnect(): Promise<void> {
    this.#state = 'disconnected';
    if (this.#opened !== undefined) await this.#close(this.#opened);
    await this.#connecting?.catch(() => {});
    this.#emitter.emit(adminEvents.DISCONNECT);
  }

  /**
   * The answer of one call of the core (core/src/control/raw).
   *
   * @param timeout ms that the broker may take by itself; what the network takes comes on top
   */
  async ask<T>(call: string, request: object = {}, timeout = 0): Promise<T> {
    if (this.#state === 'disconnected') throw closed();
    if (this.#state === 'new') await this.#connected();
    const opened = this.#opened;
    if (opened === undefined) throw closed();
    const bound = Math.max(this.cluster.requestTimeout, timeout + GRACE_MS);
    try {
      return await this.#request<T>(opened, { call, ...request }, bound);
    } catch (error) {
      if (this.#opened !== opened) throw closed();
      throw nativeError(error);
    }
  }

  /** Repeats `run` after errors of the protocol of these types, as KafkaJS does. */
  retrying<T>(types: readonly string[], what: string, run: () => Promise<T>): Promise<T> {
    return retrying({ retry: this.retry, logger: this.logger, types, what }, run);
  }

  /** One connect at a time, for whoever needs it. */
  async #connected(): Promise<void> {
    if (this.#state === 'connected') return;
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }

  async #open(): Promise<void> {
    this.#state = 'new';
    const context = await this.cluster.context(this.retry);
    const core = new (native().NativeKafkaJsAdmin)(context.native);
    const opened: Opened = { core, context, running: new Set() };
    this.#opened = opened;
    for (const tell of this.#onOpen) tell(core, context);
    try {
      // A disconnect that came while the addresses were asked for.
      if (this.#isDisconnected()) throw closed();
      await this.#request(opened, { call: 'connect' }, context.timeout);
      if (this.#isDisconnected()) throw closed();
    } catch (error) {
      const ended = this.#isDisconnected() ? closed() : exhausted(error, this.retry);
      await this.#close(opened);
      throw ended;
    }
    this.cluster.connected(context);
    this.#state = 'connected';
  }

  #isDisconnected(): boolean {
    return this.#state === 'disconnected';
  }

  async #close(opened: Opened): Promise<void> {
    if (this.#opened !== opened) return;
    this.#opened = undefined;
    const { core, context, running } = opened;
    const timeout = this.cluster.requestTimeout;
    await context.mailbox.request<void>((id) => core.close(id, timeout, QUIET_MS));
    await Promise.allSettled(running);
    context.close();
  }

  #request<T>({ core, context, running }: Opened, request: object, timeout: number): Promise<T> {
    const bound = Math.min(Math.max(Math.round(timeout), 1), 2 ** 31 - 1);
    const answer = context.mailbox.request<T>((id) => core.call(id, JSON.stringify(request), bound));
    running.add(answer);
    const over = () => running.delete(answer);
    answer.then(over, over);
    return answer;
  }
}

function closed(): KafkaJSConnectionClosedError {
  return new KafkaJSConnectionClosedError('Closed connection');
}
