// Stands between clients and one broker, whose listener is advertised as this proxy's address, and does to their
// connections what networks do: slows them, cuts them, falls silent, refuses.

import { connect, createServer } from 'node:net';
import { Link } from './link.mjs';

export class BrokerProxy {
  /** @type {import('node:net').Server | undefined} */
  #server;
  /** @type {Set<Link>} */
  #links = new Set();
  #silent = false;
  #delay = 0;
  #target = 0;
  #port = 0;

  /** @returns {Promise<BrokerProxy>} that listens on a port of the system's choice */
  static async open() {
    const proxy = new BrokerProxy();
    await proxy.#listen();
    return proxy;
  }

  get address() {
    return `127.0.0.1:${this.#port}`;
  }

  /** Connections that are open now. */
  get connections() {
    return this.#links.size;
  }

  /** @param {number} port  of the broker's listener on this machine */
  aim(port) {
    this.#target = port;
  }

  /** Each direction takes so many milliseconds more; what is on its way keeps its order. */
  latency(ms) {
    this.#delay = ms;
    for (const link of this.#links) link.delay(ms);
  }

  /** RST on every connection, on both sides; new ones are taken at once. */
  resetAll() {
    for (const link of this.#links) link.reset();
  }

  /** Connections stay open, also new ones, and nothing passes any more, not even their end. */
  halfOpen() {
    this.#silent = true;
    for (const link of this.#links) link.hold();
  }

  /** Every connection is reset, and nobody listens any more: connection refused. */
  async refuse() {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    this.resetAll();
    await closed;
  }

  /**
   * On connections that are open now, requests of this kind are swallowed and all others pass: a broker that answers
   * heartbeats and no fetches. Connections that are made later are sound.
   *
   * @param {number} apiKey  as in Kafka's protocol: 1 is Fetch
   */
  swallow(apiKey) {
    for (const link of this.#links) link.swallow(apiKey);
  }

  /** Everything passes as if nothing had been; what was held is delivered late, as a network would. */
  async normal() {
    this.#silent = false;
    this.latency(0);
    for (const link of this.#links) link.release();
    if (!this.#server) await this.#listen(this.#port);
  }

  async close() {
    await this.refuse();
  }

  /** @returns {Promise<void>} */
  #listen(port = 0) {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
        this.#port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
        // A test that ends early must not be kept alive by it.
        server.unref();
        resolve();
      });
    });
  }

  /** @param {import('node:net').Socket} client */
  #accept(client) {
    const broker = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const link = new Link(client, broker, () => this.#links.delete(link));
    this.#links.add(link);
    link.delay(this.#delay);
    if (this.#silent) link.hold();
  }
}
