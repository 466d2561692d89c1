/** KafkaJS's consumer configuration as properties of librdkafka. Messages are KafkaJS's. */
import { show } from '../../kafka/errors.js';
import type { Cluster } from '../config/cluster.js';
import type { Retry } from '../config/retry.js';
import { within } from '../config/within.js';
import { KafkaJSNonRetriableError } from '../errors/index.js';
import type { ConsumerConfig } from './types.js';

export interface ConsumerSettings {
  groupId: string;
  retry: Retry;
  /** Somebody decides whether to start again after what can be retried; else it is always done. */
  restartOnFailure: ((error: Error) => Promise<boolean>) | undefined;
  /** ms that a join may take. */
  joinMs: number;
  rebalanceMs: number;
  /** Of librdkafka. */
  properties: Record<string, string>;
  /** The same on the embedded broker. */
  embedded: Record<string, string>;
}

/** ms that a request may take above the wait that it asks the broker for. */
const ABOVE_WAIT_MS = 2_000;
/** ms that librdkafka waits for an answer at most. */
const MOST_MS = 300_000;
/** ms after which a broker that does not answer is given up, if a session lasts twice that. */
const SILENCE_MS = 10_000;
const HOUR_MS = 3_600_000;
/** The name by which members of KafkaJS's round robin know each other. */
const ROUND_ROBIN = 'RoundRobinAssigner';

export function consumerSettings(cluster: Cluster, config: ConsumerConfig): ConsumerSettings {
  const { groupId, heartbeatInterval = 3000, sessionTimeout = 30_000 } = config;
  if (!groupId) throw new KafkaJSNonRetriableError('Consumer groupId must be a non-empty string.');
  if (typeof groupId !== 'string') {
    throw new KafkaJSNonRetriableError(`Consumer groupId must be a non-empty string, received ${show(groupId)}`);
  }
  if (heartbeatInterval >= sessionTimeout) {
    throw new KafkaJSNonRetriableError(
      `Consumer heartbeatInterval (${heartbeatInterval}) must be lower than sessionTimeout (${sessionTimeout}). It is recommended to set heartbeatInterval to approximately a third of the sessionTimeout.`,
    );
  }
  const times = timesOf(config);
  noteAssigners(cluster, config);
  const retry = cluster.retry(config.retry);
  return {
    groupId,
    retry,
    restartOnFailure: retry.restartOnFailure,
    joinMs: times.poll + cluster.requestTimeout,
    rebalanceMs: times.rebalance,
    properties: { ...membership(config, times), ...reading(cluster, config) },
    // It takes a session's time for each rebalance of the classic protocol, and 0.2 s for one of KIP-848's.
    embedded: { ...membership({ groupProtocol: 'consumer', ...config }, times), ...reading(cluster, config) },
  };
}

/** ms, each within librdkafka's limits. */
interface Times {
  session: number;
  heartbeat: number;
  rebalance: number;
  /** librdkafka wants it not below the session timeout. */
  poll: number;
}

function timesOf({
  heartbeatInterval = 3000,
  sessionTimeout = 30_000,
  rebalanceTimeout = 60_000,
}: ConsumerConfig): Times {
  const session = time('sessionTimeout', sessionTimeout, HOUR_MS);
  const heartbeat = time('heartbeatInterval', heartbeatInterval, HOUR_MS);
  const rebalance = time('rebalanceTimeout', rebalanceTimeout, 24 * HOUR_MS);
  return { session, heartbeat, rebalance, poll: Math.max(rebalance, session) };
}

/** The nearest that librdkafka takes. */
function time(name: string, value: unknown, most: number): number {
  if (!Number.isFinite(Number(value))) {
    throw new KafkaJSNonRetriableError(`Consumer ${name} must be a number of milliseconds, received ${show(value)}`);
  }
  return Number(within(Number(value), 1, most));
}

