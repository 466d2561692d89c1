// Contract section 2: each variable changes something that Kafka's own tools, or the process, can see.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChildOptions, lastLine, runScript } from '../support/child';
import { unusedPort } from '../support/listeners';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { unique } from '../support/until';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker?.stop());

const USE = `
  import { kafkaProducerService, kafkaConsumerService, kafkaAdminService, kafkaInitializationService, kafkaConfig, initializeKafka4 } from 'kafka4';
  const topic = process.env.TOPIC;
  const retentionMs = 3600000;
  await kafkaAdminService.createTopics([{ name: topic, partitions: 1, retentionMs }]);`;

const run = (script: string, env: Record<string, string>, options: ChildOptions = {}) =>
  runScript(script, { ...options, env: { KAFKA_BROKER: broker.brokers, ...env } });

/** The batches of partition 0 as Kafka's own dump shows them. */
async function batchesOf(topic: string): Promise<{ count: number; size: number; codec: string }[]> {
  const folder = join(broker.dir, 'data', `${topic}-0`);
  const [log] = readdirSync(folder).filter((name) => name.endsWith('.log'));
  const dump = await broker.exec('DumpLogSegments', ['--files', join(folder, log as string)]);
  return dump.split('\n').flatMap((line) => {
    const found = /baseOffset: .* count: (\d+) .* size: (\d+) .* compresscodec: (\w+)/.exec(line);
    return found === null ? [] : [{ count: Number(found[1]), size: Number(found[2]), codec: found[3] as string }];
  });
}

const PUBLISH = `${USE}
  const messages = Array.from({ length: 2000 }, (_, i) => ({ value: 'the same text over and over again '.repeat(3) + i }));
  await kafkaProducerService.publishBatch(topic, messages);
  await kafkaInitializationService.cleanup();`;

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
  'KAFKA_COMPRESSION_TYPE=%s is what is stored, and is read back',
  async (type) => {
    const topic = unique(`codec-${type}`);
    const script = `${PUBLISH.replace('await kafkaInitializationService.cleanup();', '')}
    let seen = 0;
    kafkaConsumerService.registerBatchHandler(topic, async ({ batch }) => { seen += batch.messages.length; });
    await kafkaConsumerService.startConsumer(topic, topic);
    while (seen < 2000) await new Promise((resolve) => setTimeout(resolve, 10));
    await kafkaInitializationService.cleanup();
    console.log(seen);`;
    const result = await run(script, { TOPIC: topic, KAFKA_COMPRESSION_TYPE: type });
    expect(result).toMatchObject({ code: 0, stdout: '2000\n', hung: false });
    const codecs = new Set((await batchesOf(topic)).map((batch) => batch.codec.toLowerCase()));
    expect([...codecs]).toEqual([type]);
  },
);

test('without KAFKA_COMPRESSION_TYPE messages are stored with lz4', async () => {
  const topic = unique('codec-default');
  expect(await run(PUBLISH, { TOPIC: topic })).toMatchObject({ code: 0 });
  expect(new Set((await batchesOf(topic)).map((batch) => batch.codec.toLowerCase()))).toEqual(new Set(['lz4']));
});

test('KAFKA_BATCH_SIZE bounds the batches that are stored', async () => {
  const [small, unset] = [unique('batch-small'), unique('batch-unset')];
  const env = { KAFKA_COMPRESSION_TYPE: 'none' };
  expect(await run(PUBLISH, { ...env, TOPIC: small, KAFKA_BATCH_SIZE: '4096' })).toMatchObject({ code: 0 });
  expect(await run(PUBLISH, { ...env, TOPIC: unset })).toMatchObject({ code: 0 });
  const largest = async (topic: string) => Math.max(...(await batchesOf(topic)).map((batch) => batch.size));
  expect(await largest(small)).toBeLessThanOrEqual(4096 + 200);
  expect(await largest(unset)).toBeGreaterThan(4096 * 4);
});

const CONSUME = `${USE}
  kafkaConsumerService.registerHandler(topic, async () => {});
  await kafkaConsumerService.startConsumer(topic);
  console.log('ready');`;

async function describeGroup(group: string, topic: string, env: Record<string, string>): Promise<string> {
  let members = Promise.resolve('');
  const result = await run(
    CONSUME,
    { TOPIC: topic, ...env },
    {
      within: 40_000,
      onOutput: (_stdout, child) => {
        members = broker
          .exec('ConsumerGroupCommand', ['--describe', '--group', group, '--members'])
          .finally(() => child.kill('SIGKILL'));
      },
    },
  );
  expect(result.hung).toBe(false);
  return members;
}

test('KAFKA_CLIENT_ID and KAFKA_CONSUMER_GROUP are what the broker sees of a consumer', async () => {
  const [group, client] = [unique('a-group'), unique('a-client')];
  const seen = await describeGroup(group, unique('seen'), { KAFKA_CONSUMER_GROUP: group, KAFKA_CLIENT_ID: client });
  expect(seen).toContain(group);
  expect(seen).toContain(client);
});

test('without them the broker sees edu-matrix-consumers and edu-matrix-interlinked', async () => {
  const seen = await describeGroup('edu-matrix-consumers', unique('seen'), {});
  expect(seen).toContain('edu-matrix-consumers');
  expect(seen).toContain('edu-matrix-interlinked');
});

