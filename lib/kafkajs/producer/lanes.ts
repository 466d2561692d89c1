/** The clients of one producer, by what its sends ask for. The usual one is open from connect on, others with their first send. */
import type { LaneSettings } from './settings.js';

/** More kinds of sends than that, and the one that was used longest ago makes room. */
const MOST = 16;

// Taken at import: fake timers of a test runner must not take it away later.
const { setImmediate } = globalThis;

interface Closable {
  readonly inFlight: number;
  close(timeoutMs: number): Promise<void>;
}

export class Lanes<L extends Closable> {
  readonly #open: (settings: LaneSettings) => Promise<L>;
  readonly #timeoutMs: number;
  /** In the order of their last use. */
  readonly #lanes = new Map<string, Promise<L>>();
  readonly #ready = new Map<string, L>();
  /** Lanes that were replaced and close. */
  readonly #closing = new Set<Promise<void>>();

  /** `timeoutMs`: the bound of closing one. */
  constructor(open: (settings: LaneSettings) => Promise<L>, timeoutMs: number) {
    this.#open = open;
    this.#timeoutMs = timeoutMs;
  }

  /** The open one, without waiting. */
  ready({ acks, compression, timeout }: LaneSettings): L | undefined {
    return this.#ready.get(`${acks}/${compression}/${timeout}`);
  }

  async get(settings: LaneSettings): Promise<L> {
    const { acks, compression, timeout } = settings;
    const key = `${acks}/${compression}/${timeout}`;
    const known = this.#lanes.get(key);
    const lane = known ?? this.#open(settings);
    this.#lanes.delete(key);
    this.#lanes.set(key, lane);
    if (known !== undefined) return known;
    try {
      const opened = await lane;
      this.#ready.set(key, opened);
      // Not at once: whoever waited for a lane sends by it first, and it counts as used then.
      setImmediate(() => this.#makeRoom());
      return opened;
    } catch (error) {
      this.#lanes.delete(key);
      throw error;
    }
  }

  #makeRoom(): void {
    for (const key of this.#lanes.keys()) {
      if (this.#lanes.size <= MOST) return;
      const lane = this.#ready.get(key);
      if (lane === undefined || lane.inFlight > 0) continue;
      this.#lanes.delete(key);
      this.#ready.delete(key);
      const closing = lane.close(this.#timeoutMs).catch(() => {});
      this.#closing.add(closing);
      closing.finally(() => this.#closing.delete(closing));
    }
  }

  /** Closes all of them, those too that are being opened. */
  async close(): Promise<void> {
    const lanes = [...this.#lanes.values()];
    this.#lanes.clear();
    this.#ready.clear();
    const closings = lanes.map((lane) =>
      lane.then(
        (opened) => opened.close(this.#timeoutMs),
        () => {},
      ),
    );
    await Promise.all([...closings, ...this.#closing]);
  }
}