/** How the member shows that it lives, and how partitions come to it. */
function membership({ groupInstanceId, groupProtocol }: ConsumerConfig, times: Times): Record<string, string> {
  if (groupProtocol !== undefined && groupProtocol !== 'classic' && groupProtocol !== 'consumer') {
    throw new KafkaJSNonRetriableError(`groupProtocol must be "classic" or "consumer", not "${String(groupProtocol)}"`);
  }
  const properties: Record<string, string> = { 'max.poll.interval.ms': String(times.poll) };
  if (groupInstanceId !== undefined) properties['group.instance.id'] = groupInstanceId;
  if (groupProtocol === 'consumer') return { ...properties, 'group.protocol': 'consumer' };
  return {
    ...properties,
    'group.protocol': 'classic',
    'session.timeout.ms': String(times.session),
    'heartbeat.interval.ms': String(times.heartbeat),
    // As KafkaJS: everything is given back and assigned anew, so that each join tells a whole assignment.
    'partition.assignment.strategy': 'roundrobin',
  };
}

function reading(cluster: Cluster, config: ConsumerConfig): Record<string, string> {
  const { sessionTimeout = 30_000, maxWaitTimeInMs, metadataMaxAge = 300_000 } = config;
  for (const name of ['metadataMaxAge', 'maxBytesPerPartition', 'minBytes', 'maxBytes', 'maxWaitTimeInMs'] as const) {
    if (!Number.isNaN(Number(config[name] ?? 0))) continue;
    throw new KafkaJSNonRetriableError(`Consumer ${name} must be a number, received ${show(config[name])}`);
  }
  const silence = Math.min(cluster.requestTimeout, Math.max(sessionTimeout / 2, SILENCE_MS));
  const properties: Record<string, string> = {
    'isolation.level': config.readUncommitted === true ? 'read_uncommitted' : 'read_committed',
    'allow.auto.create.topics': String(config.allowAutoTopicCreation ?? true),
    'topic.metadata.refresh.interval.ms': within(metadataMaxAge, 10, 3_600_000),
    'metadata.max.age.ms': within(metadataMaxAge, 1, 86_400_000),
    // Where nothing is committed and the subscription does not say otherwise.
    'auto.offset.reset': 'latest',
    'socket.timeout.ms': within(Math.max(silence, (maxWaitTimeInMs ?? 0) + ABOVE_WAIT_MS), 10, MOST_MS),
  };
  // With the limits of librdkafka, within which brokers cannot tell the difference.
  const numbers: [string, number | null | undefined, number, number][] = [
    ['fetch.message.max.bytes', config.maxBytesPerPartition, 1, 1_000_000_000],
    ['fetch.min.bytes', config.minBytes, 1, 100_000_000],
    ['fetch.max.bytes', config.maxBytes, 1_000, 2_147_483_135],
    ['fetch.wait.max.ms', maxWaitTimeInMs, 0, MOST_MS - ABOVE_WAIT_MS],
    ['max.in.flight.requests.per.connection', config.maxInFlightRequests, 1, 1_000_000],
  ];
  for (const [name, value, least, most] of numbers) {
    if (value != null) properties[name] = within(value, least, most);
  }
  // librdkafka wants it not above fetch.max.bytes; to a consumer it means nothing else.
  if (config.maxBytes != null) {
    properties['message.max.bytes'] = String(Math.min(Number(properties['fetch.max.bytes']), 1_000_000));
  }
  if (config.rackId) properties['client.rack'] = config.rackId;
  return properties;
}

/** Clients whose log says already that an assigner is not asked. */
const warned = new WeakSet<Cluster>();

/** An assigner in JavaScript is made, as KafkaJS does, but librdkafka assigns: that is logged, once for a client. */
function noteAssigners(cluster: Cluster, { partitionAssigners, groupId, groupProtocol }: ConsumerConfig): void {
  if (partitionAssigners === undefined) return;
  const names = partitionAssigners.map((create) => {
    const assigner = create({ groupId, logger: cluster.logger, cluster }) as { name?: unknown };
    return assigner?.name;
  });
  if (names.every((name) => name === ROUND_ROBIN) || warned.has(cluster)) return;
  warned.add(cluster);
  const instead = groupProtocol === 'consumer' ? "the coordinator's own assignor" : "librdkafka's roundrobin";
  cluster.logger.warn(
    `partitionAssigners: an assigner in JavaScript (${names.join(', ')}) is not asked, partitions are assigned by ${instead}. ` +
      'Leave the option out, or give PartitionAssigners.roundRobin, and nothing is logged',
    { groupId },
  );
}
