// A process that uses the client as an application does, against a broker that is not to be trusted. Every call has a
// bound, and ends with a result or with an error that is documented.

import * as k from 'kafka4';
import { describe, problemOf } from '../judge.mjs';

const { topic, timeout } = JSON.parse(process.argv[2]);
const report = { outcomes: {}, findings: [], acknowledged: [], consumed: 0, peakRss: 0 };
const { setTimeout } = globalThis;

/** ms that a machine which is busy may add to a bound. */
const SLACK = 6_000;

/** The delivery timeout (README, Configuration). */
const delivery = timeout * 4;
/** What the abort of a transaction gets on top of KAFKA_TIMEOUT (README, Transactions). */
const ABORT_GRACE_MS = 5_000;
/** How long (ms) a call that is too late is watched, to tell of it when it ended. */
const LATE_MS = 20_000;

const note = (name, how) => {
  const key = `${name}: ${how}`;
  report.outcomes[key] = (report.outcomes[key] ?? 0) + 1;
};
const find = (kind, what) => {
  if (report.findings.length < 50) report.findings.push({ kind, what });
};

process.on('uncaughtException', (error) => find('uncaught exception', describe(error)));
process.on('unhandledRejection', (error) => find('unhandled rejection', describe(error)));
const watch = setInterval(() => {
  report.peakRss = Math.max(report.peakRss, process.memoryUsage().rss);
}, 50);

/** @param {string} name @param {number} bound ms @param {() => Promise<any>} run */
async function call(name, bound, run) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(call), bound + SLACK);
  });
  const begun = performance.now();
  const ms = () => Math.round(performance.now() - begun);
  try {
    const result = run();
    const value = await Promise.race([result, late]);
    if (value !== call) {
      note(name, 'resolved');
      return value;
    }
    const end = await Promise.race([
      result.then(
        () => `resolved after ${ms()} ms`,
        (error) => `rejected after ${ms()} ms, ${describe(error)}`,
      ),
      new Promise((resolve) => {
        timer = setTimeout(() => resolve(`not settled after ${ms()} ms`), LATE_MS);
      }),
    ]);
    find('not within its bound', `${name}: ${bound} ms; ${end}`);
    return undefined;
  } catch (error) {
    const problem = problemOf(error, k.Kafka4Error, true);
    note(name, problem === undefined ? error.code : 'other error');
    if (problem !== undefined) find('undocumented error', `${name}: ${problem}`);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

const round = async (n) => {
  await call('initialize', timeout, () => k.initializeKafka4());
  const sends = Array.from({ length: 20 }, (_, i) =>
    call('publishBatch', delivery, () =>
      k.kafkaProducerService.publishBatch(topic, [{ key: `k${i % 3}`, value: `${n}-${i}` }]),
    ).then((metadata) => metadata !== undefined && report.acknowledged.push(`${n}-${i}`)),
  );
  sends.push(call('publishUserEvent', delivery, () => k.kafkaProducerService.publishUserEvent('e', 'u', { n })));
  const start = call('startConsumer', timeout, () => k.kafkaConsumerService.startConsumer(topic, topic));
  await Promise.all([...sends, start]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await Promise.all([
    call('publishTransaction', timeout * 2 + ABORT_GRACE_MS, () =>
      k.kafkaProducerService.publishTransaction([{ topic, messages: [{ value: 't' }] }]),
    ),
    call('getKafka4Status', 5_000, () => k.getKafka4Status()),
    call('checkKafkaHealth', 5_000, () => k.checkKafkaHealth()),
    call('describeCluster', timeout, () => k.kafkaAdminService.describeCluster()),
    call('listTopics', timeout, () => k.kafkaAdminService.listTopics()),
    call('describeTopics', timeout, () => k.kafkaAdminService.describeTopics([topic])),
    call('createTopics', timeout, () =>
      k.kafkaAdminService.createTopics([{ name: topic, partitions: 2, retentionMs: 1_000 }]),
    ),
  ]);
  await call('stopConsumer', timeout, () => k.kafkaConsumerService.stopConsumer(topic));
};

k.kafkaConsumerService.registerHandler(topic, ({ message }) => {
  message.toJSON?.();
  report.consumed += 1;
});
for (let n = 0; n < 2; n++) await round(n);
await call('cleanup', timeout, () => k.kafkaInitializationService.cleanup());
await call('admin.disconnect', timeout, () => k.kafkaAdminService.disconnect());
clearInterval(watch);
process.send?.(report, () => process.disconnect());
