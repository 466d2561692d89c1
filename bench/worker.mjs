// One measured run in a process of its own: connect, warm up, measure, print one line of JSON.
//
//   KAFKA_BROKER=host:port node bench/worker.mjs <adapter> <row> <workload> <options as JSON>

import { run, WORKLOADS } from './lib/workloads/list.mjs';

const [name, row, workloadName, text = '{}'] = process.argv.slice(2);
const workload = WORKLOADS.find((each) => each.name === workloadName);
if (name === undefined || workload === undefined) {
  process.stderr.write(
    `usage: node bench/worker.mjs <adapter> <row> ${WORKLOADS.map((w) => w.name).join('|')} <json>\n`,
  );
  process.exit(2);
}

const adapter = await import(`./adapters/${name}.mjs`);
const options = JSON.parse(text);
const result = await (adapter.run?.(workload, options) ?? run(adapter, row, workload, options));
// Some clients keep a process alive after they were closed: what they did is known.
process.stdout.write(`${JSON.stringify({ row, workload: workload.name, ...result })}\n`, () => process.exit(0));
