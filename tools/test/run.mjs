// npm test: from a bare clone to one closing line. Prepares what is not prepared, runs every suite that this
// machine can run, says loudly what it could not, leaves no process behind.
//
//   npm test                  everything
//   npm test -- unit types    these suites only
//
// The last line is always `N passed, N failed` (and `, N skipped` if there are some), the exit code 0 only
// when nothing failed. With CI=true nothing may be left out or skipped.

import { onInterrupt, stopChildren } from '../bootstrap/child.mjs';
import { inCi } from '../bootstrap/paths.mjs';
import { PrepareError, prepare } from '../bootstrap/prepare.mjs';
import { clock } from '../bootstrap/progress.mjs';
import { closingLine, noCounts, sum } from './counts.mjs';
import { failureText } from './failures.mjs';
import { findKafka } from './kafka.mjs';
import { endLeftovers, leftovers, markDescendants } from './leftovers.mjs';
import { findPrograms } from './programs.mjs';
import { SUITES } from './suites.mjs';

const say = (text = '') => process.stdout.write(`${text}\n`);

/** @typedef {import('./suites.mjs').Suite} Suite */
/** @typedef {import('./suites.mjs').Outcome & { suite: Suite, ms: number, blocked?: boolean }} Result */

/** Brokers of this process; the suites' own ones end with their processes. @type {Set<{ stop(): Promise<void> }>} */
const brokers = new Set();

const wanted = chooseSuites(process.argv.slice(2));
await prepareClone();
markDescendants();
onInterrupt(async (signal) => {
  say(`\n${signal}: stopping what was started …`);
  await stopEverything();
  endLeftovers(await leftovers());
});

const machine = await lookAround();
/** @type {Result[]} */
const results = [];
for (const suite of wanted) results.push(await runSuite(suite));
await stopEverything();
finish(results, await leftovers());

/** @param {string[]} names */
function chooseSuites(names) {
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length === 0) return SUITES.filter((suite) => names.length === 0 || names.includes(suite.name));
  process.stderr.write(
    `No suite is called ${unknown.join(', ')}: there are ${SUITES.map((suite) => suite.name).join(', ')}.\n`,
  );
  process.exit(2);
}

/** What cannot be built has failed its tests: whoever reads only the last line must see that, too. */
async function prepareClone() {
  try {
    await prepare();
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    say(`\n${closingLine({ passed: 0, failed: 1, skipped: 0 })}`);
    process.exit(1);
  }
}

/** @returns {Promise<import('./suites.mjs').Machine>} */
async function lookAround() {
  const kafka = await findKafka();
  const startBroker = async () => {
    if (!kafka.available) return undefined;
    const { startTestBroker } = await import('../broker/testing.mjs');
    const broker = await startTestBroker();
    brokers.add(broker);
    return broker;
  };
  return { kafka, ...findPrograms(), startBroker };
}

/**
 * @param {Suite} suite
 * @returns {Promise<Result>}
 */
async function runSuite(suite) {
  if (suite.needs && missingFor(suite).length > 0) return { suite, ms: 0, blocked: true, notRun: 'all of it' };
  say(`\n=== ${suite.name}: ${suite.title}\n`);
  const begin = performance.now();
  try {
    return { ...(await suite.run(machine)), suite, ms: performance.now() - begin };
  } catch (error) {
    const text = /** @type {Error} */ (error).stack ?? String(error);
    return { problem: `it could not be run: ${text}`, suite, ms: performance.now() - begin };
  }
}

/** Why what the suite needs is not there; a part of the others needs Kafka. @param {Suite} suite @returns {string[]} */
function missingFor({ needs = ['kafka'] }) {
  return needs.flatMap((name) => (machine[name].available ? [] : [machine[name].why]));
}

async function stopEverything() {
  await Promise.all([stopChildren(), ...[...brokers].map((broker) => broker.stop())]);
  brokers.clear();
}

/**
 * @param {Result[]} results
 * @param {{ pid: number, command: string }[]} left
 */
function finish(results, left) {
  const total = sum(results.map(totalOf));
  const failures = results.flatMap((result) => result.failures ?? []);
  if (failures.length > 0) say('\n=== Failed\n');
  for (const failure of failures) say(`${failureText(failure)}\n`);
  const unsteady = results.flatMap((result) => result.unsteady ?? []);
  if (unsteady.length > 0) say('\n=== Unsteady: passed at a second run, or did not end in time. To be mended\n');
  for (const failure of unsteady) say(`${failureText(failure)}\n`);
  say('\n=== Summary\n');
  for (const result of results) say(`  ${result.suite.name.padEnd(8)} ${describe(result)}`);
  for (const result of results.filter((each) => each.problem))
    say(`\n  ${result.suite.name} failed: ${result.problem}`);

  const notRun = results.filter((result) => result.notRun);
  if (notRun.length > 0) {
    say(`\n  !!! NOT EVERYTHING COULD RUN ON THIS MACHINE${inCi() ? ' (a failure, as CI is set)' : ''}`);
    for (const { suite, notRun: part } of notRun) say(`  !!! not run: ${suite.name} (${suite.title}), ${part}`);
    for (const why of new Set(notRun.flatMap(({ suite }) => missingFor(suite)))) say(`\n${indent(why)}`);
    if (inCi()) total.failed += notRun.length;
  }
  if (left.length > 0) {
    say(`\n  Processes were left behind (ended now):`);
    for (const { pid, command } of left) say(`    ${pid}  ${command.slice(0, 150)}`);
    endLeftovers(left);
    total.failed += 1;
  }
  if (inCi() && total.skipped > 0) say('\n  Skipped tests are a failure, as CI is set.');
  say(`\n${closingLine(total)}`);
  process.exitCode = total.failed > 0 || total.passed === 0 || (inCi() && total.skipped > 0) ? 1 : 0;
}

/** A suite that failed as a whole counts as one more failure, or the closing line would hide it. */
function totalOf({ counts = noCounts(), problem }) {
  return problem ? { ...counts, failed: counts.failed + 1 } : counts;
}

/** @param {Result} result */
function describe(result) {
  if (result.blocked) return 'NOT RUN';
  return `${closingLine(totalOf(result)).padEnd(28)} ${clock(result.ms)}`;
}

function indent(text) {
  return text.replace(/^(?=.)/gm, '  ');
}
