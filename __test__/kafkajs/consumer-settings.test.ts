// KafkaJS's consumer options as properties of librdkafka.

import { PartitionAssigners } from '@/lib/index';
import { Cluster } from '@/lib/kafkajs/config/cluster';
import { consumerSettings } from '@/lib/kafkajs/consumer/config';
import type { ConsumerConfig } from '@/lib/kafkajs/consumer/types';
import type { LogEntry } from '@/lib/kafkajs/logger';
import { thrown } from '../support/until';

const cluster = new Cluster({ brokers: ['localhost:9092'], logLevel: 0 });
const settings = (config: Partial<ConsumerConfig> = {}) => consumerSettings(cluster, { groupId: 'g', ...config });
const properties = (config: Partial<ConsumerConfig> = {}) => settings(config).properties;

test('the defaults are KafkaJS’s', () => {
  expect(properties()).toMatchObject({
    'group.protocol': 'classic',
    'session.timeout.ms': '30000',
    'heartbeat.interval.ms': '3000',
    'max.poll.interval.ms': '60000',
    'partition.assignment.strategy': 'roundrobin',
    'isolation.level': 'read_committed',
    'allow.auto.create.topics': 'true',
    'auto.offset.reset': 'latest',
    'metadata.max.age.ms': '300000',
  });
});

test.each([
  [{ sessionTimeout: 10_000 }, { 'session.timeout.ms': '10000' }],
  [{ heartbeatInterval: 500 }, { 'heartbeat.interval.ms': '500' }],
  // The nearest that librdkafka takes.
  [{ heartbeatInterval: 0 }, { 'heartbeat.interval.ms': '1' }],
  [{ sessionTimeout: 1e12 }, { 'session.timeout.ms': '3600000', 'max.poll.interval.ms': '3600000' }],
  [{ rebalanceTimeout: 1e12 }, { 'max.poll.interval.ms': '86400000' }],
  [{ maxBytes: Number.POSITIVE_INFINITY }, { 'fetch.max.bytes': '2147483135' }],
  [{ rebalanceTimeout: 90_000 }, { 'max.poll.interval.ms': '90000' }],
  // librdkafka wants it not below the session timeout.
  [{ rebalanceTimeout: 5000, sessionTimeout: 20_000 }, { 'max.poll.interval.ms': '20000' }],
  [{ maxBytesPerPartition: 65_536 }, { 'fetch.message.max.bytes': '65536' }],
  [{ minBytes: 10 }, { 'fetch.min.bytes': '10' }],
  [{ maxBytes: 2_000_000 }, { 'fetch.max.bytes': '2000000' }],
  [{ maxWaitTimeInMs: 250 }, { 'fetch.wait.max.ms': '250' }],
  [{ maxInFlightRequests: 3 }, { 'max.in.flight.requests.per.connection': '3' }],
  [{ metadataMaxAge: 60_000 }, { 'metadata.max.age.ms': '60000', 'topic.metadata.refresh.interval.ms': '60000' }],
  [{ readUncommitted: true }, { 'isolation.level': 'read_uncommitted' }],
  [{ allowAutoTopicCreation: false }, { 'allow.auto.create.topics': 'false' }],
  [{ rackId: 'rack-1' }, { 'client.rack': 'rack-1' }],
  [{ groupInstanceId: 'one' }, { 'group.instance.id': 'one' }],
])('%j', (config, wanted) => {
  expect(properties(config)).toMatchObject(wanted);
});

test.each([
  [{ sessionTimeout: Number.POSITIVE_INFINITY }, 'sessionTimeout must be a number of milliseconds, received Infinity'],
  [{ sessionTimeout: Number.NaN }, 'sessionTimeout must be a number of milliseconds, received NaN'],
  [{ heartbeatInterval: Number.NaN }, 'heartbeatInterval must be a number of milliseconds, received NaN'],
  [{ heartbeatInterval: 'soon' }, "heartbeatInterval must be a number of milliseconds, received 'soon'"],
  [
    { rebalanceTimeout: Number.POSITIVE_INFINITY },
    'rebalanceTimeout must be a number of milliseconds, received Infinity',
  ],
  [{ maxWaitTimeInMs: Number.NaN }, 'maxWaitTimeInMs must be a number, received NaN'],
  [{ maxBytes: 'much' }, "maxBytes must be a number, received 'much'"],
])('%p is refused by its name', (config, message) => {
  expect(thrown(() => settings(config as never))).toMatchObject({
    name: 'KafkaJSNonRetriableError',
    message: `Consumer ${message}`,
  });
});

test('bounds of time fit the border, however large the options are', () => {
  const { joinMs, rebalanceMs } = settings({ rebalanceTimeout: 1e12, sessionTimeout: 1e12 });
  expect([joinMs, rebalanceMs].every((ms) => ms < 2 ** 32)).toBe(true);
});

test('a request may take longer than the wait that it asks for', () => {
  expect(Number(properties({ maxWaitTimeInMs: 40_000 })['socket.timeout.ms'])).toBeGreaterThan(41_000);
});

test('the protocol of KIP-848 has none of the classic one’s properties', () => {
  const names = Object.keys(properties({ groupProtocol: 'consumer' }));
  expect(names).toContain('group.protocol');
  expect(names).not.toContain('session.timeout.ms');
  expect(names).not.toContain('heartbeat.interval.ms');
  expect(names).not.toContain('partition.assignment.strategy');
});

describe('partitionAssigners', () => {
  /** What a client logs while it makes consumers with these assigners. */
  const logged = (...configs: Partial<ConsumerConfig>[]): string[] => {
    const entries: string[] = [];
    const logCreator = () => (entry: LogEntry) => void entries.push(`${entry.label} ${entry.log.message}`);
    const own = new Cluster({ brokers: ['localhost:9092'], logLevel: 2, logCreator });
    for (const config of configs) {
      const { properties } = consumerSettings(own, { groupId: 'g', ...config });
      expect(properties['partition.assignment.strategy']).toBe(
        config.groupProtocol === 'consumer' ? undefined : 'roundrobin',
      );
    }
    return entries;
  };
  const custom = (): { name: string } => ({ name: 'own' });

  test('KafkaJS’s round robin is librdkafka’s', () => {
    expect(logged({ partitionAssigners: [PartitionAssigners.roundRobin] }, { partitionAssigners: [] }, {})).toEqual([]);
  });

  test('one in JavaScript is not asked, which is logged once for a client', () => {
    const config = { partitionAssigners: [custom, PartitionAssigners.roundRobin] };
    const [line, ...more] = logged(config, config);
    expect(line).toMatch(/^WARN partitionAssigners: .*\(own, RoundRobinAssigner\).*by librdkafka's roundrobin\./);
    expect(more).toEqual([]);
  });

  test('with KIP-848’s protocol the coordinator assigns', () => {
    const [line] = logged({ partitionAssigners: [custom], groupProtocol: 'consumer' });
    expect(line).toContain("by the coordinator's own assignor");
  });
});

test('the retry options of the client win over those of the cluster', () => {
  const own = new Cluster({ brokers: ['localhost:9092'], logLevel: 0, retry: { retries: 9, factor: 0 } });
  const { retry } = consumerSettings(own, { groupId: 'g', retry: { retries: 1 } });
  expect([retry.retries, retry.factor]).toEqual([1, 0]);
});
