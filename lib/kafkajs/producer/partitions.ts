/** Partitions chosen by a function of the application. It is given what brokers know of the topic, as by KafkaJS. */
import { protocolErrorOf } from '../errors/codes.js';
import { KafkaJSMetadataNotLoaded, KafkaJSNonRetriableError } from '../errors/index.js';
import { Partitioners } from '../partitioners/index.js';
import type { PartitionMetadata } from '../shared-types.js';
import type { Message } from '../types.js';
import type { TopicMetadata } from './lane.js';
import type { Choose } from './sender.js';
import type { ICustomPartitioner, PartitionerArgs } from './types.js';

type Ask = (topics: string[]) => Promise<TopicMetadata[]>;

/** Carries what the application's function threw, which can be anything, to where the send rejects with it. */
export class PartitionerFailure {
  constructor(readonly thrown: unknown) {}
}

interface Known {
  partitions: PartitionMetadata[];
  until: number;
}

export class ChosenPartitions {
  readonly #partitioner: (args: PartitionerArgs) => number;
  readonly #ageMs: number;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<void>>();

  private constructor(partitioner: (args: PartitionerArgs) => number, ageMs: number) {
    this.#partitioner = partitioner;
    this.#ageMs = ageMs;
  }

  /** Undefined where the core chooses by itself: its function is the default one. */
  static for(create: ICustomPartitioner | undefined, ageMs = 300_000): ChosenPartitions | undefined {
    if (create == null || create === Partitioners.DefaultPartitioner) return undefined;
    return new ChosenPartitions(create(), ageMs);
  }

  /** The choice for messages of these topics. */
  async choose(topics: string[], ask: Ask): Promise<Choose> {
    const now = Date.now();
    const missing = [...new Set(topics)].filter((topic) => (this.#known.get(topic)?.until ?? 0) <= now);
    if (missing.length > 0) await Promise.all(missing.map((topic) => this.#asked(topic, ask)));
    return (topic, message) => this.#partition(topic, message);
  }

  /** Sends of one topic wait for the same answer, so that they go on in their order. */
  #asked(topic: string, ask: Ask): Promise<void> {
    const asking = this.#asking.get(topic) ?? this.#learn(topic, ask).finally(() => this.#asking.delete(topic));
    this.#asking.set(topic, asking);
    return asking;
  }

  async #learn(topic: string, ask: Ask): Promise<void> {
    const [found] = await ask([topic]);
    if (found !== undefined && found.errorCode !== 0) throw protocolErrorOf(found.errorCode);
    if (found === undefined || found.partitions.length === 0) {
      throw new KafkaJSMetadataNotLoaded('Producing to topic without metadata');
    }
    const partitions = found.partitions.map((partition) => ({ ...partition, offlineReplicas: [] }));
    this.#known.set(topic, { partitions, until: Date.now() + this.#ageMs });
  }

  /** A send failed: what is known may be the reason. */
  forget(): void {
    this.#known.clear();
  }

  #partition(topic: string, message: Message): number {
    const partitionMetadata = this.#known.get(topic)?.partitions ?? [];
    const partition = Number(this.#ask({ topic, partitionMetadata, message }));
    if (Number.isInteger(partition) && partition >= 0) return partition;
    throw new KafkaJSNonRetriableError(`The partitioner gave no partition for a message of topic "${topic}"`);
  }

  #ask(args: PartitionerArgs): number {
    try {
      return this.#partitioner(args);
    } catch (thrown) {
      throw new PartitionerFailure(thrown);
    }
  }
}
