// One connection through a proxy: two sockets and what lies between them.

import { Frames } from './frames.mjs';

/** A direction stops reading while so much waits for its delay. */
const MOST_WAITING = 8 * 1024 * 1024;

export class Link {
  #held = false;
  #over = false;
  /** One side has gone while the link was held; the other side must not notice before it is released. */
  #broken = false;
  /** @type {Set<number>} */
  #swallowed = new Set();
  #directions;

  /**
   * @param {import('node:net').Socket} client
   * @param {import('node:net').Socket} broker
   * @param {() => void} ended
   */
  constructor(client, broker, ended) {
    this.client = client;
    this.broker = broker;
    this.ended = ended;
    const requests = new Frames((frame) => !this.#swallowed.has(frame.readInt16BE(4)));
    this.#directions = [
      new Direction(client, broker, (chunk) => requests.take(chunk)),
      new Direction(broker, client, (chunk) => chunk),
    ];
    for (const socket of [client, broker]) {
      socket.on('error', () => this.#break());
      socket.on('close', () => this.#break());
    }
  }

  delay(ms) {
    for (const direction of this.#directions) direction.ms = ms;
  }

  swallow(apiKey) {
    this.#swallowed.add(apiKey);
  }

  hold() {
    this.#held = true;
    for (const direction of this.#directions) direction.hold(true);
  }

  release() {
    this.#held = false;
    if (this.#broken) return this.reset();
    for (const direction of this.#directions) direction.hold(false);
  }

  reset() {
    if (this.#over) return;
    this.#over = true;
    for (const direction of this.#directions) direction.stop();
    for (const socket of [this.client, this.broker]) {
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    }
    this.ended();
  }

  #break() {
    if (this.#over) return;
    if (this.#held) this.#broken = true;
    else this.reset();
  }
}

/** Bytes from one socket to the other, late if they shall be. */
class Direction {
  ms = 0;
  #held = false;
  /** @type {{ due: number, chunk: Buffer | null }[]} null: the end */
  #waiting = [];
  #bytes = 0;
  #blocked = false;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  constructor(from, to, filter) {
    this.from = from;
    this.to = to;
    from.on('data', (chunk) => {
      const passing = filter(chunk);
      if (passing.length > 0) this.#put(passing);
    });
    from.on('end', () => this.#put(null));
    to.on('drain', () => {
      this.#blocked = false;
      this.#flow();
    });
  }

  hold(yes) {
    this.#held = yes;
    if (yes) this.from.pause();
    else this.#flow();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #put(chunk) {
    this.#waiting.push({ due: performance.now() + this.ms, chunk });
    this.#bytes += chunk?.length ?? 0;
    this.#flow();
  }

  #flow() {
    clearTimeout(this.#timer);
    if (this.#held) return;
    while (this.#waiting.length > 0 && !this.#blocked) {
      const { due, chunk } = this.#waiting[0];
      const early = due - performance.now();
      if (early > 0.5) {
        this.#timer = setTimeout(() => this.#flow(), early);
        break;
      }
      this.#waiting.shift();
      this.#bytes -= chunk?.length ?? 0;
      if (chunk === null) this.to.end();
      else this.#blocked = !this.to.write(chunk);
    }
    if (this.#blocked || this.#bytes > MOST_WAITING) this.from.pause();
    else this.from.resume();
  }
}
