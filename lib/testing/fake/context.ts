/** What the fakes of one application share: settings, declared topics, events, counters. */
import type { NativeContext, NativeError } from '../../../index.js';
import type { Kafka4Event } from '../../kafka/events.js';
import type { TopicSpec } from '../../kafka/shapes.js';
import type { FakeCluster } from './cluster.js';
import { nativeError } from './failures.js';
import { type FakeMailbox, Refusal } from './mailbox.js';
import { FakeSettings } from './settings.js';
import { Telemetry } from './telemetry.js';

const DAY_MS = 24 * 60 * 60 * 1000;

const spec = (name: string, partitions: number, days: number): TopicSpec => ({
  name,
  partitions,
  retentionMs: days * DAY_MS,
});

/** The five of the contract. */
const BUILT_IN = [
  spec('user-events', 6, 7),
  spec('course-events', 4, 30),
  spec('notification-events', 3, 3),
  spec('chat-events', 8, 1),
  spec('analytics-events', 12, 30),
];

const LEVELS = ['', 'ERROR', 'WARN', 'INFO', 'DEBUG'];

export class FakeContext implements NativeContext {
  readonly cluster: FakeCluster;
  readonly mailbox: FakeMailbox;
  readonly telemetry = new Telemetry();
  readonly settings: FakeSettings;
  /** Connected producers and running consumers: most settings are frozen while there are some. */
  running = 0;
  readonly #declared = new Map(BUILT_IN.map((topic) => [topic.name, topic]));
  #events: string[] = [];

  constructor(cluster: FakeCluster, mailbox: FakeMailbox, variables: Record<string, string>) {
    this.cluster = cluster;
    this.mailbox = mailbox;
    this.settings = new FakeSettings(variables);
    for (const topic of BUILT_IN) cluster.createTopic(topic);
  }

  error(): NativeError | null {
    return this.settings.error;
  }

  get(name: string): string {
    return JSON.stringify(this.settings.get(name));
  }

  set(name: string, value?: string | null): NativeError | null {
    return this.settings.set(name, value, this.running > 0);
  }

  /** No requests are made. */
  watchProducerRequests(_kinds: number): void {}

  /** There is none to end. */
  endEmbedded(): void {}

  setLibrdkafka(_properties: Record<string, string>): NativeError | null {
    if (this.running === 0) return null;
    return nativeError(
      'KafkaConfigError',
      'ERR_KAFKA_CONFIG_NOT_LIVE',
      'kafkaConfig.librdkafka cannot be changed while clients are connected: call cleanup() first, set it, then connect again',
    );
  }

  /** The fake cluster has every declared topic at once. */
  declareTopic(name: string, partitions: number, retentionMs: number): NativeError | null {
    const topic = { name, partitions, retentionMs };
    try {
      this.cluster.createTopic(topic);
    } catch (error) {
      return nativeError('KafkaValidationError', 'ERR_KAFKA_INVALID_ARGUMENT', (error as Error).message);
    }
    this.#declared.set(name, topic);
    return null;
  }

  declared(): TopicSpec[] {
    return [...this.#declared.values()];
  }

  declaredTopics(): string {
    return JSON.stringify(this.declared());
  }

  takeEvents(): string[] {
    const taken = this.#events;
    this.#events = [];
    return taken;
  }

  emit(event: Kafka4Event): void {
    this.#events.push(JSON.stringify(event));
    this.mailbox.nudge();
  }

  setOauthToken(_token: string, _principal: string, _expiresMs: number): NativeError | null {
    return null;
  }

  refuseOauthToken(_reason: string): void {}

  log(level: number, scope: string, message: string): void {
    if (level > this.settings.get<number>('logLevel')) return;
    process.stderr.write(`${new Date().toISOString()} ${LEVELS[level]} ${scope}: ${message}\n`);
  }

  metrics(): string {
    return JSON.stringify(this.telemetry.snapshot());
  }

  librdkafkaVersion(): string {
    return 'none: the fakes of kafka4/testing';
  }

  /** Throws what an unreachable cluster is told by. */
  assertReachable(): void {
    if (!this.cluster.away) return;
    const brokers = this.settings.get<string[]>('brokers');
    const tried = brokers.map((address) => ({ address, reason: 'the fake brokers are away' }));
    const list = tried.map(({ address, reason }) => `${address} (${reason})`).join(', ');
    throw new Refusal({
      ...nativeError(
        'KafkaConnectionError',
        'ERR_KAFKA_CONNECTION_FAILED',
        `no Kafka broker could be reached; tried ${list}`,
        true,
      ),
      details: JSON.stringify({ brokers: tried }),
    });
  }
}
