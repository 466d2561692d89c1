// Whether clients leave something behind: cycles of opening, using and closing them in one process, on a real Kafka.
//
//   node tools/leaks/run.mjs --cycles 1000
//     --kinds send,consume,everything,transaction,worker     what is repeated (cycles.mjs)
//     --broker <address>|embedded                            in place of an Apache Kafka of its own
//     --node <path>                                          another Node.js
//     --out .kafka/leaks                                     leaks.json, leaks.md, one graph a kind
//
// Exit code 0 only when RSS grows by at most 10 KiB a cycle (least squares over the second half) and threads and
// descriptors are back where they were.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { STATE_DIR } from '../bootstrap/paths.mjs';
import { KINDS, runCycles } from './child.mjs';
import { lineGraph } from './graph.mjs';
import { judge } from './judge.mjs';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '1000' },
    kinds: { type: 'string', default: KINDS.join(',') },
    broker: { type: 'string' },
    node: { type: 'string' },
    out: { type: 'string', default: `${STATE_DIR}/leaks` },
  },
});
const cycles = Number(values.cycles);
if (!(Number.isInteger(cycles) && cycles >= 20)) throw new Error(`--cycles must be a whole number from 20`);
const kinds = values.kinds.split(',');
const unknown = kinds.filter((kind) => !KINDS.includes(kind));
if (unknown.length > 0) throw new Error(`--kinds: ${unknown.join(', ')} is none of ${KINDS.join(', ')}`);
const out = resolve(values.out);
mkdirSync(out, { recursive: true });

const own = values.broker === undefined;
const broker = own ? await startBroker() : { brokers: values.broker, stop: async () => {} };
/** In the order in which they ended. */
const results = [];
let ended;
try {
  // Side by side: each is a process of its own that waits for the broker most of the time. One that breaks must not take
  // the results of the others away.
  ended = await Promise.allSettled(kinds.map(measure));
} finally {
  await broker.stop();
}
const broken = ended.flatMap(({ status, reason }) => (status === 'rejected' ? [reason.message] : []));
process.stdout.write(markdown(results));
for (const message of broken) process.stderr.write(`${message}\n`);
process.exitCode = broken.length === 0 && results.every(({ problems }) => problems.length === 0) ? 0 : 1;

/** @param {string} kind */
async function measure(kind) {
  const begun = Date.now();
  const every = Math.max(1, Math.round(cycles / 100));
  const onSample = (sample) => tell(kind, sample);
  const samples = await runCycles({ kind, cycles, every, broker: broker.brokers, node: values.node, onSample });
  const result = { kind, ...judge(samples), seconds: Math.round((Date.now() - begun) / 1000), samples };
  results.push(result);
  writeFileSync(join(out, `${kind}.svg`), graphOf(result));
  const about = { broker: own ? 'real' : values.broker, node: values.node ?? process.version, results };
  writeFileSync(join(out, 'leaks.json'), `${JSON.stringify(about, null, 2)}\n`);
  writeFileSync(join(out, 'leaks.md'), markdown(results));
  for (const problem of result.problems) process.stderr.write(`${kind}: ${problem}\n`);
  return result;
}

async function startBroker() {
  const { startTestBroker } = await import('../broker/testing.mjs');
  return startTestBroker({ projectTopics: true });
}

function tell(kind, { cycle, rssKib, threads, descriptors, heapKib, externalKib }) {
  const mib = (kib) => (kib / 1024).toFixed(1);
  const line = `RSS ${mib(rssKib)} MiB (heap ${mib(heapKib)}, external ${mib(externalKib)}), ${threads} threads, ${descriptors} descriptors`;
  process.stderr.write(`  ${kind} ${cycle}: ${line}\n`);
}

function graphOf({ kind, samples, kibACycle }) {
  return lineGraph({
    title: `${kind}: ${kibACycle.toFixed(2)} KiB a cycle over the second half`,
    x: 'cycle',
    y: 'RSS, MiB',
    series: [{ name: 'RSS', points: samples.map(({ cycle, rssKib }) => [cycle, rssKib / 1024]) }],
  });
}

function markdown(all) {
  const rows = all.map(({ kind, cycles: n, kibACycle, first, last, seconds, problems }) => {
    const ends = (what) => `${first[what]} → ${last[what]}`;
    const mib = (kib) => (kib / 1024).toFixed(1);
    const rss = `${mib(first.rssKib)} → ${mib(last.rssKib)} MiB`;
    const verdict = problems.length === 0 ? 'clean' : problems.join('; ');
    return `| ${kind} | ${n} | ${kibACycle.toFixed(2)} KiB | ${rss} | ${ends('threads')} | ${ends('descriptors')} | ${seconds} s | ${verdict} |`;
  });
  const head = '| cycle | cycles | RSS a cycle | RSS | threads | descriptors | took | |';
  return `${[head, '| --- | --- | --- | --- | --- | --- | --- | --- |', ...rows].join('\n')}\n`;
}
