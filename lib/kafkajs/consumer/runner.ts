/**
 * One run of a consumer, from `run` to `stop` or a crash: takes what the core hands out to its lanes, and brings back
 * what they finish.
 */
import { tell } from '../../kafka/errors.js';
import { Slab } from '../../kafka/message.js';
import { Patience } from '../../kafka/patience.js';
import type { Retry } from '../config/retry.js';
import type { InstrumentationEmitter } from '../events/emitter.js';
import { requestEvents } from '../events/requests.js';
import type { Logger } from '../logger.js';
import { nativeError } from '../native-error.js';
import type { TopicPartitions } from '../shared-types.js';
import type { OffsetToCommit, SeekTarget, TopicChoice } from './arguments.js';
import { Assignment } from './assignment.js';
import { CommitRetries } from './commit-retries.js';
import { Commits, type CommitsHost } from './commits.js';
import { events } from './events.js';
import { groupEvents } from './group.js';
import type { Lane } from './lane.js';
import type { Handlers, LaneHost } from './lane-host.js';
import type { Member } from './member.js';
import { errorOfNote, type Note } from './notes.js';
import { Progress } from './progress.js';
import { Slots } from './slots.js';
import type { ConsumerRunConfig } from './types.js';

export interface RunnerOptions {
  groupId: string;
  clientId: string;
  retry: Retry;
  emitter: InstrumentationEmitter;
  logger: Logger;
  /** ms that a stop may take where brokers answer. */
  stopMs: number;
  /** ms that one commit may take. */
  commitMs: number;
  config: ConsumerRunConfig;
  onCrash(error: Error): void;
}

export class Runner implements LaneHost, CommitsHost {
  readonly groupId: string;
  readonly retry: Retry;
  readonly emitter: InstrumentationEmitter;
  readonly logger: Logger;
  readonly commitMs: number;
  readonly autoCommit: boolean;
  readonly autoResolve: boolean;
  readonly handlers: Handlers;
  readonly hasHandler: boolean;
  readonly slots: Slots;
  readonly commits: Commits;
  running = true;
  readonly #options: RunnerOptions;
  readonly #assignment = new Assignment(this, () => this.#member);
  readonly #progress = new Progress((steps) => this.#member?.native.advance(steps));
  readonly #joining = new AbortController();
  readonly #commitRetries: CommitRetries;
  #member: Member | undefined;
  #stopped: Promise<void> | undefined;
  #crashed = false;
  #identity = { memberId: '', generationId: -1 };
  #topics: string[] = [];

  constructor(options: RunnerOptions) {
    const { config } = options;
    const { eachMessage, eachBatch, autoCommitInterval: interval, autoCommitThreshold: threshold } = config;
    this.#options = options;
    this.groupId = options.groupId;
    this.retry = options.retry;
    this.emitter = options.emitter;
    this.logger = options.logger.namespace('Runner');
    this.commitMs = options.commitMs;
    this.autoCommit = config.autoCommit ?? true;
    this.autoResolve = config.eachBatchAutoResolve ?? true;
    this.hasHandler = eachMessage != null || eachBatch != null;
    this.handlers =
      eachMessage == null && eachBatch != null
        ? { each: 'batch', run: eachBatch }
        : { each: 'message', run: eachMessage ?? (async () => {}) };
    this.slots = new Slots(Math.max(1, Math.trunc(config.partitionsConsumedConcurrently ?? 1)));
    this.#commitRetries = new CommitRetries(this);
    this.commits = new Commits(this, { interval: interval ?? null, threshold: threshold ?? null });
  }

  /** Aborted when a stop is asked for: what waits for brokers gives up. */
  get signal(): AbortSignal {
    return this.#joining.signal;
  }

  /** Joins the group; resolves when partitions are assigned. The caller drains from now on. */
  async start(member: Member, topics: string[], joinMs: number): Promise<void> {
    this.#member = member;
    this.#topics = topics;
    if (!this.running) return;
    if (topics.length > 0) return member.join(topics, joinMs, this.signal);
    this.logger.warn(
      'No topic is subscribed, so the consumer does not join its group: stop it, subscribe, and run it again',
      { groupId: this.groupId },
    );
  }

  // -- what the core has

