/** KafkaJS's consumer configuration as properties of librdkafka. Messages are KafkaJS's. */
import type { Cluster } from '../config/cluster.js';
import type { Retry } from '../config/retry.js';
import { KafkaJSNonRetriableError, KafkaJSNotImplemented } from '../errors/index.js';
import type { ConsumerConfig } from './types.js';

export interface ConsumerSettings {
  groupId: string;
  retry: Retry;
  /** Somebody decides whether to start again after what can be retried; else it is always done. */
  restartOnFailure: ((error: Error) => Promise<boolean>) | undefined;
  /** ms that a join may take. */
  joinMs: number;
  /** Of librdkafka. */
  properties: Record<string, string>;
  /** The same on the embedded broker. */
  embedded: Record<string, string>;
}

/** ms that a request may take above the wait that it asks the broker for. */
const ABOVE_WAIT_MS = 2_000;
/** ms after which a broker that does not answer is given up, if a session lasts twice that. */
const SILENCE_MS = 10_000;
/** The name by which members of KafkaJS's round robin know each other. */
const ROUND_ROBIN = 'RoundRobinAssigner';

export function consumerSettings(cluster: Cluster, config: ConsumerConfig): ConsumerSettings {
  const { groupId, heartbeatInterval = 3000, sessionTimeout = 30_000, rebalanceTimeout = 60_000 } = config;
  if (!groupId) throw new KafkaJSNonRetriableError('Consumer groupId must be a non-empty string.');
  if (heartbeatInterval >= sessionTimeout) {
    throw new KafkaJSNonRetriableError(
      `Consumer heartbeatInterval (${heartbeatInterval}) must be lower than sessionTimeout (${sessionTimeout}). It is recommended to set heartbeatInterval to approximately a third of the sessionTimeout.`,
    );
  }
  assertAssigners(cluster, config);
  const retry = cluster.retry(config.retry);
  return {
    groupId,
    retry,
    restartOnFailure: retry.restartOnFailure,
    joinMs: Math.max(rebalanceTimeout, sessionTimeout) + cluster.requestTimeout,
    properties: { ...membership(config), ...reading(cluster, config) },
    // It takes a session's time for each rebalance of the classic protocol, and 0.2 s for one of KIP-848's.
    embedded: { ...membership({ groupProtocol: 'consumer', ...config }), ...reading(cluster, config) },
  };
}

/** How the member shows that it lives, and how partitions come to it. */
function membership(config: ConsumerConfig): Record<string, string> {
  const { heartbeatInterval = 3000, sessionTimeout = 30_000, rebalanceTimeout = 60_000, groupProtocol } = config;
  if (groupProtocol !== undefined && groupProtocol !== 'classic' && groupProtocol !== 'consumer') {
    throw new KafkaJSNonRetriableError(`groupProtocol must be "classic" or "consumer", not "${String(groupProtocol)}"`);
  }
  const properties: Record<string, string> = {
    // librdkafka wants it not below the session timeout.
    'max.poll.interval.ms': String(Math.max(rebalanceTimeout, sessionTimeout)),
  };
  if (config.groupInstanceId !== undefined) properties['group.instance.id'] = config.groupInstanceId;
  if (groupProtocol === 'consumer') return { ...properties, 'group.protocol': 'consumer' };
  return {
    ...properties,
    'group.protocol': 'classic',
    'session.timeout.ms': String(sessionTimeout),
    'heartbeat.interval.ms': String(heartbeatInterval),
    // As KafkaJS: everything is given back and assigned anew, so that each join tells a whole assignment.
    'partition.assignment.strategy': 'roundrobin',
  };
}

function reading(cluster: Cluster, config: ConsumerConfig): Record<string, string> {
  const { sessionTimeout = 30_000, maxWaitTimeInMs, metadataMaxAge = 300_000 } = config;
  const silence = Math.min(cluster.requestTimeout, Math.max(sessionTimeout / 2, SILENCE_MS));
  const properties: Record<string, string> = {
    'isolation.level': config.readUncommitted === true ? 'read_uncommitted' : 'read_committed',
    'allow.auto.create.topics': String(config.allowAutoTopicCreation ?? true),
    'topic.metadata.refresh.interval.ms': String(metadataMaxAge),
    'metadata.max.age.ms': String(Math.max(metadataMaxAge, 1)),
    // Where nothing is committed and the subscription does not say otherwise.
    'auto.offset.reset': 'latest',
    'socket.timeout.ms': String(Math.max(Math.round(silence), (maxWaitTimeInMs ?? 0) + ABOVE_WAIT_MS)),
  };
  const numbers: [string, number | null | undefined][] = [
    ['fetch.message.max.bytes', config.maxBytesPerPartition],
    ['fetch.min.bytes', config.minBytes],
    ['fetch.max.bytes', config.maxBytes],
    ['fetch.wait.max.ms', maxWaitTimeInMs],
    ['max.in.flight.requests.per.connection', config.maxInFlightRequests],
  ];
  for (const [name, value] of numbers) if (value != null) properties[name] = String(value);
  if (config.rackId) properties['client.rack'] = config.rackId;
  return properties;
}

function assertAssigners(cluster: Cluster, { partitionAssigners, groupId }: ConsumerConfig): void {
  if (partitionAssigners === undefined) return;
  const names = partitionAssigners.map((create) => {
    const assigner = create({ groupId, logger: cluster.logger, cluster }) as { name?: unknown };
    return assigner?.name;
  });
  if (names.length > 0 && names.every((name) => name === ROUND_ROBIN)) return;
  throw new KafkaJSNotImplemented(
    `partitionAssigners: assignments are made by librdkafka, an assigner in JavaScript (${names.join(', ')}) cannot be ` +
      'asked. Leave the option out, or give PartitionAssigners.roundRobin',
  );
}
