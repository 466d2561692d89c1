/** The partitions that a run of a consumer has: their lanes, where they are to begin, which are paused. */
import type { TopicPartitions } from '../shared-types.js';
import type { SeekTarget, TopicChoice } from './arguments.js';
import { type Closed, Lane } from './lane.js';
import type { LaneHost } from './lane-host.js';
import type { Member } from './member.js';
import { Pauses, pausedTopics } from './pauses.js';

export class Assignment {
  readonly #host: LaneHost;
  readonly #member: () => Member | undefined;
  readonly #pauses = new Pauses();
  /** Seeks of partitions that are not assigned yet. */
  readonly #seeks = new Map<string, number>();
  /** By the core's number, with those that are not over yet. */
  readonly #lanes = new Map<number, Lane>();
  /** One for each partition. */
  readonly #current = new Map<string, Lane>();

  constructor(host: LaneHost, member: () => Member | undefined) {
    this.#host = host;
    this.#member = member;
  }

  byId(id: number): Lane | undefined {
    return this.#lanes.get(id);
  }

  /** Partitions that are assigned, each once. */
  current(): Iterable<Lane> {
    return this.#current.values();
  }

  of(topic: string, partition: number): Lane | undefined {
    return this.#current.get(keyOf(topic, partition));
  }

  /** A partition was assigned. Where a seek waits for it, this gives it; the caller seeks. */
  assigned(id: number, topic: string, partition: number): SeekTarget | undefined {
    if (this.#lanes.has(id)) return undefined;
    this.#add(id, topic, partition);
    const key = keyOf(topic, partition);
    const offset = this.#seeks.get(key);
    if (offset === undefined) return undefined;
    this.#seeks.delete(key);
    return { topic, partition, offset };
  }

  #add(id: number, topic: string, partition: number): Lane {
    const lane = new Lane(this.#host, id, topic, partition);
    this.#lanes.set(id, lane);
    this.#current.set(keyOf(topic, partition), lane);
    if (this.isPaused(topic, partition)) this.#member()?.native.pauseLane(id, true);
    return lane;
  }

  /** The lane is over; its partition may have another one by now. */
  over(lane: Lane): void {
    const key = keyOf(lane.topic, lane.partition);
    if (this.#current.get(key) === lane) this.#current.delete(key);
  }

  /** Forgets closed lanes that the core has forgotten. */
  sweep(isKnown: (id: number) => boolean): void {
    for (const [id, lane] of this.#lanes) {
      if (lane.closed !== undefined && !isKnown(id)) this.#lanes.delete(id);
    }
  }

  closeAll(why: Closed): void {
    for (const lane of [...this.#lanes.values()]) lane.close(why);
  }

  /** The lane that begins there; undefined where the partition is not assigned: then the seek waits until it is. */
  seek({ topic, partition, offset }: SeekTarget): Lane | undefined {
    const lane = this.of(topic, partition);
    if (lane !== undefined && lane.closed === undefined) return this.move(lane, offset);
    this.#seeks.set(keyOf(topic, partition), offset);
    return undefined;
  }

  /** A lane in place of another, at an offset; the old one's messages are void. */
  move(lane: Lane, offset: number): Lane | undefined {
    const { topic, partition, id } = lane;
    const number = this.#member()?.native.seek(id, offset) ?? -1;
    if (number < 0) {
      // Just being taken away, or too many seeks wait.
      if (number === -1) this.#seeks.set(keyOf(topic, partition), offset);
      return undefined;
    }
    const fresh = this.#add(number, topic, partition);
    lane.close('sought');
    return fresh;
  }

  pause(choices: TopicChoice[]): void {
    this.#pauses.pause(choices);
    this.#apply(choices);
  }

  resume(choices: TopicChoice[]): void {
    this.#pauses.resume(choices);
    this.#apply(choices);
  }

  #apply(choices: TopicChoice[]): void {
    const topics = new Set(choices.map(({ topic }) => topic));
    for (const lane of this.#current.values()) {
      if (!topics.has(lane.topic) || lane.closed !== undefined) continue;
      this.#member()?.native.pauseLane(lane.id, lane.paused);
      lane.kick();
    }
  }

  isPaused(topic: string, partition: number): boolean {
    return this.#pauses.has(topic, partition);
  }

  paused(): TopicPartitions[] {
    return pausedTopics(this.#current.values());
  }
}

function keyOf(topic: string, partition: number): string {
  return `${partition}|${topic}`;
}
