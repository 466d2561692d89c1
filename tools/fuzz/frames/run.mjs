// Hostile frames: an embedded broker in this process, a proxy that changes what it answers, clients in processes of
// their own. A round is one client and one kind of change.
//
//   node tools/fuzz/frames/run.mjs                   every kind once
//   node tools/fuzz/frames/run.mjs --rounds 500      many times, with other seeds
//   node tools/fuzz/frames/run.mjs --set bombs       one of framing, content, bombs
//   node tools/fuzz/frames/run.mjs --only 'length 0' --seed 7
//   node tools/fuzz/frames/run.mjs --addon <path>    with an addon that AddressSanitizer watches (tools/leaks/sanitize-addon.mjs)
//
// Exit code 1: there are findings. The report goes to tools/fuzz/results/frames.json.

import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BOMBS } from './bombs.mjs';
import { openBroker } from './broker.mjs';
import { CONTENT, FRAMING } from './mutations.mjs';
import { playRound } from './round.mjs';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string' },
    only: { type: 'string', multiple: true },
    set: { type: 'string', multiple: true, default: ['framing', 'content', 'bombs'] },
    parallel: { type: 'string', default: '4' },
    addon: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const SETS = { framing: FRAMING, content: CONTENT, bombs: BOMBS };
const names = values.only ?? values.set.flatMap((set) => Object.keys(SETS[set]));
const rounds = Number(values.rounds ?? names.length);
const seed = Number(values.seed);
const broker = await openBroker();
const begun = performance.now();
const results = [];
let next = 0;

async function worker() {
  while (next < rounds) {
    const n = next++;
    const result = await playRound(broker, names[n % names.length], seed, n, values.addon);
    results.push(result);
    if (!values.json) {
      const { kind, changed, findings, ms, peakRssMiB } = result;
      process.stderr.write(
        `${String(n).padStart(4)} ${kind.padEnd(30)} ${changed} changed, ${ms} ms, ${peakRssMiB} MiB${findings.length > 0 ? `, ${findings.length} FINDINGS` : ''}\n`,
      );
    }
  }
}

await Promise.all(Array.from({ length: Number(values.parallel) }, worker));
await broker.close();

const outcomes = {};
for (const result of results) {
  for (const [name, count] of Object.entries(result.outcomes)) outcomes[name] = (outcomes[name] ?? 0) + count;
}
const findings = results.flatMap(({ kind, round, findings: found }) => found.map((each) => ({ kind, round, ...each })));
const report = {
  seed,
  rounds,
  seconds: Math.round((performance.now() - begun) / 1_000),
  changedFrames: results.reduce((sum, { changed }) => sum + changed, 0),
  peakRssMiB: Math.max(...results.map(({ peakRssMiB }) => peakRssMiB)),
  findings,
  outcomes,
  byKind: Object.fromEntries(
    names.map((name) => [
      name,
      results.filter(({ kind }) => kind === name).map(({ changed, ms, peakRssMiB }) => ({ changed, ms, peakRssMiB })),
    ]),
  ),
};
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
  const folder = new URL('../results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('frames.json', folder), `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify({ ...report, byKind: undefined }, null, 2)}\n`);
}
process.exitCode = findings.length > 0 ? 1 : 0;