  drain(): void {
    const member = this.#member;
    if (member === undefined) return;
    const core = member.native;
    for (let taken = core.take(); taken !== null; taken = core.take()) {
      const slab = new Slab(taken.buffer as ArrayBuffer, taken.count);
      // After the slab: the assignment of its lanes was told before it was packed.
      this.#takeNotes(member);
      for (let from = 0; from < slab.count; ) {
        const id = slab.lane(from);
        let to = from + 1;
        while (to < slab.count && slab.lane(to) === id) to += 1;
        this.#assignment.byId(id)?.push({ slab, from, to });
        from = to;
      }
    }
    this.#takeNotes(member);
    for (const id of core.takeClosing()) {
      const lane = this.#assignment.byId(id);
      if (lane === undefined) core.laneIdle(id);
      else lane.close(this.running ? 'revoked' : 'stopped');
    }
    this.#assignment.sweep((id) => core.hasLane(id));
    requestEvents(core.takeRequests(), this.emitter, events, this.#options.clientId, this.groupEvents);
  }

  readonly groupEvents = groupEvents(this);

  identity(): { memberId: string; generationId: number } {
    return this.#identity;
  }

  member(): Member | undefined {
    return this.#member;
  }

  #takeNotes(member: Member): void {
    for (const text of member.native.takeNotes()) {
      const note = JSON.parse(text) as Note;
      switch (note.type) {
        case 'joined':
          this.#joined(note);
          break;
        case 'restarted': {
          const { topic, partition } = note;
          this.logger.warn('Offset out of range, reading on from the default offset', { topic, partition });
          const waiting = this.#assignment.assigned(note.lane, topic, partition);
          if (waiting !== undefined) this.seek(waiting);
          break;
        }
        case 'rebalancing': {
          const { groupId } = this;
          this.logger.warn('The group is rebalancing, re-joining', { groupId, memberId: note.memberId });
          this.emitter.emit(events.REBALANCING, { groupId, memberId: note.memberId });
          break;
        }
        case 'failed':
          this.crash(nativeError(errorOfNote(note.error)));
          break;
      }
    }
  }

  #joined(note: Extract<Note, { type: 'joined' }>): void {
    this.#identity = { memberId: note.memberId, generationId: note.generation };
    for (const { topic, partition, lane } of note.partitions) {
      const waiting = this.#assignment.assigned(lane, topic, partition);
      if (waiting !== undefined) this.seek(waiting);
    }
    this.groupEvents.joined(note, this.#topics);
  }

  // -- for lanes and commits

  lanes(): Iterable<Lane> {
    return this.#assignment.current();
  }

  laneOf(topic: string, partition: number): Lane | undefined {
    return this.#assignment.of(topic, partition);
  }

  highWatermark(lane: Lane): number {
    return this.#member?.native.highWatermark(lane.id) ?? -1;
  }

  isPaused(topic: string, partition: number): boolean {
    return this.#assignment.isPaused(topic, partition);
  }

  pause(topic: string, partition: number): () => void {
    const choice = [{ topic, partitions: [partition] }];
    this.pauseAll(choice);
    return () => this.resumeAll(choice);
  }

  progress(lane: Lane): void {
    this.#progress.add(lane);
  }

  /** What the lane has resolved is committed before its partition may be somebody else's. */
  over(lane: Lane): void {
    const done = (): void => {
      this.#assignment.over(lane);
      this.#progress.flush();
      this.#member?.native.laneIdle(lane.id);
    };
    if (!this.autoCommit || lane.closed === 'sought' || !lane.open) {
      done();
      return;
    }
    this.commits.now().then(done, (error) => {
      this.logger.warn(`Offsets of a partition that is given back were not committed: ${error.message}`, {
        groupId: this.groupId,
        topic: lane.topic,
        partition: lane.partition,
      });
      done();
    });
  }

  retries(lane: Lane, error: unknown, retryMs: number): void {
    this.logger.debug('A handler failed, it is called again', {
      groupId: this.groupId,
      topic: lane.topic,
      partition: lane.partition,
      error: tell(error),
      retryTime: retryMs,
    });
  }

  crash(error: Error): void {
    if (this.#crashed || !this.running) return;
    this.#crashed = true;
    this.running = false;
    this.#options.onCrash(error);
  }

  commitWorked(): void {
    this.#commitRetries.worked();
  }

  commitFailed(error: unknown): void {
    this.#commitRetries.failed(error);
  }

  // -- for the application

  commitOffsets(offsets: OffsetToCommit[]): Promise<void> {
    return this.#commitRetries.made(offsets);
  }

  /** Where the partition is not assigned, this waits until it is. */
  seek(target: SeekTarget): void {
    const fresh = this.#assignment.seek(target);
    if (fresh !== undefined && target.offset >= 0 && this.autoCommit) this.commits.sought(fresh, target.offset);
  }

  rewind(lane: Lane, offset: number): void {
    this.#assignment.move(lane, offset);
  }

  pauseAll(choices: TopicChoice[]): void {
    this.#assignment.pause(choices);
  }

  resumeAll(choices: TopicChoice[]): void {
    this.#assignment.resume(choices);
  }

  paused(): TopicPartitions[] {
    return this.#assignment.paused();
  }

  // -- the end

  /** Waits for the running handlers, commits what they resolved, leaves the group; bounded. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.running = false;
    const patience = new Patience();
    this.#joining.abort(new Error('the consumer stops'));
    this.#commitRetries.end();
    this.#assignment.closeAll('stopped');
    const member = this.#member;
    if (member !== undefined) await member.close(this.#options.stopMs, patience).catch(() => {});
    this.commits.end();
    const who = { groupId: this.groupId, memberId: this.#identity.memberId };
    if (who.memberId !== '' && !this.#crashed) this.logger.info('consumer not running, exiting', who);
  }
}
