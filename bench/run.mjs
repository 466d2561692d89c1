// `npm run bench`: kafka4 beside the other clients and beside native librdkafka, on a real Kafka, in turn, over rounds.
//
//   node bench/run.mjs [--quick] [--rounds=3] [--only=consume,latency] [--adapters=native,kafka4] [--again]
//   node bench/run.mjs --memory --minutes=10 [--rate=20000]
//
// Markdown goes to stdout, progress to stderr, everything to bench/results: latest.json, latest.md and bench.svg
// (memory.json, memory.md, memory.svg). A full run takes an hour and a half; --again adds to what is there, so that it can
// be done in parts: each workload is measured within one of them. KAFKA_BROKER names a broker to use instead of starting one (PLAINTEXT); the
// flood, which writes to `user-events`, is then only run when asked for. --messages=N bounds each workload, for trying an
// adapter. The other clients are installed by `cd bench && npm ci`; without them it goes on without them.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBroker } from './lib/broker.mjs';
import { endAll } from './lib/child.mjs';
import { machine } from './lib/machine.mjs';
import { Bench, loadAdapters } from './lib/measure.mjs';
import { measureMemory, memoryText } from './lib/memory.mjs';
import { readArguments } from './lib/options.mjs';
import { bars } from './lib/report/bars.mjs';
import { markdown } from './lib/report/markdown.mjs';
import { memoryChart } from './lib/report/memory-chart.mjs';
import { succeeded } from './lib/statistics.mjs';
import { Topics } from './lib/topics.mjs';
import { WORKLOADS } from './lib/workloads/list.mjs';

const results = fileURLToPath(new URL('results/', import.meta.url));
const say = (line) => process.stderr.write(`${line}\n`);
const now = () => new Date().toISOString().slice(0, 16).replace('T', ' ');

function save(name, text) {
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, name), text);
}

function writeReport(report) {
  save('latest.json', `${JSON.stringify(report, null, 2)}\n`);
  save('latest.md', `${markdown(report)}\n`);
  save('bench.svg', bars(report));
}

/** What the run before has left; undefined where there was none. */
function earlier() {
  const path = join(results, 'latest.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** Both, in the order of the list; a workload that was measured again is the newer one. */
function merged(before, report) {
  const newer = new Set(report.workloads.map(({ name }) => name));
  const kept = before.workloads.filter(({ name }) => !newer.has(name));
  const place = ({ name }) => WORKLOADS.findIndex((workload) => workload.name === name);
  const workloads = [...kept, ...report.workloads].sort((a, b) => place(a) - place(b));
  const known = new Set(report.adapters.map(({ name }) => name));
  const adapters = [...report.adapters, ...before.adapters.filter(({ name }) => !known.has(name))];
  const titles = { ...before.titles, ...report.titles };
  const [since] = before.date.split(' to ');
  const quick = report.quick || before.quick;
  return { ...report, quick, date: `${since} to ${report.date}`, adapters, titles, workloads };
}

/** Starts or finds the broker for `work`, and leaves nothing behind, however it ends. */
async function withBroker(work) {
  const broker = await openBroker(say);
  const topics = new Topics(broker.address);
  const stop = async () => {
    endAll();
    await topics.close().catch(() => {});
    await broker.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop().finally(() => process.exit(130)));
  try {
    await topics.connect();
    return await work({ broker, topics });
  } finally {
    await stop();
  }
}

async function workloads(options) {
  const { adapters, missing } = await loadAdapters(options.adapters, say);
  const about = adapters.map(({ name, adapter }) => ({
    name,
    title: adapter.rows[0].title,
    version: adapter.version(),
    details: adapter.describe?.(),
    rows: adapter.rows.map((row) => row.name),
  }));
  const titles = Object.fromEntries(
    adapters.flatMap(({ adapter }) => adapter.rows.map(({ name, title }) => [name, title])),
  );
  const head = { date: now(), machine: machine(), quick: options.quick, trial: options.trial, rounds: options.rounds };
  const report = { ...head, broker: '', adapters: about, missing, titles, workloads: [] };
  const before = options.again ? earlier() : undefined;
  const write = () => writeReport(before === undefined ? report : merged(before, report));
  await withBroker(async ({ broker, topics }) => {
    report.broker = broker.about;
    const bench = new Bench({ topics, broker, options, say });
    // The events' topic of somebody's broker is filled only for who asks for it.
    const wanted = WORKLOADS.filter(
      (one) => options.wants(one) && (one.kind !== 'flood' || broker.own || options.asked(one)),
    );
    for (const [at, workload] of wanted.entries()) {
      report.workloads.push(await bench.measure(workload, adapters));
      if (!sharesTopic(workload, wanted[at + 1])) await bench.forget();
      // After each: a run that is broken off has not been for nothing.
      write();
    }
  });
  process.stdout.write(`${markdown(report)}\n`);
  return report.workloads.every(
    ({ runs }) => (runs.kafka4 ?? []).every(succeeded) && (runs.native ?? []).every(succeeded),
  );
}

/** Both read what was written once. */
function sharesTopic(one, next) {
  return (
    next?.kind === 'consume' &&
    next.kind === one.kind &&
    one.name === 'consume-batch' &&
    next.name === 'consume-message'
  );
}

async function memory({ minutes, rate }) {
  const measured = await withBroker(async ({ broker, topics }) => {
    return { broker: broker.about, ...(await measureMemory({ topics, broker, minutes, rate, say })) };
  });
  const report = { date: now(), machine: machine(), ...measured };
  save('memory.json', `${JSON.stringify(report, null, 2)}\n`);
  save('memory.md', `${memoryText(report)}\n`);
  save('memory.svg', memoryChart(report));
  process.stdout.write(`${memoryText(report)}\n`);
  return true;
}

try {
  const options = readArguments(process.argv.slice(2));
  process.exitCode = (await (options.memory ? memory(options) : workloads(options))) ? 0 : 1;
} catch (error) {
  say(`The bench failed: ${error.message}`);
  process.exitCode = 1;
}
