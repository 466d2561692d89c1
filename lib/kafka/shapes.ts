/** What status, metrics and administration give; the core serializes them (core/src/services/status.rs and control/). */

export interface TopicDifference {
  /** `partitions` or `retention.ms`. */
  what: string;
  declared: number;
  actual: number;
}

export interface TopicReport {
  name: string;
  /** False: it existed and was left alone. */
  created: boolean;
  differences: TopicDifference[];
}

export interface TopicSpec {
  name: string;
  partitions: number;
  /** ms; -1: for ever. */
  retentionMs: number;
}

export interface TopicDescription {
  name: string;
  partitions: { id: number; leader: number; replicas: number[]; isr: number[] }[];
  retentionMs: number | null;
  /** What differs from Kafka's defaults, by Kafka's names. */
  configs: Record<string, string>;
}

export interface ClusterInfo {
  clusterId: string | null;
  controllerId: number | null;
  brokers: { id: number; host: string; port: number }[];
  /** Null: the broker does not tell. */
  kraft: boolean | null;
  /** `4.1`; null where it cannot be found out (TLS). */
  version: string | null;
  /** The release whose features the whole cluster has been finalized to, at most `version`. */
  metadataVersion: string | null;
}

export interface PartitionStatus {
  topic: string;
  partition: number;
  /** Offset of the next message to be handed to a handler; null: none yet. */
  position: number | null;
  /** Offset up to which handlers have finished. */
  stored: number | null;
  committed: number | null;
  highWatermark: number | null;
  /** Messages behind the end of the partition. */
  lag: number | null;
  /** Fetched, not handed out; counted once a second. */
  queued: number;
  /** Handed out to the handler, not finished. */
  inHandler: number;
  paused: boolean;
  /** ms since messages were last delivered or finished. */
  lastProgressMs: number;
  stalled: boolean;
}

export interface GroupStatus {
  groupId: string;
  topics: string[];
  /** Why the group cannot be joined; null where nothing is wrong. */
  error: { code: string; message: string } | null;
  memberState: 'idle' | 'joining' | 'joined' | 'revoking' | 'closing' | 'closed';
  partitions: PartitionStatus[];
}

export interface Kafka4Status {
  initialized: boolean;
  status: 'healthy' | 'degraded' | 'unhealthy';
  /** One sentence for each thing that is not as it should be. */
  reasons: string[];
  /** ms of the round trip to the cluster; null without an answer. */
  responseTime: number | null;
  cluster: ClusterInfo | null;
  topics: { total: number; names: string[]; differences: TopicReport[] };
  producer: { connected: boolean; inFlight: number; error: { code: string; message: string } | null };
  consumers: { active: string[]; groups: GroupStatus[] };
  /** What this broker cannot do (the embedded one), in sentences. */
  limits: string[];
}

/** ms. */
export interface Percentiles {
  count: number;
  mean: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Totals since the start; rates are messages a second over the last 10 s. */
export interface Kafka4Metrics {
  produced: number;
  producedBytes: number;
  produceErrors: number;
  produceRetries: number;
  produceRate: number;
  transactionsCommitted: number;
  transactionsAborted: number;
  consumed: number;
  consumedBytes: number;
  handled: number;
  handleRate: number;
  handlerErrors: number;
  handlerRetries: number;
  deadLetters: number;
  commits: number;
  commitErrors: number;
  rebalances: number;
  stalls: number;
  connectionErrors: number;
  /** From the call to the acknowledgement. */
  publishLatency: Percentiles;
  handlerLatency: Percentiles;
  producerInFlight: number;
  consumerQueued: number;
  consumerInHandlers: number;
  consumerLag: number;
  consumers: GroupStatus[];
}
