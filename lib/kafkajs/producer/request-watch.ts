/** The requests of a producer's clients as events, noted only while somebody listens. */
import type { Context } from '../../kafka/context.js';
import type { InstrumentationEmitter } from '../events/emitter.js';
import { requestEvents } from '../events/requests.js';
import { PRODUCER_EVENTS } from './events.js';

/** Kinds of requests that are noted (core/src/requests). */
const NONE = 0;
const ALL = 4;

const NAMES = [PRODUCER_EVENTS.REQUEST, PRODUCER_EVENTS.REQUEST_TIMEOUT, PRODUCER_EVENTS.REQUEST_QUEUE_SIZE];

export class RequestWatch {
  readonly #emitter: InstrumentationEmitter;
  readonly #clientId: string;
  readonly #contexts = new Set<Context>();
  #wanted = false;

  constructor(emitter: InstrumentationEmitter, clientId: string) {
    this.#emitter = emitter;
    this.#clientId = clientId;
    emitter.onListeners(() => {
      this.#wanted = NAMES.some((name) => emitter.has(name));
      for (const context of this.#contexts) this.#tell(context);
    });
  }

  /** Before a client of the context is made. */
  attach(context: Context): void {
    this.#contexts.add(context);
    this.#tell(context);
  }

  detach(context: Context): void {
    this.#contexts.delete(context);
  }

  drain(core: { takeRequests(): string[] }): void {
    if (!this.#wanted) return;
    requestEvents(core.takeRequests(), this.#emitter, PRODUCER_EVENTS, this.#clientId);
  }

  #tell(context: Context): void {
    context.native.watchProducerRequests(this.#wanted ? ALL : NONE);
  }
}