test('KAFKA_BROKERS is a list: one that is down does no harm', async () => {
  const list = `127.0.0.1:${await unusedPort()},${broker.brokers}`;
  const result = await runScript(
    `${USE} await initializeKafka4(); console.log('up'); await kafkaInitializationService.cleanup();`,
    {
      env: { KAFKA_BROKERS: list, TOPIC: unique('list'), KAFKA_LOG_LEVEL: '0' },
    },
  );
  expect(result).toMatchObject({ code: 0, stdout: 'up\n' });
});

test('KAFKA_RETRY_ATTEMPTS is how often a failing handler is called, and setting it at run time takes effect', async () => {
  const script = `${USE}
    await kafkaAdminService.createTopics([{ name: topic + '.dlq', partitions: 1, retentionMs }]);
    const calls = { first: 0, second: 0 };
    kafkaConsumerService.registerHandler(topic, async ({ message }) => {
      calls[message.value.toString()] += 1;
      throw new Error('no');
    }, { retry: { initialBackoffMs: 1, maxBackoffMs: 2 } });
    let letters = 0;
    kafkaConsumerService.on('deadLettered', () => { letters += 1; });
    const until = async (n) => { while (letters < n) await new Promise((resolve) => setTimeout(resolve, 10)); };
    await kafkaConsumerService.startConsumer(topic, topic);
    await kafkaProducerService.publishBatch(topic, [{ value: 'first' }]);
    await until(1);
    kafkaConfig.retryAttempts = 2;
    await kafkaProducerService.publishBatch(topic, [{ value: 'second' }]);
    await until(2);
    await kafkaInitializationService.cleanup();
    console.log(JSON.stringify(calls));`;
  const result = await run(script, { TOPIC: unique('attempts'), KAFKA_RETRY_ATTEMPTS: '4', KAFKA_LOG_LEVEL: '0' });
  expect(lastLine(result)).toEqual({ first: 4, second: 2 });
});

test('kafkaConfig.consumerGroup set at run time is the group of consumers that start later', async () => {
  const group = unique('later-group');
  const script = `${USE}
    let seen = 0;
    kafkaConsumerService.registerHandler(topic, async () => { seen += 1; });
    await kafkaProducerService.publishBatch(topic, [{ value: 'x' }]);
    kafkaConfig.consumerGroup = '${group}';
    await kafkaConsumerService.startConsumer(topic);
    while (seen < 1) await new Promise((resolve) => setTimeout(resolve, 10));
    await kafkaInitializationService.cleanup();`;
  expect(await run(script, { TOPIC: unique('later') })).toMatchObject({ code: 0 });
  expect(await broker.exec('ConsumerGroupCommand', ['--list'])).toContain(group);
});

test('KAFKA_LOG_LEVEL: 0 is silent, 1 tells failed connections, and it is live at run time in both directions', async () => {
  const script = `
    import { kafkaConfig, initializeKafka4, kafkaInitializationService } from 'kafka4';
    const fail = async (mark, level) => {
      if (level !== undefined) kafkaConfig.logLevel = level;
      console.error('== ' + mark);
      await initializeKafka4().catch(() => {});
      await kafkaInitializationService.cleanup();
    };
    await fail('from the environment');
    await fail('silent', 0);
    await fail('errors', 1);
    await fail('silent again', 0);`;
  const address = `127.0.0.1:${await unusedPort()}`;
  const env = { KAFKA_BROKER: address, KAFKA_TIMEOUT: '1000', KAFKA_LOG_LEVEL: '1' };
  const { stderr, code } = await runScript(script, { env });
  expect(code).toBe(0);
  const told = Object.fromEntries(
    stderr
      .split('== ')
      .slice(1)
      .map((part) => [part.split('\n')[0], part.includes('[kafka4]')]),
  );
  expect(told).toEqual({ 'from the environment': true, silent: false, errors: true, 'silent again': false });
  expect(stderr).toContain(address);
});

test('kafkaConfig.logLevel = 4 takes effect on clients that run', async () => {
  const script = `${USE}
    await initializeKafka4();
    console.error('== before');
    await kafkaAdminService.listTopics();
    kafkaConfig.logLevel = 4;
    kafkaConsumerService.registerHandler(topic, async () => {});
    kafkaConsumerService.registerHandler(topic, async () => {});
    await kafkaProducerService.publishBatch(topic, [{ value: 'x' }]);
    await kafkaConsumerService.startConsumer(topic, topic);
    await kafkaInitializationService.cleanup();`;
  const { stderr, code } = await run(script, { TOPIC: unique('debug') });
  expect(code).toBe(0);
  const [before, after] = stderr.split('== before');
  expect(before).toBe('');
  expect(after).toMatch(/\[kafka4\] (INFO|DEBUG)/);
});

test('.env.example holds every variable', () => {
  const example = readFileSync(join(__dirname, '..', '..', '.env.example'), 'utf8');
  const { FIELD_VARIABLES } = require('@/lib/kafka/config-fields') as { FIELD_VARIABLES: string[] };
  for (const name of FIELD_VARIABLES) expect(example).toMatch(new RegExp(`^#? ?${name}=`, 'm'));
});
