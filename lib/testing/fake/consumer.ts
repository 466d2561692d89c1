/** What the addon's consumer service does, on the fake cluster. Retries come at once: nobody waits in a test. */
import * as timers from 'node:timers';
import type {
  NativeConsumerService,
  NativeDecision,
  NativeError,
  NativeHandlerFailure,
  NativeLane,
  NativeRetryPolicy,
  NativeSlab,
} from '../../../index.js';
import type { GroupStatus } from '../../kafka/shapes.js';
import { packHeaders } from '../headers.js';
import { readPacked, writeSlab } from '../records.js';
import type { FakeContext } from './context.js';
import { nativeError } from './failures.js';
import { type FakeLane, newLane, statusOf } from './lane.js';
import { Refusal } from './mailbox.js';
import { backoffMs, type Policy, policyOf } from './retry.js';

const { setTimeout, clearTimeout } = timers;

/** Messages of a slab, and those of a partition that are handed out and not finished. */
const SLAB = 512;
const CREDIT = 2_048;

const DLQ_RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

interface Stop {
  lanes: FakeLane[];
  done(): void;
}

export class FakeConsumerService implements NativeConsumerService {
  readonly #context: FakeContext;
  readonly #active = new Map<string, string>();
  readonly #lanes = new Map<number, FakeLane>();
  readonly #policies = new Map<string, NativeRetryPolicy>();
  readonly #stops = new Set<Stop>();
  readonly stopped = new Set<string>();
  #closing: number[] = [];
  #nextLane = 0;

  constructor(context: FakeContext) {
    this.#context = context;
    context.cluster.onAppend(() => {
      if (this.#active.size > 0) context.mailbox.nudge();
    });
  }

  start(id: number, topic: string, groupId?: string | null): void {
    this.#context.mailbox.answer(id, () => this.#start(topic, groupId));
  }

  #start(topic: string, given: string | null | undefined): void {
    const { cluster, settings } = this.#context;
    const groupId = given ?? settings.get<string>('consumerGroup');
    const running = this.#active.get(topic);
    if (running === groupId) return;
    if (running !== undefined) {
      const message = `${topic} is consumed in group ${running}: stop it before starting it in ${groupId}`;
      throw new Refusal(nativeError('KafkaStateError', 'ERR_KAFKA_ALREADY_STARTED', message));
    }
    this.#context.assertReachable();
    const known = cluster.topic(topic);
    if (known === undefined) {
      const message = `topic ${topic} does not exist; create it first`;
      throw new Refusal(nativeError('KafkaConsumerError', 'ERR_KAFKA_UNKNOWN_TOPIC_OR_PART', message));
    }
    this.#active.set(topic, groupId);
    this.#context.running += 1;
    this.stopped.delete(topic);
    const partitions: { topic: string; partition: number }[] = [];
    for (let partition = 0; partition < known.partitions; partition++) {
      if (!cluster.acquire(groupId, topic, partition, this)) continue;
      this.#open(topic, partition, groupId);
      partitions.push({ topic, partition });
    }
    this.#context.telemetry.count('rebalances');
    this.#context.emit({ type: 'partitionsAssigned', groupId, partitions });
  }

