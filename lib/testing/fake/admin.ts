/** What the addon's admin service does, on the fake cluster. */
import type { NativeAdminService, NativeTopicSpec } from '../../../index.js';
import { tell } from '../../kafka/errors.js';
import type { ClusterInfo, TopicDescription, TopicDifference, TopicReport, TopicSpec } from '../../kafka/shapes.js';
import type { FakeContext } from './context.js';
import { errorOf, nativeError } from './failures.js';
import { Refusal } from './mailbox.js';

export class FakeAdminService implements NativeAdminService {
  readonly #context: FakeContext;

  constructor(context: FakeContext) {
    this.#context = context;
  }

  connect(id: number): void {
    this.#answer(id, () => undefined);
  }

  listTopics(id: number): void {
    this.#answer(id, () => topicNames(this.#context));
  }

  describeTopics(id: number, names?: string[] | null): void {
    this.#answer(id, () => (names ?? topicNames(this.#context)).map((name) => describe(this.#known(name))));
  }

  createTopics(id: number, topics: NativeTopicSpec[]): void {
    this.#answer(id, () => ensureTopics(this.#context, topics));
  }

  deleteTopics(id: number, names: string[]): void {
    this.#answer(id, () => {
      for (const name of names) this.#known(name);
      for (const name of names) this.#context.cluster.deleteTopic(name);
    });
  }

  describeCluster(id: number): void {
    this.#answer(id, () => CLUSTER);
  }

  close(id: number, _timeoutMs: number, _quietMs: number): void {
    this.#context.mailbox.answer(id, () => undefined);
  }

  #known(name: string): TopicSpec {
    const topic = this.#context.cluster.topic(name);
    if (topic === undefined) throw new Refusal(errorOf('ERR_KAFKA_UNKNOWN_TOPIC_OR_PART', `topic ${name}`));
    return topic;
  }

  #answer(id: number, work: () => unknown): void {
    this.#context.mailbox.answer(id, () => {
      this.#context.assertReachable();
      return work();
    });
  }
}

export function topicNames({ cluster }: FakeContext): string[] {
  return cluster.topics().map(({ name }) => name);
}

/** Creates what is missing; compares what exists. */
export function ensureTopics({ cluster }: FakeContext, topics: readonly TopicSpec[]): TopicReport[] {
  return topics.map((wanted) => {
    const { name } = wanted;
    try {
      if (cluster.createTopic(wanted)) return { name, created: true, differences: [] };
    } catch (error) {
      throw new Refusal(nativeError('KafkaValidationError', 'ERR_KAFKA_INVALID_ARGUMENT', tell(error)));
    }
    return { name, created: false, differences: differences(wanted, cluster.topic(name) as TopicSpec) };
  });
}

function differences(declared: TopicSpec, actual: TopicSpec): TopicDifference[] {
  const found: TopicDifference[] = [
    { what: 'partitions', declared: declared.partitions, actual: actual.partitions },
    { what: 'retention.ms', declared: declared.retentionMs, actual: actual.retentionMs },
  ];
  return found.filter((each) => each.declared !== each.actual);
}

function describe({ name, partitions, retentionMs }: TopicSpec): TopicDescription {
  const ids = Array.from({ length: partitions }, (_, id) => id);
  return {
    name,
    partitions: ids.map((id) => ({ id, leader: 1, replicas: [1], isr: [1] })),
    retentionMs,
    configs: { 'retention.ms': String(retentionMs) },
  };
}

export const CLUSTER: ClusterInfo = {
  clusterId: 'kafka4-testing',
  controllerId: 1,
  brokers: [{ id: 1, host: 'localhost', port: 9092 }],
  kraft: null,
  version: null,
  metadataVersion: null,
};
