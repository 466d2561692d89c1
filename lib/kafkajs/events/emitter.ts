/** Instrumentation events: how clients tell what they do, and how programs listen. */
import { KafkaJSError, KafkaJSNonRetriableError } from '../errors/index.js';
import type { Logger } from '../logger.js';
import type { InstrumentationEvent } from './types.js';

type Listener = (event: InstrumentationEvent<any>) => unknown;

/** Of all clients of the process, so that ids tell the order. */
let nextId = 0;

export class InstrumentationEmitter {
  readonly #listeners = new Map<string, Listener[]>();
  readonly #names: Set<string>;
  readonly #allowed: string;
  readonly #logger: Logger;
  readonly #changed: ((name: string) => void)[] = [];

  /**
   * @param client `producer`, `consumer` or `admin`: the word in the message for an unknown name
   * @param events the client's `events`: keys and names
   * @param logger told when a listener fails
   */
  constructor(client: string, events: Readonly<Record<string, string>>, logger: Logger) {
    this.#names = new Set(Object.values(events));
    this.#allowed = Object.keys(events)
      .map((key) => `${client}.events.${key}`)
      .join(', ');
    this.#logger = logger;
  }

  /** Calls `listener` for each event of that name; the returned function ends it. */
  on<T>(name: string, listener: (event: InstrumentationEvent<T>) => unknown): () => void {
    if (!this.#names.has(name)) throw new KafkaJSNonRetriableError(`Event name should be one of ${this.#allowed}`);
    if (typeof listener !== 'function') throw new KafkaJSNonRetriableError('The listener must be a function');
    // A function of its own, so that the same listener twice can be ended one by one.
    const own: Listener = (event) => listener(event);
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), own]);
    for (const changed of this.#changed) changed(name);
    return () => {
      const left = (this.#listeners.get(name) ?? []).filter((each) => each !== own);
      this.#listeners.set(name, left);
      for (const changed of this.#changed) changed(name);
    };
  }

  /** Whether an event of that name is worth making. */
  has(name: string): boolean {
    return (this.#listeners.get(name)?.length ?? 0) > 0;
  }

  /** Calls `changed` with the name for which somebody begins or ends to listen. */
  onListeners(changed: (name: string) => void): void {
    this.#changed.push(changed);
  }

  /** Gives the event to its listeners at once; without one, nothing happens and no id is used. */
  emit(name: string, payload?: unknown): void {
    if (!name) throw new KafkaJSError('Invalid event name', { retriable: false });
    const listeners = this.#listeners.get(name);
    if (listeners === undefined || listeners.length === 0) return;
    const event = { id: nextId, type: name, timestamp: Date.now(), payload };
    nextId += 1;
    for (const listener of listeners)
      void this.#call(name, listener, event as unknown as InstrumentationEvent<unknown>);
  }

  /** A listener's defect must not end what the client does. */
  async #call(name: string, listener: Listener, event: InstrumentationEvent<unknown>): Promise<void> {
    try {
      await listener(event);
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
      this.#logger.error(`Failed to execute listener: ${message}`, { eventName: name, stack });
    }
  }
}