  #open(topic: string, partition: number, groupId: string): void {
    this.#nextLane += 1;
    const stored = this.#context.cluster.committed(groupId, topic, partition) ?? null;
    this.#lanes.set(this.#nextLane, newLane(this.#nextLane, { topic, partition, groupId }, stored));
  }

  stop(id: number, topic: string, timeoutMs: number, _quietMs: number): void {
    this.#context.mailbox.answer(id, () => this.#stop([topic], timeoutMs));
  }

  stopAll(id: number, timeoutMs: number, _quietMs: number): void {
    this.#context.mailbox.answer(id, () => this.stopEverything(timeoutMs));
  }

  stopEverything(timeoutMs: number): Promise<void> {
    return this.#stop([...this.#active.keys()], timeoutMs);
  }

  /** Handlers finish within the time, then the lanes are forgotten. */
  async #stop(topics: string[], timeoutMs: number): Promise<void> {
    const running = topics.filter((topic) => this.#active.has(topic));
    const lanes = [...this.#lanes.values()].filter(({ topic }) => running.includes(topic));
    this.#closing.push(...lanes.filter((lane) => !lane.idle).map((lane) => lane.id));
    this.#context.mailbox.nudge();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => stop.done(), timeoutMs);
      const stop: Stop = {
        lanes,
        done: () => {
          clearTimeout(timer);
          this.#stops.delete(stop);
          resolve();
        },
      };
      this.#stops.add(stop);
      this.#lookAtStops();
    });
    for (const lane of lanes) {
      this.#lanes.delete(lane.id);
      this.#context.cluster.release(lane.groupId, lane.topic, lane.partition);
    }
    for (const topic of running) if (this.#active.delete(topic)) this.#context.running -= 1;
  }

  #lookAtStops(): void {
    for (const stop of this.#stops) if (stop.lanes.every((lane) => lane.idle)) stop.done();
  }

  activeTopics(): string[] {
    return [...this.#active.keys()].sort();
  }

  take(): NativeSlab | null {
    const { cluster, telemetry } = this.#context;
    for (const lane of this.#lanes.values()) {
      const credit = Math.min(CREDIT - lane.inHandler, SLAB);
      if (lane.idle || lane.paused || credit <= 0 || this.#closing.includes(lane.id)) continue;
      const records = cluster.read(lane.topic, lane.partition, lane.position, credit);
      if (records.length === 0) continue;
      lane.position += records.length;
      lane.inHandler += records.length;
      telemetry.count('consumed', records.length);
      const buffer = writeSlab(records, lane.id);
      telemetry.count('consumedBytes', buffer.byteLength);
      return { buffer, count: records.length };
    }
    return null;
  }

  takeClosing(): number[] {
    const taken = this.#closing;
    this.#closing = [];
    return taken;
  }

  lane(id: number): NativeLane | null {
    return this.#lanes.get(id) ?? null;
  }

  laneIdle(id: number): void {
    const lane = this.#lanes.get(id);
    if (lane === undefined) return;
    lane.idle = true;
    this.#lookAtStops();
  }

  advance(progress: Float64Array): void {
    const { cluster, telemetry, mailbox } = this.#context;
    for (let at = 0; at < progress.length; at += 3) {
      const lane = this.#lanes.get(progress[at] as number);
      if (lane === undefined) continue;
      const [next, count] = [progress[at + 1] as number, progress[at + 2] as number];
      lane.stored = next;
      lane.inHandler -= count;
      lane.progressAt = performance.now();
      cluster.commit(lane.groupId, lane.topic, lane.partition, next);
      telemetry.count('handled', count);
      telemetry.count('commits');
      if (lane.position < cluster.end(lane.topic, lane.partition)) mailbox.nudge();
    }
  }

  recordHandlerTime(us: number, times: number): void {
    this.#context.telemetry.handlerTimes.add(us / 1000, times);
  }

  pauseLane(id: number, paused: boolean): void {
    const lane = this.#lanes.get(id);
    if (lane === undefined) return;
    lane.paused = paused;
    if (!paused) this.#context.mailbox.nudge();
  }

  highWatermark(id: number): number {
    const lane = this.#lanes.get(id);
    return lane === undefined ? -1 : this.#context.cluster.end(lane.topic, lane.partition);
  }

  /** What handlers have finished is committed at once. */
  commit(id: number, _lane: number): void {
    this.#context.mailbox.answer(id, () => undefined);
  }

  setRetryPolicy(topic: string, policy: NativeRetryPolicy): NativeError | null {
    const read = policyOf(policy, this.#attempts());
    if ('code' in read) return read;
    this.#policies.set(topic, policy);
    return null;
  }

  #attempts(): number {
    return this.#context.settings.get<number>('retryAttempts');
  }

  handlerFailed({ lane: id, offset, attempt, name, message }: NativeHandlerFailure): NativeDecision {
    const { telemetry } = this.#context;
    telemetry.count('handlerErrors');
    const lane = this.#lanes.get(id);
    if (lane === undefined) return { action: 'gone', afterMs: 0 };
    const { topic, partition } = lane;
    // It was checked when it was set.
    const policy = policyOf(this.#policies.get(topic) ?? {}, this.#attempts()) as Policy;
    const again = attempt < policy.attempts;
    const retryInMs = again ? backoffMs(policy, attempt) : null;
    const error = `${name}: ${message}`;
    this.#context.emit({ type: 'handlerFailed', topic, partition, offset, attempt, error, retryInMs });
    if (again) telemetry.count('handlerRetries');
    return { action: again ? 'retry' : policy.whenExhausted, afterMs: 0 };
  }

  noteStopped(topic: string): void {
    this.stopped.add(topic);
  }

  deadLetter(id: number, failure: NativeHandlerFailure, slab: Uint8Array, index: Int32Array): void {
    const [record] = readPacked(slab, index);
    this.#context.mailbox.answer(id, () => {
      this.#context.assertReachable();
      const lane = this.#lanes.get(failure.lane);
      if (lane === undefined || record === undefined) return;
      const { cluster, telemetry } = this.#context;
      const deadLetterTopic = `${lane.topic}.dlq`;
      cluster.createTopic({ name: deadLetterTopic, partitions: 1, retentionMs: DLQ_RETENTION_MS });
      const told: [string, string][] = [
        ['kafka4.dlq.topic', lane.topic],
        ['kafka4.dlq.partition', String(lane.partition)],
        ['kafka4.dlq.offset', String(failure.offset)],
        ['kafka4.dlq.timestamp', String(record.timestamp)],
        ['kafka4.dlq.group', lane.groupId],
        ['kafka4.dlq.attempts', String(failure.attempt)],
        ['kafka4.dlq.error.name', failure.name.slice(0, 200)],
        ['kafka4.dlq.error.message', failure.message.slice(0, 1_000)],
        ['kafka4.dlq.failed-at', new Date().toISOString()],
      ];
      cluster.append(deadLetterTopic, 0, { ...record, headers: Buffer.concat([record.headers, packHeaders(told)]) });
      telemetry.count('deadLetters');
      telemetry.count('produced');
      const { topic, partition } = lane;
      const error = `${failure.name}: ${failure.message}`;
      this.#context.emit({ type: 'deadLettered', topic, partition, offset: failure.offset, deadLetterTopic, error });
    });
  }

  /** Where each partition stands, by group. */
  status(): GroupStatus[] {
    const groups = [...new Set(this.#active.values())].sort();
    return groups.map((groupId) => ({
      groupId,
      topics: [...this.#active].filter(([, group]) => group === groupId).map(([topic]) => topic),
      error: null,
      memberState: 'joined',
      partitions: [...this.#lanes.values()]
        .filter((lane) => lane.groupId === groupId)
        .map((lane) => statusOf(lane, this.#context.cluster.end(lane.topic, lane.partition))),
    }));
  }
}
