// A long run at a steady rate with a fault now and then: nothing is lost, and memory stays.
//
//   node tools/soak/run.mjs --minutes 30 --rate 2000 --fault-every 300
//     --size 200                     bytes of a message
//     --faults "kill -9,freeze"      some of those in faults.mjs, in this order
//     --out .kafka/soak              soak.json, soak.md, soak.svg
//
// Three nodes of Apache Kafka on the JVM, replication factor 3; one process that sends and one that handles, both behind
// proxies. Exit code 0 only when every acknowledged message was handled, none was rejected, and memory is flat.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { STATE_DIR } from '../bootstrap/paths.mjs';
import { startCluster } from '../faults/cluster/cluster.mjs';
import { lineGraph } from '../leaks/graph.mjs';
import { FAULTS } from './faults.mjs';
import { judge } from './judge.mjs';
import { Part } from './part.mjs';

const TOPIC = 'soak';
/** For the consumer to come to the end of what was sent, once nobody sends any more. */
const CATCH_UP_MS = 90_000;

const say = (line) => process.stderr.write(`${line}\n`);
const sleep = (ms) => new Promise((resolved) => setTimeout(resolved, ms));

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '2000' },
    'fault-every': { type: 'string', default: '300' },
    size: { type: 'string', default: '200' },
    faults: { type: 'string' },
    out: { type: 'string', default: `${STATE_DIR}/soak` },
  },
});
const number = (name) => {
  const value = Number(values[name]);
  if (!(value > 0 && value < 1e6)) throw new Error(`--${name} must be a number above 0, not ${values[name]}`);
  return value;
};
const [minutes, rate, every, size] = ['minutes', 'rate', 'fault-every', 'size'].map(number);
const faults = (values.faults?.split(',') ?? FAULTS.map(({ label }) => label)).map((label) => {
  const found = FAULTS.find((fault) => fault.label === label);
  if (!found) throw new Error(`--faults: ${label} is none of ${FAULTS.map((fault) => fault.label).join(', ')}`);
  return found;
});

const folder = mkdtempSync(join(tmpdir(), 'kafka4-soak-'));
const cluster = await startCluster({ session: 'default', say });
const parts = [];
const end = async () => {
  for (const part of parts) part.child.kill('SIGKILL');
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
};
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => end().finally(() => process.exit(130)));
}
try {
  const { result, marks } = await soak();
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  const about = { minutes, rate, faultEvery: every, size, node: process.version, kafka: cluster.version, marks };
  const rss = Object.fromEntries(parts.map(({ name, samples }) => [name, samples]));
  writeFileSync(join(out, 'soak.json'), `${JSON.stringify({ ...about, ...result, samples: rss }, null, 2)}\n`);
  writeFileSync(join(out, 'soak.svg'), graph(marks));
  writeFileSync(join(out, 'soak.md'), markdown(about, result));
  process.stdout.write(markdown(about, result));
  process.exitCode = result.problems.length === 0 ? 0 : 1;
} finally {
  await end();
}

async function soak() {
  await cluster.createTopics([{ name: TOPIC, partitions: 6 }]);
  const most = Math.ceil(minutes * 60 * rate * 1.05) + rate * 60;
  const [ackedFile, handledFile] = [join(folder, 'acked.bin'), join(folder, 'handled.bin')];
  const consumer = new Part('consumer', { topic: TOPIC, group: 'soak', most, file: handledFile }, cluster.proxied);
  parts.push(consumer);
  await consumer.ready;
  const producer = new Part('producer', { topic: TOPIC, rate, most, size, file: ackedFile }, cluster.proxied);
  parts.push(producer);
  await producer.ready;

  const begun = performance.now();
  const second = () => (performance.now() - begun) / 1000;
  const marks = [];
  const troubles = [];
  /** @type {Promise<void> | undefined} */
  let fault;
  for (let n = 0; second() < minutes * 60; ) {
    await sleep(1_000);
    for (const part of parts) if (!part.sample(second())) troubles.push(`${part.name} ended by itself`);
    if (troubles.length > 0) break;
    if (Math.round(second()) % 30 === 0) line(second(), producer, consumer);
    // The last one has time to be over.
    const due = (n + 1) * every;
    if (fault === undefined && second() >= due && due + 60 < minutes * 60) {
      fault = play(faults[n % faults.length], n, second, marks).catch((error) => void troubles.push(String(error)));
      fault.then(() => {
        fault = undefined;
      });
      n += 1;
    }
  }
  await fault;
  const ends = [await producer.stop()];
  const until = Date.now() + CATCH_UP_MS;
  while (consumer.told.handled < producer.told.acked && Date.now() < until) {
    await sleep(500);
    consumer.sample(second());
  }
  // The counts are told once a second; what is missing is looked for in the files.
  await sleep(1_500);
  ends.push(await consumer.stop());
  return { result: judge({ ackedFile, handledFile, producer, consumer, ends, troubles }), marks };
}

async function play({ label, run }, n, second, marks) {
  const mark = { at: second(), to: second(), label };
  marks.push(mark);
  say(`${second().toFixed(0)} s: ${label}`);
  await run(cluster, n);
  await cluster.inSync();
  mark.to = second();
  say(`${second().toFixed(0)} s: ${label} is over, the cluster is whole`);
}

function line(second, producer, consumer) {
  const mib = (part) => `${(part.samples.at(-1).rssKib / 1024).toFixed(1)} MiB`;
  const { sent, acked, slowestMs } = producer.told;
  say(
    `${second.toFixed(0)} s: sent ${sent}, acknowledged ${acked} (slowest of the last second ${slowestMs} ms), ` +
      `handled ${consumer.told.handled}; producer ${mib(producer)}, consumer ${mib(consumer)}`,
  );
}

function graph(marks) {
  const minute = (at) => at / 60;
  return lineGraph({
    title: `${rate} messages a second for ${minutes} minutes, faults marked`,
    x: 'minutes',
    y: 'RSS, MiB',
    series: parts.map(({ name, samples }) => ({
      name,
      points: samples.map(({ second, rssKib }) => [minute(second), rssKib / 1024]),
    })),
    marks: marks.map(({ at, to, label }) => ({ at: minute(at), to: minute(to), label })),
  });
}

function markdown(about, { lost, producer, consumer, memory, problems }) {
  const mib = (kib) => (kib / 1024).toFixed(1);
  const rows = memory.map(
    ({ name, secondQuarterKib, lastQuarterKib, peakKib, kibAMinute, threads, descriptors }) =>
      `| ${name} | ${mib(secondQuarterKib)} | ${mib(lastQuarterKib)} | ${mib(peakKib)} | ${kibAMinute.toFixed(0)} | ` +
      `${threads.join(' → ')} | ${descriptors.join(' → ')} |`,
  );
  return `${[
    `${about.minutes} minutes at ${about.rate} messages/s of ${about.size} bytes, ${about.marks.length} faults ` +
      `(${about.marks.map(({ label }) => label).join(', ')}); Apache Kafka ${about.kafka}, three nodes; Node.js ${about.node}`,
    '',
    '| sent | acknowledged | rejected | handled | **lost** | handled again | first deliveries out of order |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    `| ${producer.sent} | ${producer.acked} | ${producer.rejected} | ${consumer.handled} | ${lost} | ${consumer.again} | ${consumer.outOfOrder} |`,
    '',
    '| process | RSS, 2nd quarter, MiB | last quarter | peak | KiB a minute, 2nd half | threads | descriptors |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    problems.length === 0 ? 'No problems.' : `Problems: ${problems.join('; ')}`,
  ].join('\n')}\n`;
}
