// Handlers that misbehave as the message they get says: throw anything, reject with nothing, return what is no promise,
// settle twice. Each message must reach its end: handled, dead-lettered or given up, as the policy of its topic says.

import { randomOf } from './random.mjs';
import { thrown } from './values/thrown.mjs';

/** Topic and what becomes of a message whose handler never succeeds. */
export const BENCHES = /** @type {const} */ ([
  ['bench-dead-letter', 'message', { attempts: 2, initialBackoffMs: 0, maxBackoffMs: 0 }],
  ['bench-skip', 'message', { attempts: 3, initialBackoffMs: 0, maxBackoffMs: 0, deadLetter: false }],
  ['bench-batch', 'batch', { attempts: 2, initialBackoffMs: 0, maxBackoffMs: 0, deadLetter: false }],
]);

const thenable = (then) => ({ then });

/** What a handler does; true in the second place: the message counts as handled. */
export const BEHAVIOURS = /** @type {Record<string, [(random: any, payload: any) => unknown, boolean]>} */ ({
  returns: [() => undefined, true],
  'returns junk': [(random) => random.pick([1, 'x', null, Symbol('s'), 5n, [], new Map()]), true],
  'resolves junk': [async (random) => random.pick([1, Symbol('s'), null]), true],
  throws: [
    (random) => {
      throw thrown(random);
    },
    false,
  ],
  rejects: [(random) => Promise.reject(thrown(random)), false],
  'rejects undefined': [() => Promise.reject(), false],
  'rejects later': [
    async (random) => {
      await new Promise((resolve) => setImmediate(resolve));
      throw thrown(random);
    },
    false,
  ],
  'thenable that resolves twice': [
    () =>
      thenable((resolve) => {
        resolve(1);
        resolve(2);
        throw new Error('after it resolved');
      }),
    true,
  ],
  'thenable that resolves and rejects': [
    (random) =>
      thenable((resolve, reject) => {
        resolve();
        reject(thrown(random));
      }),
    true,
  ],
  'thenable that rejects twice': [
    (random) =>
      thenable((_, reject) => {
        reject(thrown(random));
        reject(thrown(random));
      }),
    false,
  ],
  'thenable that throws': [
    (random) =>
      thenable(() => {
        throw thrown(random);
      }),
    false,
  ],
  'getter of then throws': [
    (random) =>
      Object.defineProperty({}, 'then', {
        get() {
          throw thrown(random);
        },
      }),
    false,
  ],
  'thenable of a thenable': [() => thenable((resolve) => resolve(thenable((inner) => inner()))), true],
  'pauses and resumes': [
    (_, payload) => {
      const resume = payload.pause();
      const again = payload.pause();
      resume();
      resume();
      setImmediate(again);
    },
    true,
  ],
  'heartbeats a lot': [
    async (_, payload) => {
      for (let i = 0; i < 50; i++) payload.heartbeat();
    },
    true,
  ],
  'changes its payload': [
    (_, payload) => {
      for (const name of Object.keys(payload)) {
        try {
          payload[name] = null;
        } catch {
          // A getter without a setter.
        }
      }
    },
    true,
  ],
  'blocks the loop': [
    () => {
      for (const end = performance.now() + 3; performance.now() < end; );
    },
    true,
  ],
});

export class HandlerBench {
  #kafka4;
  #consumer;
  /** @type {Map<number, { calls: number, done: () => void, mode: string }>} */
  #waiting = new Map();
  /** Checks of the payload of a batch, given by the case of a message. @type {((payload: any) => void)[]} */
  batchChecks = [];

  constructor(kafka4) {
    this.#kafka4 = kafka4;
    this.#consumer = new kafka4.KafkaConsumerService();
  }

  async start() {
    const { kafkaAdminService: admin } = this.#kafka4;
    const names = [...BENCHES.map(([name]) => name), 'bench-dead-letter.dlq'];
    await admin.createTopics(names.map((name) => ({ name, partitions: 2, retentionMs: 3_600_000 })));
    for (const [topic, each, retry] of BENCHES) {
      if (each === 'message') {
        this.#consumer.registerHandler(topic, (payload) => this.#handle(topic, payload, payload.message), { retry });
      } else this.#consumer.registerBatchHandler(topic, (payload) => this.#batch(topic, payload), { retry });
    }
    this.#consumer.registerHandler('bench-dead-letter.dlq', ({ message }) => this.#ended(message));
    await Promise.all(names.map((name) => this.#consumer.startConsumer(name, 'benches')));
  }

  async stop() {
    await this.#consumer.stopAllConsumers();
  }

  /** Resolves when the message of this input has come to its end. */
  end(index) {
    return new Promise((resolve) => {
      this.#waiting.set(index, { calls: 0, done: () => resolve(undefined), mode: '' });
    });
  }

  #handle(topic, payload, message) {
    const { index, seed, behaviour } = message.json();
    const waiting = this.#waiting.get(index);
    const [run, succeeds] = BEHAVIOURS[behaviour];
    if (waiting !== undefined) {
      waiting.calls += 1;
      const policy = BENCHES.find(([name]) => name === topic)[2];
      const last = waiting.calls >= policy.attempts;
      // A dead letter is seen when it arrives there.
      if (succeeds || (last && 'deadLetter' in policy)) setImmediate(() => this.#done(index));
    }
    return run(randomOf(seed, index), payload);
  }

  async #batch(topic, payload) {
    for (const check of this.batchChecks.splice(0)) check(payload);
    // Some behaviours change the payload.
    const { batch, resolveOffset } = payload;
    // One handler call for several messages: each behaves in its turn, and is resolved when it did well.
    for (const message of batch.messages) {
      await this.#handle(topic, payload, message);
      resolveOffset(message.offset);
    }
  }

  #ended(message) {
    this.#done(message.json().index);
  }

  #done(index) {
    this.#waiting.get(index)?.done();
    this.#waiting.delete(index);
  }
}
