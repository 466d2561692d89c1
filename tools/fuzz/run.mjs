// Throws inputs at the whole JavaScript boundary and reports what broke.
//
//   node tools/fuzz/run.mjs --inputs 1000000             the full profile, with a report in tools/fuzz/results/
//   node tools/fuzz/run.mjs --seconds 60                 as long as that
//   node tools/fuzz/run.mjs --seed 7 --only 1234         one input again
//   node tools/fuzz/run.mjs --seed 7 --from 1000 --inputs 500 --batch 1
//   node tools/fuzz/run.mjs --merge a/bad-input.json b/bad-input.json   one report of several parts
//
// Exit code 1: there are findings.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { markdown, merged, summary } from './report.mjs';
import { fuzz } from './runner.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    inputs: { type: 'string' },
    seconds: { type: 'string' },
    from: { type: 'string', default: '0' },
    only: { type: 'string' },
    batch: { type: 'string' },
    merge: { type: 'boolean', default: false },
    parallel: { type: 'string', default: '2' },
    report: { type: 'string', default: 'tools/fuzz/results' },
  },
});

const seed = Number(values.seed);
const only = values.only === undefined ? undefined : Number(values.only);
const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
let told = 0;

const run = values.merge ? merged(positionals.map((file) => JSON.parse(readFileSync(file, 'utf8')))) : await inputs();
const result = summary({ seed, ...run });
if (only === undefined) {
  mkdirSync(values.report, { recursive: true });
  writeFileSync(join(values.report, 'bad-input.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(values.report, 'bad-input.md'), markdown(result));
}
const { byClass, byCall, byCode, findingsByKind, ...head } = result;
process.stdout.write(
  `${JSON.stringify(only === undefined ? { ...head, byCode } : { ...head, byCall, byClass }, null, 2)}\n`,
);
for (const [kind, { count, examples }] of Object.entries(findingsByKind)) {
  process.stdout.write(`\n${kind}: ${count}\n`);
  for (const { index, what } of examples.slice(0, 6)) process.stdout.write(`  #${index} ${what}\n`);
}
process.exitCode = result.findings > 0 ? 1 : 0;

function inputs() {
  return fuzz({
    seed,
    from: only ?? Number(values.from),
    inputs:
      only === undefined ? Number(values.inputs ?? (seconds === undefined ? 1_000_000 : Number.MAX_SAFE_INTEGER)) : 1,
    seconds,
    batch: values.batch === undefined ? undefined : Number(values.batch),
    parallel: Number(values.parallel),
    onProgress: (tally) => {
      if (Date.now() - told < 10_000) return;
      told = Date.now();
      process.stderr.write(`${tally.inputs} inputs, ${tally.findingCount} findings\n`);
    },
  });
}
