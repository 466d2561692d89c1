// `"kafkajs": "npm:kafka4"`: a library that is built on KafkaJS runs over kafka4 as it does over kafkajs. The library watches
// clients through their events and turns them into metrics of Prometheus.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainEnvironment, ROOT } from '../support/child';
import { sharedBroker } from '../support/kafka-tools';

const LIBRARIES = [
  '@christiangalsterer/kafkajs-prometheus-exporter',
  'prom-client',
  '@opentelemetry/api',
  'tdigest',
  'bintrees',
];

/** Knows nothing of kafka4. Prints the names of the metrics that have counted something. */
const PROGRAM = `
const { Kafka, logLevel, CompressionTypes } = require('kafkajs');
const { Registry } = require('prom-client');
const { monitorKafkaJSAdmin, monitorKafkaJSConsumer, monitorKafkaJSProducer } = require('@christiangalsterer/kafkajs-prometheus-exporter');

const topic = 'alias-' + process.pid + '-' + Date.now();
const register = new Registry();
const kafka = new Kafka({ brokers: [process.env.BROKER], clientId: 'alias', logLevel: logLevel.NOTHING });

async function main() {
  const admin = kafka.admin();
  monitorKafkaJSAdmin(admin, register, {});
  await admin.connect();
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 2 }] });
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 10 } });
  monitorKafkaJSProducer(producer, register, {});
  await producer.connect();
  await producer.send({ topic, compression: CompressionTypes.GZIP, messages: [{ key: 'a', value: '1' }, { key: 'b', value: '2' }] });
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
  monitorKafkaJSConsumer(consumer, register, {});
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const values = [];
  await new Promise((done) => {
    consumer.run({
      eachMessage: async ({ message }) => {
        values.push(message.value.toString());
        if (values.length === 2) done();
      },
    });
  });
  await consumer.stop();
  await consumer.disconnect();
  await producer.disconnect();
  await admin.disconnect();
  const metrics = await register.getMetricsAsJSON();
  const counted = metrics.filter((metric) => metric.values.some(({ value }) => value > 0)).map(({ name }) => name);
  console.log(JSON.stringify({ package: require('kafkajs/package.json').name, values: values.sort(), counted: counted.sort() }));
}
main().catch((error) => { console.error(error); process.exitCode = 1; });
`;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kafka4-alias-'));
  for (const name of LIBRARIES) {
    mkdirSync(join(dir, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(dir, 'node_modules', name), 'dir');
  }
  writeFileSync(join(dir, 'program.cjs'), PROGRAM);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Outcome {
  package: string;
  values: string[];
  counted: string[];
}

/** Runs the program with this package in the place of kafkajs. */
function run(package_: string): Promise<Outcome> {
  symlinkSync(package_, join(dir, 'node_modules', 'kafkajs'), 'dir');
  return new Promise((done, fail) => {
    const env = plainEnvironment({ BROKER: sharedBroker(), KAFKAJS_NO_PARTITIONER_WARNING: '1' });
    // Links stay links: the libraries find what stands beside them, as after an installation.
    const child = spawn(
      process.execPath,
      ['--preserve-symlinks', '--preserve-symlinks-main', join(dir, 'program.cjs')],
      {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), 50_000);
    child.on('close', (code) => {
      clearTimeout(limit);
      if (code === 0) done(JSON.parse(out) as Outcome);
      else fail(new Error(`exit ${code}: ${out}\n${err}`));
    });
  });
}

test.each([
  ['kafkajs', join(ROOT, 'node_modules', 'kafkajs')],
  ['kafka4', ROOT],
])('%s under a library of somebody else', async (name, package_) => {
  const outcome = await run(package_);
  expect(outcome).toMatchObject({ package: name, values: ['1', '2'] });
  for (const client of ['admin', 'producer', 'consumer']) {
    expect(outcome.counted).toEqual(
      expect.arrayContaining([
        `kafka_${client}_connection_creation_total`,
        `kafka_${client}_connection_close_total`,
        `kafka_${client}_request_total`,
      ]),
    );
  }
  expect(outcome.counted).toEqual(
    expect.arrayContaining(['kafka_consumer_batch_duration_seconds', 'kafka_consumer_batch_size_total']),
  );
});
