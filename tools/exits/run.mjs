// Ends processes and worker threads in every way, hundreds of times, with Kafka clients at work in them.
//
//   node tools/exits/run.mjs                        200 repetitions of each way, both brokers, Node.js here, 22 and 24
//     --repetitions 200
//     --node <path>|<major>|here[,…]                e.g. --node here,24
//     --brokers embedded,real                       real: an Apache Kafka of its own on the JVM; or an address
//     --ways terminate,races                        some of them (names: ways.mjs)
//     --first 0                                     number of the first repetition; a failure tells its own
//     --parallel 2
//     --minutes 6                                   stops after the row that is running then; --missing goes on
//     --missing                                     leaves out what the report in --out has already
//     --out .kafka/exits                            exits.json and exits.md
//
// Exit code 0 only when no process died by a signal of its own, hung, or ended otherwise than it should.

import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { STATE_DIR } from '../bootstrap/paths.mjs';
import { makeCopy } from './copy.mjs';
import { findNode } from './nodes.mjs';
import { isClean, repeat } from './repeat.mjs';
import { markdown, Report } from './report.mjs';
import { waysNamed } from './ways.mjs';

const say = (line) => process.stderr.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '200' },
    node: { type: 'string', default: 'here,22,24' },
    brokers: { type: 'string', default: 'embedded,real' },
    ways: { type: 'string' },
    first: { type: 'string', default: '0' },
    parallel: { type: 'string', default: String(cpus().length) },
    minutes: { type: 'string', default: 'Infinity' },
    missing: { type: 'boolean', default: false },
    out: { type: 'string', default: `${STATE_DIR}/exits` },
  },
});

const number = (name, least) => {
  const value = Number(values[name]);
  if (!(value >= least)) throw new Error(`--${name} must be a number from ${least}, not ${values[name]}`);
  return value;
};
const [repetitions, parallel, first] = [number('repetitions', 1), number('parallel', 1), number('first', 0)];
const until = Date.now() + number('minutes', 0) * 60_000;
const ways = waysNamed(values.ways?.split(','));
const nodes = values.node.split(',').map(findNode);
const report = new Report(resolve(values.out));
const copy = makeCopy();
/** @type {import('../broker/testing.mjs').TestBroker | undefined} */
let broker;

/** @param {string} name */
async function addressOf(name) {
  if (name !== 'real') return name;
  if (broker === undefined) {
    const { startTestBroker } = await import('../broker/testing.mjs');
    broker = await startTestBroker({ projectTopics: true });
  }
  return broker.brokers;
}

const rows = [];
let left = 0;
try {
  for (const name of values.brokers.split(',')) {
    for (const { path, version } of nodes) {
      for (const way of ways) {
        const known =
          values.missing && report.find(way.name, name === 'embedded' ? name : 'real', version, repetitions);
        if (known) continue;
        if (Date.now() > until) {
          left += 1;
          continue;
        }
        const where = { node: path, version, broker: await addressOf(name), copy: copy.dir };
        const row = await repeat(way, { ...where, repetitions, parallel, first });
        rows.push(row);
        report.add(row);
        const bad = isClean(row) ? '' : `  ${row.signalDeaths} signal deaths, ${row.hangs} hangs, ${row.wrong} other`;
        say(`${name} ${version} ${way.name}: ${row.runs} repetitions, slowest ${row.slowestMs} ms${bad}`);
        for (const failure of row.failures.slice(0, 1)) say(JSON.stringify(failure, null, 2));
      }
    }
  }
} finally {
  await broker?.stop();
  copy.remove();
}
process.stdout.write(markdown(rows));
if (left > 0) say(`${left} rows are left (--missing goes on with them)`);
process.exitCode = rows.every(isClean) ? 0 : 1;
