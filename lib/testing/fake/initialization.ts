/** What the addon's initialization service does, on the fake cluster. */
import type { NativeInitializationService } from '../../../index.js';
import type { GroupStatus, Kafka4Metrics, Kafka4Status, TopicReport } from '../../kafka/shapes.js';
import { CLUSTER, ensureTopics, topicNames } from './admin.js';
import type { FakeConsumerService } from './consumer.js';
import type { FakeContext } from './context.js';
import type { FakeProducerService } from './producer.js';

/** What the fakes do not do, for status. */
const LIMITS = [
  'These are the fakes of kafka4/testing: no broker, no network, no other process; messages are kept in memory.',
  'Retries come at once, whatever the back-off of the policy.',
  'A topic is read by one member of a group; there is no rebalance between members.',
];

export class FakeInitializationService implements NativeInitializationService {
  readonly #context: FakeContext;
  readonly #producer: FakeProducerService;
  readonly #consumers: FakeConsumerService;
  #topics: TopicReport[] | undefined;

  constructor(context: FakeContext, producer: FakeProducerService, consumers: FakeConsumerService) {
    this.#context = context;
    this.#producer = producer;
    this.#consumers = consumers;
  }

  initialize(id: number): void {
    this.#context.mailbox.answer(id, () => {
      this.#context.assertReachable();
      this.#topics = ensureTopics(this.#context, this.#context.declared());
      this.#producer.open();
      return { topics: this.#topics };
    });
  }

  cleanup(id: number, timeoutMs: number, _quietMs: number): void {
    this.#context.mailbox.answer(id, async () => {
      this.#topics = undefined;
      await this.#consumers.stopEverything(timeoutMs);
      this.#producer.close();
    });
  }

  isInitialized(): boolean {
    return this.#topics !== undefined;
  }

  status(id: number): void {
    this.#context.mailbox.answer(id, () => this.#status());
  }

  health(id: number): void {
    this.#context.mailbox.answer(id, () => !this.#context.cluster.away);
  }

  metrics(): string {
    const groups = this.#consumers.status();
    const sums = gauges(groups);
    const metrics: Kafka4Metrics = {
      ...this.#context.telemetry.snapshot(),
      producerInFlight: 0,
      consumerQueued: 0,
      consumerInHandlers: sums.consumer_in_handlers,
      consumerLag: sums.consumer_lag,
      consumers: groups,
    };
    return JSON.stringify(metrics);
  }

  prometheus(): string {
    return this.#context.telemetry.prometheus(gauges(this.#consumers.status()));
  }

  #status(): Kafka4Status {
    const { cluster } = this.#context;
    const stopped = [...this.#consumers.stopped];
    const differences = (this.#topics ?? []).filter((topic) => topic.differences.length > 0);
    const reasons: string[] = [];
    if (cluster.away) reasons.push('the cluster does not answer: the fake brokers are away');
    if (stopped.length > 0) reasons.push(`consumption was stopped for: ${stopped.join(', ')}`);
    for (const { name, differences: found } of differences) {
      for (const { what, actual, declared } of found) {
        reasons.push(`topic ${name} has ${what}=${actual}, declared is ${declared}`);
      }
    }
    if (this.#topics === undefined) reasons.push('not initialized: call initializeKafka4()');
    const names = cluster.away ? [] : topicNames(this.#context);
    return {
      initialized: this.isInitialized(),
      status: cluster.away ? 'unhealthy' : reasons.length > 0 ? 'degraded' : 'healthy',
      reasons,
      responseTime: cluster.away ? null : 0,
      cluster: cluster.away ? null : CLUSTER,
      topics: { total: names.length, names, differences },
      producer: { connected: this.#producer.isConnected(), inFlight: 0, error: null },
      consumers: { active: this.#consumers.activeTopics(), groups: this.#consumers.status() },
      limits: LIMITS,
    };
  }
}

function gauges(groups: GroupStatus[]): {
  producer_in_flight: number;
  consumer_in_handlers: number;
  consumer_lag: number;
} {
  const partitions = groups.flatMap((group) => group.partitions);
  const sum = (of: (partition: (typeof partitions)[number]) => number): number =>
    partitions.reduce((total, partition) => total + of(partition), 0);
  return {
    producer_in_flight: 0,
    consumer_in_handlers: sum((partition) => partition.inHandler),
    consumer_lag: sum((partition) => partition.lag ?? 0),
  };
}
