/** Resolved offsets become committed ones: when the application says so, and as autoCommit says. */
import type { NativeOffset } from '../../../index.js';
import { protocolErrorNamed } from '../errors/codes.js';
import type { InstrumentationEmitter } from '../events/emitter.js';
import { nativeError } from '../native-error.js';
import type { OffsetToCommit } from './arguments.js';
import { events } from './events.js';
import type { Lane } from './lane.js';
import type { Member } from './member.js';
import type { OffsetsByTopicPartition } from './payloads.js';

export interface CommitsHost {
  readonly groupId: string;
  readonly emitter: InstrumentationEmitter;
  /** ms that one commit may take. */
  readonly commitMs: number;
  member(): Member | undefined;
  /** As the coordinator knows this member now. */
  identity(): { memberId: string; generationId: number };
  /** Partitions that are assigned, each once. */
  lanes(): Iterable<Lane>;
  laneOf(topic: string, partition: number): Lane | undefined;
  /** A commit that nobody waits for did not work. */
  commitFailed(error: unknown): void;
  commitWorked(): void;
}

export interface AutoCommit {
  /** ms */
  interval: number | null;
  /** messages */
  threshold: number | null;
}

/** ms between the beginnings of two commits that nobody waits for. */
const APART_MS = 100;

const { setTimeout, clearTimeout } = globalThis;

export class Commits {
  readonly #host: CommitsHost;
  readonly #auto: AutoCommit;
  /** Commits are made one after another, so that a later one is never overtaken by an earlier one. */
  #last: Promise<unknown> = Promise.resolve();
  /** One that has not begun: whoever wants everything committed joins it. */
  #waiting: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #begun = 0;
  /** When something was committed last. */
  #committedAt = Date.now();
  /** Messages that are resolved and not committed, of all lanes. */
  #resolved = 0;

  constructor(host: CommitsHost, auto: AutoCommit) {
    this.#host = host;
    this.#auto = auto;
  }

  /** A lane has resolved so many messages more. */
  count(messages: number): void {
    this.#resolved += messages;
  }

  /** Resolved offsets that are not committed, in KafkaJS's shape: partitions are texts there, too. */
  uncommitted(): OffsetsByTopicPartition {
    const topics = new Map<string, { partition: number; offset: string }[]>();
    for (const { topic, partition, resolved, committed } of this.#host.lanes()) {
      if (resolved < 0 || resolved === committed) continue;
      const entry = { partition: String(partition) as unknown as number, offset: String(resolved) };
      const known = topics.get(topic);
      if (known === undefined) topics.set(topic, [entry]);
      else known.push(entry);
    }
    return { topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) };
  }

  /** Is it time, by interval or threshold? */
  get due(): boolean {
    const { interval, threshold } = this.#auto;
    return (
      (interval !== null && Date.now() >= this.#committedAt + interval) ||
      (threshold !== null && this.#resolved >= threshold)
    );
  }

  /** Commits everything that is resolved. */
  now(): Promise<void> {
    this.#waiting ??= this.#after(() => {
      this.#waiting = undefined;
      return this.#everything();
    });
    return this.#waiting;
  }

  /** As `now`, for nobody to wait for. */
  soon(): void {
    if (this.#waiting !== undefined || this.#timer !== undefined) return;
    const begin = (): void => {
      this.#timer = undefined;
      this.now().then(
        () => this.#host.commitWorked(),
        (error) => this.#host.commitFailed(error),
      );
    };
    const wait = this.#begun + APART_MS - performance.now();
    if (wait <= 0) begin();
    else this.#timer = setTimeout(begin, wait);
  }

  /** What the application names, whatever was resolved; nothing where it names nothing. */
  these(offsets: OffsetToCommit[]): Promise<void> {
    if (offsets.length === 0) {
      this.#committedAt = Date.now();
      return Promise.resolve();
    }
    const named = offsets.flatMap(({ topic, partition }) => this.#host.laneOf(topic, partition) ?? []);
    // Now, not once it is made: what is resolved meanwhile comes after it.
    for (const lane of named) lane.settled = true;
    return this.#made(offsets).catch((error) => {
      for (const lane of named) lane.settled = false;
      throw error;
    });
  }

  #made(offsets: OffsetToCommit[]): Promise<void> {
    return this.#after(async () => {
      const list = offsets.map(({ topic, partition, offset, metadata }): NativeOffset => {
        const lane = this.#host.laneOf(topic, partition);
        return { topic, partition, offset, metadata: metadata ?? undefined, lane: lane?.id };
      });
      const committed = await this.#commit(list);
      if (committed.length === 0) throw protocolErrorNamed('ILLEGAL_GENERATION');
      for (const { topic, partition, offset } of committed) {
        const lane = this.#host.laneOf(topic, partition);
        if (lane !== undefined) lane.committed = Number(offset);
      }
      this.#committedAt = Date.now();
      this.#tell(committed, (partition) => partition);
    });
  }

  /** A partition goes on elsewhere: its group is told, so that a restart begins there. */
  sought(lane: Lane, offset: number): void {
    this.#after(async () => {
      // Sought once more, or taken away.
      if (lane.closed !== undefined) return;
      const { topic, partition, id } = lane;
      const committed = await this.#commit([{ topic, partition, offset: String(offset), lane: id }]);
      if (committed.length > 0 && lane.committed < 0) lane.committed = offset;
    }).catch((error) => this.#host.commitFailed(error));
  }

  /** Nothing is committed by itself any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #after<T>(work: () => Promise<T>): Promise<T> {
    const own = this.#last.then(work, work);
    this.#last = own.catch(() => {});
    return own;
  }

  async #everything(): Promise<void> {
    this.#begun = performance.now();
    const sent: { lane: Lane; resolved: number }[] = [];
    for (const lane of this.#host.lanes()) {
      if (lane.open) sent.push({ lane, resolved: lane.resolved });
    }
    const counted = this.#resolved;
    if (sent.length > 0) {
      const list = sent.map(({ lane: { topic, partition, id }, resolved }): NativeOffset => {
        return { topic, partition, offset: String(resolved), lane: id };
      });
      const committed = await this.#commit(list);
      for (const { lane, resolved } of sent) {
        if (committed.some((each) => each.lane === lane.id)) lane.committed = resolved;
      }
      this.#tell(committed, String);
    }
    this.#resolved -= counted;
    this.#committedAt = Date.now();
  }

  async #commit(list: NativeOffset[]): Promise<NativeOffset[]> {
    const member = this.#host.member();
    if (member === undefined || list.length === 0) return [];
    try {
      const indices = await member.commit(list, this.#host.commitMs);
      return indices.map((index) => list[index] as NativeOffset);
    } catch (error) {
      throw nativeError(error);
    }
  }

  #tell(committed: NativeOffset[], shown: (partition: number) => unknown): void {
    const { emitter, groupId } = this.#host;
    if (committed.length === 0 || !emitter.has(events.COMMIT_OFFSETS)) return;
    const topics = new Map<string, { partition: unknown; offset: string; metadata?: string }[]>();
    for (const { topic, partition, offset, metadata } of committed) {
      const entry = { partition: shown(partition), offset, ...(metadata === undefined ? {} : { metadata }) };
      const known = topics.get(topic);
      if (known === undefined) topics.set(topic, [entry]);
      else known.push(entry);
    }
    const { memberId, generationId } = this.#host.identity();
    emitter.emit(events.COMMIT_OFFSETS, {
      groupId,
      memberId,
      groupGenerationId: generationId,
      topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
    });
  }
}
