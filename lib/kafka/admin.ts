/** KafkaAdminService: topics and the cluster. Every call connects by itself and is bounded by KAFKA_TIMEOUT. */
import type { NativeAdminService } from '../../index.js';
import { type CallOptions, Shared, signalOf } from './abort.js';
import { type Context, sharedContext, singleton } from './context.js';
import { asyncDispose } from './dispose.js';
import { invalid, reading, show } from './errors.js';
import { native } from './native.js';
import { QUIET_MS } from './patience.js';
import type { ClusterInfo, TopicDescription, TopicReport, TopicSpec } from './shapes.js';

export class KafkaAdminService {
  readonly #getContext: () => Context;
  #native: NativeAdminService | undefined;

  constructor(context: () => Context = sharedContext) {
    this.#getContext = context;
  }

  /** Waits for a broker; every call does it by itself. An abort of `signal` rejects with its reason. */
  async connect(options: CallOptions = {}): Promise<void> {
    const signal = signalOf(options, 'connect');
    signal?.throwIfAborted();
    const work = new Shared<void>((cancelled) => this.#request((core, id) => core.connect(id), cancelled));
    await work.join(signal);
  }

  async disconnect(): Promise<void> {
    if (this.#native === undefined) return;
    const { timeout } = this.#context();
    await this.#request<void>((core, id) => core.close(id, timeout, QUIET_MS));
  }

  /** `await using admin = …`: disconnects. */
  [asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  /** Names, without Kafka's own (`__…`). */
  listTopics(): Promise<string[]> {
    return this.#request((core, id) => core.listTopics(id));
  }

  /** Rejects for a topic that does not exist. Without names: all topics. */
  async describeTopics(names?: string[]): Promise<TopicDescription[]> {
    const own = names === undefined ? null : checkedNames(names);
    return this.#request((core, id) => core.describeTopics(id, own));
  }

  /** Creates what is missing and waits for leaders; what exists is left alone and compared. */
  async createTopics(topics: TopicSpec[]): Promise<TopicReport[]> {
    const own = checkedSpecs(topics);
    return this.#request((core, id) => core.createTopics(id, own));
  }

  async deleteTopics(names: string[]): Promise<void> {
    const own = checkedNames(names);
    await this.#request<void>((core, id) => core.deleteTopics(id, own));
  }

  describeCluster(): Promise<ClusterInfo> {
    return this.#request((core, id) => core.describeCluster(id));
  }

  async #request<T>(start: (core: NativeAdminService, id: number) => void, signal?: AbortSignal): Promise<T> {
    const context = this.#context();
    this.#native ??= new (native().NativeAdminService)(context.native);
    const core = this.#native;
    return context.mailbox.request<T>((id) => start(core, id), signal);
  }

  #context(): Context {
    const context = this.#getContext();
    context.assertUsable();
    return context;
  }
}

/** Topics of one call: more is a mistake, or an array that only claims its length. */
const MOST_TOPICS = 100_000;

/** Copies of the caller's array: what was checked is what crosses the border. */
function listed<T>(list: unknown, what: string, one: (item: unknown) => T): T[] {
  return reading(what, () => {
    if (!Array.isArray(list)) throw invalid(`${what} must be an array, not ${show(list)}`);
    // Read once, and by index: iterators and getters are the caller's code.
    const { length } = list;
    if (length > MOST_TOPICS) throw invalid(`${what} of one call can be ${MOST_TOPICS} at most, not ${length}`);
    return Array.from({ length }, (_, i) => one(list[i]));
  });
}

function checkedNames(names: unknown): string[] {
  return listed(names, 'names', (name) => {
    if (typeof name === 'string') return name;
    throw invalid(`names must be an array of topic names, ${show(name)} is none`);
  });
}

/** The border takes 32 bits. */
const MOST_PARTITIONS = 2 ** 31 - 1;

function checkedSpecs(topics: unknown): TopicSpec[] {
  return listed(topics, 'topics', (topic) => {
    if (typeof topic === 'object' && topic !== null) {
      const { name, partitions, retentionMs } = topic as TopicSpec;
      const fits = Number.isInteger(partitions) && partitions >= 1 && partitions <= MOST_PARTITIONS;
      if (typeof name === 'string' && fits && Number.isSafeInteger(retentionMs))
        return { name, partitions, retentionMs };
    }
    throw invalid(
      'a topic is { name, partitions, retentionMs }: a string, a whole number from 1, a whole number of ms',
    );
  });
}

export const kafkaAdminService: KafkaAdminService = singleton('admin', () => new KafkaAdminService());
