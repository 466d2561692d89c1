/** Topics: create, delete, give more partitions. */
import { numeric } from '../config/numeric.js';
import { protocolErrorOf } from '../errors/codes.js';
import {
  KafkaJSAggregateError,
  KafkaJSCreateTopicError,
  type KafkaJSProtocolError,
  KafkaJSTimeout,
} from '../errors/index.js';
import { checkTopics, refuse, timeoutOf } from './checks.js';
import type { AdminClient } from './client.js';
import { describeTopics } from './metadata.js';
import { sleep } from './retrying.js';
import type { Admin, ITopicConfig } from './types.js';
import { assertDone, CODES, type Verdict, withReason, withTimeouts } from './verdicts.js';

/** ms that the controller may take: what KafkaJS asks for. */
const TIMEOUT_MS = 5_000;
/** ms for leaders where no timeout is given, and between two looks. */
const LEADERS_MS = 10_000;
const LOOK_MS = 100;

type TopicVerdict = Verdict & { topic: string };

export async function createTopics(
  client: AdminClient,
  { topics, validateOnly = false, timeout, waitForLeaders = true }: Parameters<Admin['createTopics']>[0],
): Promise<boolean> {
  checkTopics(topics, 'topics');
  for (const each of topics) checkEntries(each);
  const wanted = (topics as ITopicConfig[]).map(withNumbers);
  const timeoutMs = timeoutOf(timeout, TIMEOUT_MS);
  return client.retrying(['NOT_CONTROLLER'], 'Could not create topics', async () => {
    const verdicts = await create(client, wanted, validateOnly, timeoutMs);
    const errors = verdicts.filter(({ errorCode }) => errorCode !== 0).map(createError);
    if (errors.length > 0) {
      const moved = errors.find(({ type }) => type === 'NOT_CONTROLLER');
      if (moved !== undefined) throw moved;
      if (errors.every(({ type }) => type === 'TOPIC_ALREADY_EXISTS')) return false;
      throw new KafkaJSAggregateError('Topic creation errors', errors);
    }
    if (waitForLeaders && !validateOnly) await untilLed(client, wanted, timeout == null ? LEADERS_MS : timeoutMs);
    return true;
  });
}

/** Digits in a text count as numbers, as in KafkaJS. */
function withNumbers(config: ITopicConfig): ITopicConfig {
  const { numPartitions, replicationFactor } = config;
  return {
    ...config,
    numPartitions: numeric(numPartitions) as number,
    replicationFactor: numeric(replicationFactor) as number,
  };
}

function createError({ topic, errorCode, errorMessage }: TopicVerdict): KafkaJSCreateTopicError {
  const error = new KafkaJSCreateTopicError(protocolErrorOf(errorCode) as KafkaJSProtocolError, topic);
  return withReason(error, errorMessage);
}

function checkEntries({ topic, configEntries }: ITopicConfig): void {
  if (configEntries == null) return;
  if (!Array.isArray(configEntries)) refuse(`Invalid configEntries for topic "${topic}", must be an array`);
  configEntries.forEach((entry: unknown, index) => {
    const where = `Invalid configEntries for topic "${topic}". Entry ${index} must`;
    if (typeof entry !== 'object' || entry === null) refuse(`${where} be an object`);
    for (const name of ['name', 'value']) {
      const own = Object.hasOwn(entry, name) && typeof (entry as Record<string, unknown>)[name] === 'string';
      if (!own) refuse(`${where} have a valid "${name}" property`);
    }
  });
}

/** What librdkafka refuses before it asks gets the answer that a broker would give, the others are asked for. */
async function create(client: AdminClient, topics: ITopicConfig[], validateOnly: boolean, timeoutMs: number) {
  const refused: TopicVerdict[] = [];
  const wanted: object[] = [];
  for (const each of topics) {
    const errorCode = refusal(each);
    if (errorCode === 0) wanted.push(newTopic(each));
    else refused.push({ topic: each.topic, errorCode, errorMessage: null });
  }
  const request = { topics: wanted, validateOnly, timeoutMs };
  const answers = await client.ask<TopicVerdict[]>('createTopics', request, timeoutMs);
  return [...refused, ...withTimeouts(answers, timeoutMs)];
}

