/** A consumer from its first connect to its last disconnect; each `run` has a runner of its own. */
import { Shared } from '../../kafka/abort.js';
import type { Context } from '../../kafka/context.js';
import { hold, release } from '../../kafka/keep-alive.js';
import { openConsumers } from '../../kafka/open.js';
import { Patience } from '../../kafka/patience.js';
import type { Cluster } from '../config/cluster.js';
import { KafkaJSNonRetriableError } from '../errors/index.js';
import type { InstrumentationEmitter } from '../events/emitter.js';
import type { Logger } from '../logger.js';
import { exhausted, nativeError } from '../native-error.js';
import type { GroupDescription, TopicPartitions } from '../shared-types.js';
import { offsetsToCommit, seekTarget, topicChoices } from './arguments.js';
import { type ConsumerSettings, consumerSettings } from './config.js';
import { logContext } from './context-log.js';
import { originOf, restarts } from './crash.js';
import { describeGroup } from './describe-group.js';
import { events } from './events.js';
import { Member } from './member.js';
import { Runner } from './runner.js';
import { subscriptionOf, topicNames } from './subscribe.js';
import type { ConsumerConfig, ConsumerRunConfig } from './types.js';

const NOT_RUNNING = 'Consumer group was not initialized, consumer#run must be called first';
/** ms for what is closed without having been used. */
const UNUSED_MS = 2_000;

const { setTimeout, clearTimeout } = globalThis;

export class ConsumerClient {
  readonly #cluster: Cluster;
  readonly #settings: ConsumerSettings;
  readonly #emitter: InstrumentationEmitter;
  readonly #logger: Logger;
  /** Topics, and whether each is read from its beginning. */
  readonly #topics = new Map<string, boolean>();
  #context: Context | undefined;
  #opening: Shared<Member> | undefined;
  #member: Member | undefined;
  #runner: Runner | undefined;
  #stopping: Promise<void> | undefined;
  /** Counts the stops that were asked for: a restart that is being decided must not come after one. */
  #stops = 0;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #held = false;
  readonly #open = { stopAllConsumers: (): Promise<void> => this.disconnect() };

