/** The brokers of the fakes: logs, topics and committed offsets in arrays. All services of a test share one. */
import { invalid } from '../../kafka/errors.js';
import type { TopicSpec } from '../../kafka/shapes.js';
import type { StoredRecord } from '../records.js';
import { Failures } from './failures.js';
import { partitionForKey } from './partitioner.js';

export interface LoggedRecord extends StoredRecord {
  topic: string;
  partition: number;
  offset: number;
}

interface Topic extends TopicSpec {
  logs: LoggedRecord[][];
  /** Counts records without a key, which go round. */
  turn: number;
}

/** Kafka's rule. */
export function isValidName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';
}

/** Kafka's code for a topic that does not exist. */
const UNKNOWN_TOPIC = 3;

export class FakeCluster {
  readonly failures = new Failures();
  /** Nobody answers: what needs a broker fails. */
  away = false;
  readonly #topics = new Map<string, Topic>();
  readonly #committed = new Map<string, number>();
  /** Which member of a group has a partition. */
  readonly #owners = new Map<string, object>();
  readonly #listeners = new Set<() => void>();
  /** Everything, in the order in which it was published. */
  readonly log: LoggedRecord[] = [];

  /** False: it exists and is left alone. */
  createTopic({ name, partitions, retentionMs }: TopicSpec): boolean {
    if (!isValidName(name)) throw invalid(`${JSON.stringify(name)} is not a name for a topic`);
    if (this.#topics.has(name)) return false;
    const logs = Array.from({ length: partitions }, () => []);
    this.#topics.set(name, { name, partitions, retentionMs, logs, turn: 0 });
    return true;
  }

  deleteTopic(name: string): boolean {
    return this.#topics.delete(name);
  }

  topic(name: string): TopicSpec | undefined {
    return this.#topics.get(name);
  }

  topics(): TopicSpec[] {
    return [...this.#topics.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** As the core tells it: the one broker, number 1, leads every partition. */
  metadata(name: string): object {
    const topic = this.#topics.get(name);
    if (topic === undefined) return { topic: name, errorCode: UNKNOWN_TOPIC, partitions: [] };
    const led = { partitionErrorCode: 0, leader: 1, replicas: [1], isr: [1] };
    return { topic: name, errorCode: 0, partitions: topic.logs.map((_, partitionId) => ({ ...led, partitionId })) };
  }

  /** Where the record would go; undefined: there is no such partition. */
  partitionOf(name: string, wanted: number, key: Buffer | null): number | undefined {
    const topic = this.#topics.get(name);
    if (topic === undefined || wanted >= topic.partitions) return undefined;
    if (wanted >= 0) return wanted;
    if (key !== null) return partitionForKey(key, topic.partitions);
    topic.turn += 1;
    return (topic.turn - 1) % topic.partitions;
  }

  /** Copies what is kept: the caller's bytes are borrowed. */
  append(name: string, partition: number, record: StoredRecord): number {
    const log = this.#topics.get(name)?.logs[partition] as LoggedRecord[];
    const copy = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));
    const kept: LoggedRecord = {
      topic: name,
      partition,
      offset: log.length,
      key: copy(record.key),
      value: copy(record.value),
      headers: Buffer.from(record.headers),
      timestamp: record.timestamp,
    };
    log.push(kept);
    this.log.push(kept);
    for (const listener of this.#listeners) listener();
    return kept.offset;
  }

  read(name: string, partition: number, from: number, most: number): LoggedRecord[] {
    return this.#topics.get(name)?.logs[partition]?.slice(from, from + most) ?? [];
  }

  end(name: string, partition: number): number {
    return this.#topics.get(name)?.logs[partition]?.length ?? 0;
  }

  committed(group: string, name: string, partition: number): number | undefined {
    return this.#committed.get(`${group} ${name} ${partition}`);
  }

  commit(group: string, name: string, partition: number, offset: number): void {
    this.#committed.set(`${group} ${name} ${partition}`, offset);
  }

  /** True: the member has the partition now. A partition has one reader in a group, the first that asks. */
  acquire(group: string, name: string, partition: number, member: object): boolean {
    const key = `${group} ${name} ${partition}`;
    const owner = this.#owners.get(key);
    if (owner === undefined) this.#owners.set(key, member);
    return owner === undefined || owner === member;
  }

  release(group: string, name: string, partition: number): void {
    this.#owners.delete(`${group} ${name} ${partition}`);
  }

  onAppend(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** No message, no offset, no planned failure; the topics stay. */
  empty(): void {
    for (const topic of this.#topics.values()) {
      topic.logs = topic.logs.map(() => []);
      topic.turn = 0;
    }
    this.#committed.clear();
    this.log.length = 0;
    this.failures.forget();
    this.away = false;
  }
}