const sorted = ({ replicaAssignment = [] }: ITopicConfig) =>
  [...replicaAssignment].sort((a, b) => a.partition - b.partition);

/** -1: as many as the brokers have as their default. */
const isCount = (value: unknown): boolean => Number.isInteger(value) && ((value as number) >= 1 || value === -1);

function refusal(config: ITopicConfig): number {
  const { topic, numPartitions = -1, replicationFactor = -1 } = config;
  const replicas = sorted(config);
  if (topic === '' || topic.length > 249 || topic.includes('\0')) return CODES.INVALID_TOPIC_EXCEPTION;
  if (replicas.some(({ partition }, index) => partition !== index)) return CODES.INVALID_REPLICA_ASSIGNMENT;
  if (replicas.length > 0) return 0;
  if (!isCount(numPartitions)) return CODES.INVALID_PARTITIONS;
  if (!isCount(replicationFactor)) return CODES.INVALID_REPLICATION_FACTOR;
  return 0;
}

function newTopic(config: ITopicConfig): object {
  const { topic, numPartitions = -1, replicationFactor = -1, configEntries } = config;
  return {
    topic,
    numPartitions,
    replicationFactor,
    replicas: sorted(config).map(({ replicas }) => replicas),
    configs: (configEntries ?? []).map(({ name, value }) => [name, value]),
  };
}

/** Until every partition of the topics has a leader: produce and consume at once will work. */
async function untilLed(client: AdminClient, topics: ITopicConfig[], maxWait: number): Promise<void> {
  const names = topics.map(({ topic }) => topic);
  const end = Date.now() + maxWait;
  for (;;) {
    const found = await describeTopics(client, names);
    const led = ({ errorCode, partitions }: (typeof found)[number]) =>
      errorCode === 0 && partitions.length > 0 && partitions.every(({ leader }) => leader >= 0);
    if (found.every(led)) return;
    if (Date.now() >= end) throw new KafkaJSTimeout('Timed out while waiting for topic leaders');
    await sleep(LOOK_MS);
  }
}

export async function deleteTopics(
  client: AdminClient,
  { topics, timeout }: Parameters<Admin['deleteTopics']>[0],
): Promise<void> {
  if (!Array.isArray(topics)) refuse(`Invalid topics array ${topics}`);
  if (!topics.every((topic: unknown) => typeof topic === 'string')) {
    refuse('Invalid topics array, the names must be a valid string');
  }
  // What an attempt has deleted, the next one would not find.
  const left = new Set(topics);
  const timeoutMs = timeoutOf(timeout, TIMEOUT_MS);
  await client.retrying(['NOT_CONTROLLER', 'UNKNOWN_TOPIC_OR_PARTITION'], 'Could not delete topics', async () => {
    const request = { topics: [...left], timeoutMs };
    const verdicts = withTimeouts(await client.ask<TopicVerdict[]>('deleteTopics', request, timeoutMs), timeoutMs);
    for (const { topic, errorCode } of verdicts) if (errorCode === 0) left.delete(topic);
    assertDone(verdicts);
  });
}

export async function createPartitions(
  client: AdminClient,
  { topicPartitions, validateOnly = false, timeout }: Parameters<Admin['createPartitions']>[0],
): Promise<void> {
  const list: unknown = topicPartitions;
  if (Array.isArray(list) && list.length === 0) refuse('Empty topic partitions array');
  checkTopics(list, 'topic partitions');
  const timeoutMs = timeoutOf(timeout, TIMEOUT_MS);
  await client.retrying(['NOT_CONTROLLER'], 'Could not create partitions', async () => {
    const topics = topicPartitions.map(({ topic, count, assignments }) => ({
      topic,
      count: numeric(count) as number,
      assignments: assignments ?? [],
    }));
    const bad = topics.find(({ count }) => !Number.isInteger(count) || count < 1);
    if (bad !== undefined) throw protocolErrorOf(CODES.INVALID_PARTITIONS);
    const short = topics.find(({ assignments, count }) => assignments.length > count);
    if (short !== undefined) throw protocolErrorOf(CODES.INVALID_REPLICA_ASSIGNMENT);
    const request = { topics, validateOnly, timeoutMs };
    const verdicts = await client.ask<TopicVerdict[]>('createPartitions', request, timeoutMs);
    assertDone(withTimeouts(verdicts, timeoutMs));
  });
}
