// The checks, in order. Each returns what it found in a few words, or throws what is wrong. One that
// needs another is not run when that one failed.

import { bytes, count, duration, plural, rate } from '../terminal/format.mjs';
import { compareTopics, createScratch } from './scratch.mjs';

const LOAD = 50_000;
const LOAD_BYTES = 100;
const TOO_LARGE = 2 * 1024 * 1024;
const ARRIVAL_MS = 20_000;

/** What is wrong, in words for people. */
export class CheckFailure extends Error {
  name = 'CheckFailure';
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {() => boolean} reached @param {() => string} otherwise */
async function arrival(reached, otherwise, ms = ARRIVAL_MS) {
  const begin = performance.now();
  while (!reached()) {
    if (performance.now() - begin > ms) throw new CheckFailure(`${otherwise()} within ${duration(ms)}`);
    await sleep(2);
  }
}

/**
 * The error that a call must end with.
 *
 * @param {() => Promise<unknown>} call
 * @param {string} accepted  what it means if there is none
 */
async function refusal(call, accepted) {
  let error;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  if (!error) throw new CheckFailure(accepted);
  if (!(error instanceof Error) || typeof error.code !== 'string' || error.code === '') {
    throw new CheckFailure(`rejected, but with no code that a program could look at: ${error.message ?? error}`);
  }
  return error;
}

/**
 * @typedef {object} Context
 * @property {any} api
 * @property {string} run
 * @property {string} broker
 * @property {{ events: string, load: string }} topics
 * @property {string[]} texts        what came on the events topic
 * @property {number} loaded         messages that came on the load topic
 * @property {string[]} transacted   messages of transactions that came on the load topic
 * @property {any} [status]
 */

/** @type {{ id: string, name: string, needs: string[], run: (context: Context) => Promise<string> }[]} */
export const CHECKS = [
  {
    id: 'connectivity',
    name: 'Connectivity',
    needs: [],
    async run({ api, broker }) {
      await api.kafkaProducerService.connect();
      if (!(await api.checkKafkaHealth()))
        throw new CheckFailure('the brokers answer, but checkKafkaHealth() says false');
      return broker;
    },
  },
  {
    id: 'topics',
    name: 'Topics',
    needs: ['connectivity'],
    async run({ api }) {
      await api.initializeKafka4();
      const { count: number, wrong } = await compareTopics(api);
      if (wrong.length > 0) throw new CheckFailure(wrong.join('; '));
      return `${plural(number, 'topic')}, partitions and retention as declared`;
    },
  },
  {
    id: 'producer',
    name: 'Producer',
    needs: ['connectivity'],
    async run({ api, topics }) {
      await createScratch(api, topics);
      const metadata = await api.kafkaProducerService.publishBatch(topics.events, [
        { key: 'a', value: 'first', partition: 0, headers: { origin: 'kafka4-test' } },
        { key: 'a', value: 'second äöü 漢字', partition: 0 },
        { key: 'b', value: 'third', partition: 1 },
      ]);
      if (metadata.length === 0) throw new CheckFailure('acknowledged, but no RecordMetadata came back');
      return '3 messages acknowledged by all replicas';
    },
  },
  {
    id: 'consumer',
    name: 'Consumer',
    needs: ['producer'],
    async run(context) {
      const { api, topics, run, texts } = context;
      const group = `kafka4-test-${run}`;
      api.kafkaConsumerService.registerHandler(topics.events, async ({ message }) => {
        texts.push(message.value?.toString() ?? '');
      });
      await api.kafkaConsumerService.startConsumer(topics.events, group);
      const expected = ['first', 'second äöü 漢字', 'third'];
      await arrival(
        () => expected.every((text) => texts.includes(text)),
        () => `of ${expected.length} messages ${texts.length} arrived`,
      );
      if (texts.indexOf(expected[0]) > texts.indexOf(expected[1]))
        throw new CheckFailure('two messages of one key changed places');
      return `group ${group} received them`;
    },
  },
  {
    id: 'throughput',
    name: 'Batch throughput',
    needs: ['consumer'],
    async run(context) {
      const { api, topics, run } = context;
      api.kafkaConsumerService.registerBatchHandler(topics.load, async ({ batch }) => {
        for (const { value } of batch.messages) {
          if (value?.length === LOAD_BYTES) context.loaded += 1;
          else context.transacted.push(value?.toString() ?? '');
        }
      });
      await api.kafkaConsumerService.startConsumer(topics.load, `kafka4-test-${run}`);
      const messages = Array.from({ length: LOAD }, (_, index) => ({
        key: String(index),
        value: Buffer.alloc(LOAD_BYTES, 97 + (index % 26)),
      }));
      const begin = performance.now();
      await api.kafkaProducerService.publishBatch(topics.load, messages);
      const published = performance.now() - begin;
      await arrival(
        () => context.loaded >= LOAD,
        () => `${count(context.loaded)} of ${count(LOAD)} messages came back`,
      );
      const both = performance.now() - begin;
      return `${count(LOAD)} × ${bytes(LOAD_BYTES)}: ${rate(LOAD / (published / 1000))} sent, received in ${duration(both)}`;
    },
  },
  {
    id: 'committed',
    name: 'Transaction, committed',
    needs: ['throughput'],
    async run({ api, topics, texts, transacted }) {
      await api.kafkaProducerService.publishTransaction(transaction(topics, 'committed'));
      await arrival(
        () => texts.includes('committed') && transacted.includes('committed'),
        () => 'its messages did not become visible on both topics',
      );
      return 'over two topics, both visible';
    },
  },
  {
    id: 'aborted',
    name: 'Transaction, aborted',
    needs: ['committed'],
    async run({ api, topics, texts, transacted }) {
      const records = transaction(topics, 'aborted');
      // The last one cannot be stored, so the others must not be seen either.
      records[1].messages.push({ key: 'a', partition: 0, value: 'x'.repeat(TOO_LARGE) });
      await refusal(
        () => api.kafkaProducerService.publishTransaction(records),
        `a transaction with a message of ${bytes(TOO_LARGE)} was accepted`,
      );
      // Sent after it to the same partitions: when these have come, the aborted ones would have come.
      await api.kafkaProducerService.publishTransaction(transaction(topics, 'after'));
      await arrival(
        () => texts.includes('after') && transacted.includes('after'),
        () => 'the transaction after it did not become visible',
      );
      if (texts.includes('aborted') || transacted.includes('aborted'))
        throw new CheckFailure('messages of the aborted transaction were received');
      return 'nothing of it visible, the next one works';
    },
  },
  {
    id: 'unknown-topic',
    name: 'Error: unknown topic',
    needs: ['connectivity'],
    async run({ api, run }) {
      const topic = `kafka4-test-${run}-missing`;
      const publish = () => api.kafkaProducerService.publishBatch(topic, [{ value: 'x' }]);
      const error = await refusal(
        publish,
        'accepted: the broker creates topics by itself (auto.create.topics.enable), so a misspelt name is not noticed',
      );
      return `rejected, ${error.code}`;
    },
  },
  {
    id: 'too-large',
    name: 'Error: message too large',
    needs: ['producer'],
    async run({ api, topics }) {
      const publish = () => api.kafkaProducerService.publishBatch(topics.events, [{ value: 'x'.repeat(TOO_LARGE) }]);
      const error = await refusal(publish, `a message of ${bytes(TOO_LARGE)} was accepted`);
      return `rejected, ${error.code}`;
    },
  },
  {
    id: 'cyclic',
    name: 'Error: cyclic data',
    needs: ['connectivity'],
    async run({ api }) {
      /** @type {any} */
      const data = { course: { title: 'Logic' } };
      data.course.self = data;
      const error = await refusal(
        () => api.kafkaProducerService.publishUserEvent('kafka4_test', 'kafka4-test', data),
        'data that contains itself was accepted',
      );
      return `rejected, ${error.code}, nothing sent`;
    },
  },
  {
    id: 'cluster',
    name: 'Cluster information',
    needs: ['connectivity'],
    async run(context) {
      context.status = await context.api.getKafka4Status();
      const { cluster } = context.status;
      if (!(cluster?.brokers?.length > 0)) throw new CheckFailure('getKafka4Status() names no brokers');
      const facts = [plural(cluster.brokers.length, 'broker'), `controller ${cluster.controllerId ?? 'unknown'}`];
      // Null: the broker does not tell, as with TLS.
      if (cluster.kraft !== null) facts.push(cluster.kraft ? 'KRaft' : 'ZooKeeper');
      if (cluster.version !== null) facts.push(`Kafka ${cluster.version}`);
      return facts.join(', ');
    },
  },
];

/** One message for each of the two topics, on partitions that are known. */
function transaction({ events, load }, text) {
  return [
    { topic: events, messages: [{ key: 'a', partition: 0, value: text }] },
    { topic: load, messages: [{ key: 'a', partition: 0, value: text }] },
  ];
}