  constructor(cluster: Cluster, config: ConsumerConfig, emitter: InstrumentationEmitter, logger: Logger) {
    this.#cluster = cluster;
    this.#settings = consumerSettings(cluster, config);
    this.#emitter = emitter;
    this.#logger = logger;
    emitter.onListeners(() => this.#watchRequests());
  }

  async connect(): Promise<void> {
    await this.#opened();
    this.#emitter.emit(events.CONNECT);
  }

  async disconnect(): Promise<void> {
    const { groupId } = this.#settings;
    try {
      await this.stop();
      this.#logger.debug('consumer has stopped, disconnecting', { groupId });
      await this.#close();
      this.#emitter.emit(events.DISCONNECT);
    } catch (error) {
      const { message, stack } = error as Error;
      this.#logger.error(`Caught error when disconnecting the consumer: ${message}`, { stack, groupId });
      throw error;
    }
  }

  async subscribe(given: unknown): Promise<void> {
    if (this.#runner !== undefined) {
      throw new KafkaJSNonRetriableError('Cannot subscribe to topic while consumer is running');
    }
    const { topics, fromBeginning } = subscriptionOf(given);
    try {
      const member = await this.#opened();
      const names = await topicNames(topics, member, (found) =>
        this.#logger.debug('Subscription based on RegExp', { groupId: this.#settings.groupId, ...found }),
      );
      await member.declare(names.map((name) => [name, fromBeginning]));
      for (const name of names) this.#topics.set(name, fromBeginning);
    } catch (error) {
      throw nativeError(error);
    }
  }

  run(config: ConsumerRunConfig = {}): Promise<void> {
    const { groupId } = this.#settings;
    if (this.#runner !== undefined) {
      this.#logger.warn('consumer#run was called, but the consumer is already running', { groupId });
      return Promise.resolve();
    }
    return this.#start(config);
  }

  async #start(config: ConsumerRunConfig): Promise<void> {
    const { groupId, retry, joinMs, rebalanceMs } = this.#settings;
    this.#logger.info('Starting', { groupId });
    const runner = new Runner({
      groupId,
      clientId: this.#cluster.clientId,
      retry,
      emitter: this.#emitter,
      logger: this.#logger,
      stopMs: Math.max(rebalanceMs, this.#cluster.requestTimeout),
      commitMs: this.#cluster.requestTimeout,
      config,
      onCrash: (error) => void this.#crashed(runner, config, error),
    });
    this.#runner = runner;
    this.#keepAlive(true);
    try {
      const member = await this.#memberToRun(runner.signal);
      if (!runner.running) return;
      this.#emitter.emit(events.CONNECT);
      this.#watchRequests();
      await runner.start(member, [...this.#topics.keys()], joinMs);
    } catch (error) {
      if (!runner.running) return;
      runner.running = false;
      await this.#crashed(runner, config, exhausted(error, retry));
    }
  }

  stop(): Promise<void> {
    this.#stops += 1;
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { groupId } = this.#settings;
    clearTimeout(this.#restart);
    this.#restart = undefined;
    const runner = this.#runner;
    if (runner !== undefined) {
      await runner.stop();
      this.#runner = undefined;
      // It has closed its member, also where there was no topic to join with.
      if (runner.member() !== undefined) this.#member = undefined;
      this.#emitter.emit(events.STOP);
    }
    this.#keepAlive(false);
    this.#logger.info('Stopped', { groupId });
  }

  async commitOffsets(topicPartitions: unknown = []): Promise<void> {
    const offsets = offsetsToCommit(topicPartitions);
    return this.#running().commitOffsets(offsets);
  }

  seek(target: unknown): void {
    const checked = seekTarget(target as Record<string, unknown>);
    this.#running().seek(checked);
  }

  describeGroup(): Promise<GroupDescription> {
    return describeGroup(this.#cluster, this.#settings);
  }

  pause(topics: unknown = []): void {
    const choices = topicChoices(topics, 'pause');
    this.#running().pauseAll(choices);
  }

  resume(topics: unknown = []): void {
    const choices = topicChoices(topics, 'resume');
    this.#running().resumeAll(choices);
  }

  paused(): TopicPartitions[] {
    return this.#runner?.paused() ?? [];
  }

  #running(): Runner {
    if (this.#runner === undefined) throw new KafkaJSNonRetriableError(NOT_RUNNING);
    return this.#runner;
  }

  // -- the connection

  /** A member whose brokers have answered. Concurrent calls share one connect. */
  #opened(): Promise<Member> {
    const known = this.#member;
    if (known !== undefined) return Promise.resolve(known);
    if (this.#opening !== undefined && !this.#opening.isCancelled) return this.#opening.join();
    const opening: Shared<Member> = new Shared(async (cancelled) => {
      try {
        const member = await this.#connected(cancelled);
        this.#member = member;
        return member;
      } finally {
        if (this.#opening === opening) this.#opening = undefined;
      }
    });
    this.#opening = opening;
    return opening.join();
  }

  async #connected(cancelled: AbortSignal): Promise<Member> {
    const { groupId, retry } = this.#settings;
    const known = this.#context;
    const context = known ?? (await this.#cluster.context(retry));
    if (known === undefined) {
      context.mailbox.addSource(() => this.#runner?.drain());
      logContext(context, this.#logger, groupId);
      this.#context = context;
    }
    let member: Member | undefined;
    try {
      if (cancelled.aborted) throw cancelled.reason;
      const embedded = context.native.get('brokers').includes('"embedded');
      const { properties, embedded: onEmbedded } = this.#settings;
      member = new Member(context, groupId, embedded ? onEmbedded : properties);
      await member.awaitBroker(context.timeout, cancelled);
      this.#cluster.connected(context);
      return member;
    } catch (error) {
      await member?.close(UNUSED_MS, new Patience()).catch(() => {});
      if (known === undefined) {
        context.close();
        this.#context = undefined;
      }
      throw exhausted(error, retry);
    }
  }

  /** A member that was never subscribed, and knows where each topic begins. */
  async #memberToRun(signal: AbortSignal): Promise<Member> {
    let member = await this.#opened();
    if (member.outdated) {
      this.#member = undefined;
      await member.close(UNUSED_MS, new Patience());
      member = await this.#opened();
    }
    await member.declare([...this.#topics], signal);
    return member;
  }

  async #close(): Promise<void> {
    const opening = this.#opening;
    if (opening !== undefined) {
      opening.cancel(nativeError(new Error('the consumer was disconnected')));
      await opening.over.catch(() => {});
    }
    const member = this.#member;
    this.#member = undefined;
    await member?.close(UNUSED_MS, new Patience()).catch(() => {});
    this.#context?.close();
    this.#context = undefined;
  }

  #watchRequests(): void {
    const has = (...names: string[]): boolean => names.some((name) => this.#emitter.has(name));
    this.#member?.native.watchRequests(
      has(events.HEARTBEAT),
      has(events.FETCH, events.FETCH_START),
      has(events.REQUEST, events.REQUEST_TIMEOUT, events.REQUEST_QUEUE_SIZE),
    );
  }

  // -- the end that nobody asked for

  async #crashed(runner: Runner, config: ConsumerRunConfig, error: Error): Promise<void> {
    if (this.#runner !== runner) return;
    const { groupId, retry, restartOnFailure } = this.#settings;
    const { retryCount, retryTime: lastWait, stack } = error as Error & { retryCount?: number; retryTime?: number };
    this.#logger.error(`Crash: ${error.name}: ${error.message}`, { groupId, retryCount, stack });
    // With the stop of its own. Somebody else's, also one that comes while this disconnects, ends it for good.
    const stops = this.#stops + 1;
    await this.disconnect();
    const restart = await restarts(error, restartOnFailure, (message, cause) => {
      this.#logger.error(message, { error: cause, cause: originOf(error).message, groupId });
    });
    this.#emitter.emit(events.CRASH, { error, groupId, restart });
    if (!restart || this.#runner !== undefined || this.#stops !== stops) return;
    const retryTime = lastWait || retry.initialRetryTime;
    this.#logger.error(`Restarting the consumer in ${retryTime}ms`, { retryCount, retryTime, groupId });
    this.#restart = setTimeout(() => void this.#start(config), retryTime);
  }

  #keepAlive(wanted: boolean): void {
    if (wanted === this.#held) return;
    this.#held = wanted;
    if (wanted) {
      hold();
      openConsumers().add(this.#open);
    } else {
      release();
      openConsumers().delete(this.#open);
    }
  }
}
