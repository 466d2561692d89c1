/**
 * What the services of one process share: the mailbox, the settings, the events. It is made at first use and kept on
 * globalThis, so that a module which a bundler or a hot reload evaluates twice still finds the same one.
 */
import { EventEmitter } from 'node:events';
import type { NativeContext } from '../../index.js';
import { FIELD_VARIABLES } from './config-fields.js';
import { fromNative, type Kafka4Error, tell } from './errors.js';
import { assertListener, type Kafka4Event, type Kafka4EventName, type OauthBearerProvider } from './events.js';
import { isThenable } from './handler.js';
import { Mailbox } from './mailbox.js';
import { native } from './native.js';
import { state } from './state.js';

export class Context {
  readonly mailbox: Mailbox;
  readonly native: NativeContext;
  /** What is wrong with the environment; the first call that needs the settings throws it. */
  readonly configError: Kafka4Error | undefined;
  oauthBearerProvider: OauthBearerProvider | undefined;
  readonly #emitter = new EventEmitter();

  constructor(environment: NodeJS.ProcessEnv = process.env) {
    this.mailbox = new Mailbox();
    const variables: Record<string, string> = {};
    for (const name of FIELD_VARIABLES) {
      const value = environment[name];
      if (value !== undefined) variables[name] = value;
    }
    this.native = new (native().NativeContext)(this.mailbox.native, variables);
    const error = this.native.error();
    this.configError = error == null ? undefined : fromNative(error);
    this.#emitter.setMaxListeners(0);
    this.mailbox.addSource(() => this.#drainEvents());
  }

  /** No client of this context is open, and none will be: nothing of it stays behind. */
  close(): void {
    this.mailbox.close();
  }

  /** Throws when the environment cannot be used. */
  assertUsable(): void {
    if (this.configError !== undefined) throw this.configError;
  }

  /** Calls `listener` for each event of that name; the returned function ends it. */
  on<N extends Kafka4EventName>(name: N, listener: (event: Extract<Kafka4Event, { type: N }>) => void): () => void {
    assertListener(name, listener);
    // A function of its own, so that the same listener twice can be ended one by one.
    const own = (event: Extract<Kafka4Event, { type: N }>): unknown => listener(event);
    this.#emitter.on(name, own);
    return () => this.#emitter.off(name, own);
  }

  emit(event: Kafka4Event): void {
    for (const listener of this.#emitter.listeners(event.type)) {
      try {
        const result: unknown = listener(event);
        if (isThenable(result)) Promise.resolve(result).catch((error) => this.#listenerFailed(event, error));
      } catch (error) {
        this.#listenerFailed(event, error);
      }
    }
  }

  /** A listener's defect must not end the delivery of messages, or the process. */
  #listenerFailed(event: Kafka4Event, error: unknown): void {
    this.native.log(1, 'events', `a listener of '${event.type}' threw: ${tell(error)}`);
  }

  /** KAFKA_TIMEOUT in ms. */
  get timeout(): number {
    return JSON.parse(this.native.get('timeout')) as number;
  }

  #drainEvents(): void {
    for (const text of this.native.takeEvents()) {
      const event = JSON.parse(text) as Kafka4Event;
      if (event.type === 'tokenNeeded') void this.#provideToken();
      this.emit(event);
    }
  }

  async #provideToken(): Promise<void> {
    try {
      if (this.oauthBearerProvider === undefined) {
        throw new Error('kafkaConfig.oauthBearerProvider is not set');
      }
      const { value, principal = 'kafka4', expiresAt = Date.now() + 3_600_000 } = await this.oauthBearerProvider();
      if (typeof value !== 'string' || value === '') {
        throw new Error(`kafkaConfig.oauthBearerProvider gave no token: value must be a non-empty string`);
      }
      const error = this.native.setOauthToken(value, String(principal), Number(expiresAt));
      if (error != null) throw fromNative(error);
    } catch (error) {
      // Anything can be thrown; nobody awaits this.
      this.native.refuseOauthToken(tell(error));
    }
  }
}

/** The context of this process (of this worker thread, of this sandbox of a test runner). */
export function sharedContext(): Context {
  const shared = state();
  shared.context ??= new Context();
  return shared.context;
}

/** One instance a process, whoever asks first. */
export function singleton<T>(name: string, create: () => T): T {
  const { singletons } = state();
  if (!singletons.has(name)) singletons.set(name, create());
  return singletons.get(name) as T;
}
