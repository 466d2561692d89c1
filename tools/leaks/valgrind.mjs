// The core's Rust tests, librdkafka with them, under valgrind's memcheck: reads of what was never written, uses of what
// was freed, memory that nobody can free any more.
//
//   node tools/leaks/valgrind.mjs [<target>…]     e.g. produce consume; all of them when left out
//
// Everything runs dozens of times slower here, and some tests' own bounds are too short for that: such a failure is told
// and does not count, since what valgrind finds does. Exit code 0 only when it found nothing.
// What is known and harmless stands, with its reason, in valgrind.supp.

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STATE_DIR } from '../bootstrap/paths.mjs';
import { buildTests, chooseTargets, runTest } from './rust-tests.mjs';

const MINUTES = 30;

const names = chooseTargets(process.argv.slice(2));

const logs = join(STATE_DIR, 'valgrind');
mkdirSync(logs, { recursive: true });
const suppressions = fileURLToPath(new URL('./valgrind.supp', import.meta.url));
const binaries = buildTests();
let found = 0;
for (const name of names) {
  const binary = binaries.find((each) => each.name === name);
  if (!binary) throw new Error(`cargo built no test target ${name}`);
  const log = join(logs, `${name}.log`);
  rmSync(log, { force: true });
  const valgrind = [
    ...['valgrind', '--tool=memcheck', `--log-file=${log}`, `--suppressions=${suppressions}`, '--gen-suppressions=all'],
    // Memory that is still reachable at the end is what statics hold; what nobody can reach is a leak.
    ...['--leak-check=full', '--show-leak-kinds=definite', '--errors-for-leak-kinds=definite', '--num-callers=40'],
    // Its own scheduler lets one thread run for long; fair is slower and closer to what happens outside.
    '--fair-sched=yes',
  ];
  // A broker that somebody's environment names must not be spoken to.
  const env = { KAFKA4_TEST_BROKER: undefined };
  const run = runTest(valgrind, binary, ['--test-threads=2'], { env, minutes: MINUTES });
  const told = readFileSync(log, 'utf8');
  const summary = /ERROR SUMMARY: (\d+) errors from (\d+) contexts/.exec(told);
  const contexts = summary ? Number(summary[2]) : Number.NaN;
  if (contexts !== 0) found += 1;
  const slow = run.failures.length > 0 ? `; too slow here: ${run.failures.join(', ')}` : '';
  const end = run.signal ? `, ended by ${run.signal}` : '';
  process.stdout.write(
    `${name}: ${contexts} findings, ${run.passed} tests passed, ${run.failed} failed, ${run.seconds} s${end}${slow}\n`,
  );
  if (contexts !== 0) process.stdout.write(`  see ${log}\n`);
}
process.exitCode = found === 0 ? 0 : 1;
