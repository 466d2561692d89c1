// One spec, two libraries: what `both` describes runs against `kafkajs` and against kafka4, on the same real broker.
// Where the two are meant to differ, a test says so by `lib.differs` and asserts what each of them does.

import * as kafkajs from 'kafkajs';
import * as kafka4 from '@/lib/index';
import { sharedBroker } from '../../support/kafka-tools';
import { unique } from '../../support/until';

/** Both have KafkaJS's exports; the types are those that programs know. */
export type Exports = typeof kafkajs;

type Client = { connect(): Promise<void>; disconnect(): Promise<void> };

export class Library {
  readonly #open: Client[] = [];
  #admin: kafkajs.Admin | undefined;

  constructor(
    readonly name: 'kafkajs' | 'kafka4',
    /** Everything that the package exports. */
    readonly exports: Exports,
  ) {}

  get isOurs(): boolean {
    return this.name === 'kafka4';
  }

  /** A client of the shared broker that logs nothing. */
  kafka(config: Partial<kafkajs.KafkaConfig> = {}): kafkajs.Kafka {
    const usual = { brokers: [sharedBroker()], clientId: 'conformance', logLevel: this.exports.logLevel.NOTHING };
    return new this.exports.Kafka({ ...usual, ...config });
  }

  /** Connects the client, and disconnects it after the test. */
  async open<C extends Client>(client: C): Promise<C> {
    this.#open.push(client);
    await client.connect();
    return client;
  }

  /** Disconnects the client after the test. */
  later<C extends Client>(client: C): C {
    this.#open.push(client);
    return client;
  }

  /** Creates a topic that no other test uses, by kafkajs for both. */
  async topic(name = 'topic', partitions = 1, config: Record<string, string> = {}): Promise<string> {
    if (this.#admin === undefined) {
      const logLevel = kafkajs.logLevel.NOTHING;
      this.#admin = new kafkajs.Kafka({ brokers: [sharedBroker()], clientId: 'conformance', logLevel }).admin();
      await this.#admin.connect();
    }
    const topic = unique(name);
    const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }));
    await this.#admin.createTopics({
      topics: [{ topic, numPartitions: partitions, configEntries }],
      waitForLeaders: false,
    });
    await this.#leaders(topic, partitions);
    return topic;
  }

  async #leaders(topic: string, partitions: number): Promise<void> {
    const admin = this.#admin as kafkajs.Admin;
    for (let attempt = 0; ; attempt++) {
      try {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        const found = topics[0]?.partitions ?? [];
        if (found.length === partitions && found.every(({ leader }) => leader >= 0)) {
          // The leaders answer: kafkajs sends a whole request again, and stores twice, where one of them is not ready.
          const offsets = await admin.fetchTopicOffsets(topic);
          if (offsets.length === partitions) return;
        }
      } catch (error) {
        if (attempt > 100) throw error;
      }
      if (attempt > 100) throw new Error(`topic ${topic} has no leaders`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** A difference that docs/kafkajs-compatibility.md tells: each library does what is said of it here. */
  async differs(_why: string, each: { kafkajs: () => unknown; kafka4: () => unknown }): Promise<void> {
    await each[this.name]();
  }

  /** Ends what the test left open. */
  async closeAll(): Promise<void> {
    const open = this.#open.splice(0).reverse();
    await Promise.all(open.map((client) => client.disconnect().catch(() => {})));
  }

  async end(): Promise<void> {
    await this.closeAll();
    await this.#admin?.disconnect();
    this.#admin = undefined;
  }
}

const LIBRARIES = [
  ['kafkajs', kafkajs as Exports],
  ['kafka4', kafka4 as unknown as Exports],
] as const;

/** Describes `what` for both libraries. */
export function both(what: string, define: (lib: Library) => void): void {
  for (const [name, exports] of LIBRARIES) {
    describe(`${name}: ${what}`, () => {
      const lib = new Library(name, exports);
      let warning: string | undefined;
      beforeAll(() => {
        warning = process.env.KAFKAJS_NO_PARTITIONER_WARNING;
        process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
      });
      afterEach(() => lib.closeAll());
      afterAll(async () => {
        await lib.end();
        if (warning === undefined) delete process.env.KAFKAJS_NO_PARTITIONER_WARNING;
        else process.env.KAFKAJS_NO_PARTITIONER_WARNING = warning;
      });
      define(lib);
    });
  }
}

/** One test for both libraries. */
export function onBoth(what: string, run: (lib: Library) => unknown): void {
  both(what, (lib) => {
    test(what, async () => {
      await run(lib);
    });
  });
}

/** What a promise rejects with, by what programs look at. */
export async function rejectionOf(promise: Promise<unknown>): Promise<any> {
  const nothing = Symbol();
  const error: unknown = await promise.then(
    () => nothing,
    (reason) => reason,
  );
  if (error === nothing) throw new Error('it resolved, but was expected to reject');
  return error;
}

/** Name, type, code, message and retriability of an error: what programs tell errors apart by. */
export function shapeOf(error: any): Record<string, unknown> {
  const { name, message, type, code, retriable } = error;
  return { name, message, type, code, retriable };
}
