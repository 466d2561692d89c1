/** Starts and stops of topics that are under way: of one topic they happen in the order in which they were asked for. */
import { Shared } from './abort.js';
import { GRACE_MS, Patience } from './patience.js';

/** A start or stop of a topic that is under way. */
export interface Change {
  readonly starts: boolean;
  readonly groupId: string | undefined;
  readonly work: Shared<void>;
}

/** What is to be done when its turn comes; `cancelled` is aborted when nobody wants a start any more. */
type Run = (cancelled: AbortSignal, patience: Patience) => Promise<void>;

export class TopicChanges {
  /** The last one of a topic, while it is under way. */
  readonly #last = new Map<string, Change>();
  #stoppingAll: Promise<void> | undefined;

  last(topic: string): Change | undefined {
    return this.#last.get(topic);
  }

  /** The stop of all topics that is under way. */
  get stoppingAll(): Promise<void> | undefined {
    return this.#stoppingAll;
  }

  /** Until it is over, what is asked for waits for it. */
  stopsAll(stop: Promise<void>): Promise<void> {
    const over = stop.finally(() => {
      if (this.#stoppingAll === over) this.#stoppingAll = undefined;
    });
    this.#stoppingAll = over;
    return over;
  }

  add(topic: string, starts: boolean, groupId: string | undefined, run: Run): Shared<void> {
    // Taken now: what is asked for later waits for this one.
    const before = this.#last.get(topic)?.work;
    const stopping = this.#stoppingAll;
    const patience = new Patience();
    const work: Shared<void> = new Shared(async (cancelled) => {
      try {
        // A start that hangs because nobody answers must not hold the stop up that follows it.
        if (before !== undefined && !starts) await patience.ended(before, GRACE_MS, `startConsumer('${topic}')`);
        else if (before !== undefined) await before.over.catch(() => {});
        if (stopping !== undefined) await stopping.catch(() => {});
        if (starts && cancelled.aborted) throw cancelled.reason;
        await run(cancelled, patience);
      } finally {
        if (this.#last.get(topic)?.work === work) this.#last.delete(topic);
      }
    });
    this.#last.set(topic, { starts, groupId, work });
    return work;
  }

  /** Waits for everything that is under way; starts that do not end in time are cancelled. */
  async ended(patience: Patience): Promise<void> {
    const changes = [...this.#last].map(async ([topic, { starts, work }]) => {
      if (starts) await patience.ended(work, GRACE_MS, `startConsumer('${topic}')`);
      else await work.over;
    });
    await Promise.allSettled([this.#stoppingAll, ...changes]);
  }
}
