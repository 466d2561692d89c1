// Programs typed against kafkajs compile with kafka4 in its place, by alias, without a changed line.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/child';

const DECLARATIONS = readFileSync(join(ROOT, 'node_modules', 'kafkajs', 'types', 'index.d.ts'), 'utf8');

/** What kafkajs declares: in a module of declarations everything is exported, also without the word before it. */
const NAMES = [
  ...new Set(
    [...DECLARATIONS.matchAll(/^(?:export )?(?:type|interface|class|enum|const|var) (\w+)/gm)].map(([, name]) => name),
  ),
] as string[];

const PROGRAM = `
import {
  type Admin, AclOperationTypes, CompressionTypes, type Consumer, ConfigResourceTypes, type EachBatchPayload,
  type EachMessagePayload, type ICustomPartitioner, Kafka, type KafkaConfig, KafkaJSConnectionError, KafkaJSError,
  KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError, type LogEntry, logLevel, type Message,
  PartitionAssigners, Partitioners, type Producer, type ProducerBatch, type ProducerRecord, type RecordMetadata,
  type SASLOptions, type Transaction, AssignerProtocol, CompressionCodecs,
} from 'kafkajs';

const sasl: SASLOptions = { mechanism: 'plain', username: 'u', password: 'p' };
const level: number = Number(process.env.LEVEL);
const config: KafkaConfig = {
  clientId: 'app', brokers: async () => ['a:1'], ssl: { rejectUnauthorized: false, ca: ['pem'] }, sasl,
  connectionTimeout: 1, authenticationTimeout: 1, reauthenticationThreshold: 1, requestTimeout: 1, enforceRequestTimeout: true,
  retry: { retries: 1, initialRetryTime: 1, factor: 0.1, multiplier: 2, maxRetryTime: 3, restartOnFailure: async () => true },
  logLevel: level,
  logCreator: (logLevel) => ({ namespace, level, label, log }: LogEntry) => {
    const { message, timestamp, ...extra } = log;
    console.log(logLevel, namespace, level, label, message, timestamp, extra);
  },
};
const kafka = new Kafka(config);
kafka.logger().namespace('x', logLevel.DEBUG).info('text', { more: 1 });

const custom: ICustomPartitioner = () => ({ topic, partitionMetadata, message }) =>
  topic && message.key ? partitionMetadata[0]!.partitionId : 0;
const producer: Producer = kafka.producer({
  createPartitioner: custom, retry: { retries: 1 }, metadataMaxAge: 1, allowAutoTopicCreation: true, idempotent: true,
  transactionalId: 'x', transactionTimeout: 1, maxInFlightRequests: 1,
});
kafka.producer({ createPartitioner: Partitioners.LegacyPartitioner });

export async function produce(): Promise<RecordMetadata[]> {
  const messages: Message[] = [
    { key: 'k', value: 'v', partition: 0, headers: { a: 'b', c: Buffer.from('d'), e: ['f', Buffer.from('g')] }, timestamp: '1' },
    { value: null },
  ];
  const record: ProducerRecord = { topic: 't', messages, acks: -1, timeout: 1, compression: CompressionTypes.GZIP };
  const batch: ProducerBatch = { topicMessages: [{ topic: 't', messages }], compression: CompressionTypes.None };
  await producer.connect();
  const off: () => void = producer.on(producer.events.CONNECT, ({ id, type, timestamp, payload }) => {
    const none: null = payload;
    const text: string = id + type;
    void [none, text, timestamp];
  });
  producer.on('producer.network.request', ({ payload: { apiName, broker, duration } }) => void [apiName, broker, duration]);
  off();
  const transaction: Transaction = await producer.transaction();
  await transaction.sendBatch(batch);
  await transaction.sendOffsets({ consumerGroupId: 'g', topics: [{ topic: 't', partitions: [{ partition: 0, offset: '1' }] }] });
  if (transaction.isActive()) await transaction.abort();
  const results = await producer.send(record);
  const first: string | undefined = results[0]?.baseOffset;
  void [first, producer.isIdempotent(), producer.logger()];
  return results;
}

export async function consume(): Promise<void> {
  const consumer: Consumer = kafka.consumer({
    groupId: 'g', partitionAssigners: [PartitionAssigners.roundRobin], sessionTimeout: 1, rebalanceTimeout: 1,
    heartbeatInterval: 1, maxBytesPerPartition: 1, minBytes: 1, maxBytes: 1, maxWaitTimeInMs: 1, retry: { retries: 1 },
    allowAutoTopicCreation: true, maxInFlightRequests: 1, readUncommitted: false, rackId: 'r', metadataMaxAge: 1,
  });
  await consumer.subscribe({ topics: ['a', /b/], fromBeginning: true });
  await consumer.run({
    autoCommitInterval: null, autoCommitThreshold: 1, partitionsConsumedConcurrently: 2,
    eachMessage: async ({ topic, partition, message, heartbeat, pause }: EachMessagePayload) => {
      const key: Buffer | null = message.key;
      const text: string | undefined = message.value?.toString();
      const header = message.headers?.['a'];
      await heartbeat();
      pause()();
      void [topic, partition, key, text, header, message.offset, message.timestamp];
    },
  });
  await consumer.run({
    eachBatch: async ({ batch, resolveOffset, commitOffsetsIfNecessary, uncommittedOffsets, isRunning, isStale }: EachBatchPayload) => {
      for (const message of batch.messages) resolveOffset(message.offset);
      await commitOffsetsIfNecessary(uncommittedOffsets());
      void [isRunning(), isStale(), batch.firstOffset(), batch.lastOffset(), batch.offsetLag(), batch.isEmpty()];
    },
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => void memberAssignment['t']);
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => void [error.message, restart]);
  consumer.seek({ topic: 't', partition: 0, offset: '1' });
  consumer.pause([{ topic: 't', partitions: [0] }]);
  await consumer.commitOffsets([{ topic: 't', partition: 0, offset: '1', metadata: null }]);
  const { state } = await consumer.describeGroup();
  if (state === 'Stable') await consumer.stop();
}

export async function administrate(): Promise<void> {
  const admin: Admin = kafka.admin({ retry: { retries: 1 } });
  const made: boolean = await admin.createTopics({ topics: [{ topic: 't', numPartitions: 1, configEntries: [{ name: 'a', value: 'b' }] }] });
  const { topics } = await admin.fetchTopicMetadata({ topics: ['t'] });
  const leader: number = topics[0]!.partitions[0]!.leader;
  const { controller, clusterId } = await admin.describeCluster();
  await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: 't' }] });
  const offsets = await admin.fetchOffsets({ groupId: 'g', topics: ['t'] });
  void [made, leader, controller, clusterId, offsets[0]?.partitions[0]?.metadata, AclOperationTypes.READ];
}

export function tell(error: unknown): string {
  if (error instanceof KafkaJSProtocolError) return error.type + error.code;
  if (error instanceof KafkaJSNumberOfRetriesExceeded) return String(error.retryCount + error.retryTime);
  if (error instanceof KafkaJSConnectionError) return error.broker ?? '';
  if (error instanceof KafkaJSNonRetriableError || error instanceof KafkaJSError) return String(error.retriable) + error.helpUrl;
  return '';
}

CompressionCodecs[CompressionTypes.Snappy] = () => ({});
AssignerProtocol.MemberAssignment.decode(Buffer.alloc(0))?.assignment['t'];
`;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'kafka4-kafkajs-types-'));
  const modules = join(dir, 'node_modules');
  mkdirSync(join(modules, '@types'), { recursive: true });
  // As `"kafkajs": "npm:kafka4"` installs it.
  symlinkSync(ROOT, join(modules, 'kafkajs'), 'dir');
  symlinkSync(join(ROOT, 'node_modules', '@types', 'node'), join(modules, '@types', 'node'), 'dir');
  symlinkSync(join(ROOT, 'node_modules', 'undici-types'), join(modules, 'undici-types'), 'dir');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function compile(program: string): string {
  writeFileSync(join(dir, 'package.json'), '{}');
  writeFileSync(join(dir, 'program.ts'), program);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    module: 'node16',
    moduleResolution: 'node16',
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    esModuleInterop: true,
    types: ['node'],
    preserveSymlinks: true,
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  const { stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', dir], {
    encoding: 'utf8',
  });
  return stdout;
}

test('kafkajs declares about as many names as we think', () => {
  expect(NAMES.length).toBeGreaterThan(150);
});

test('every name that kafkajs declares is there', () => {
  expect(compile(`import type { ${NAMES.join(', ')} } from 'kafkajs';\nexport type Some = [Kafka, KafkaConfig];`)).toBe(
    '',
  );
}, 120_000);

test('a program compiles', () => {
  expect(compile(PROGRAM)).toBe('');
}, 120_000);

test('what is wrong with kafkajs is wrong here', () => {
  const wrong = compile("import { Kafka } from 'kafkajs';\nnew Kafka({ brokers: 5 }).producer().send({ topic: 1 });");
  expect(wrong).toContain('TS2322');
}, 120_000);
