// The suites `unit` and `broker`: one run of jest for each project.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin } from '../bootstrap/paths.mjs';
import { jestCounts } from './counts.mjs';
import { jestFailures } from './failures.mjs';
import { runLive } from './live.mjs';
import { filesForSecondRun, withSecondRun } from './second-run.mjs';

/** jest has written its report: everything is over but the end of the process. */
const END_MS = 10_000;

/**
 * jest ends such a worker by force and goes on. What a process ends with, and how soon, is tested where nothing else runs
 * in it (__test__/exits); a worker has been through dozens of files and has the test runner in it, so it is told as
 * unsteady.
 */
const FORCED = 'A worker process has failed to exit gracefully';

/** @type {import('./failures.mjs').Failure} */
const LINGERED = { file: 'a worker', name: 'its end', why: 'It had not ended 10 s after its last spec file.' };

/**
 * @param {string} project
 * @param {object} [options]
 * @param {string[]} [options.flags]
 * @param {boolean} [options.secondRun]  for the few spec files that failed: second-run.mjs
 * @param {boolean} [options.lingers]  something that is not ours may keep the workers alive after their specs
 * @returns {Promise<import('./suites.mjs').Outcome>}
 */
export async function runJest(project, { flags = [], secondRun = false, lingers = false } = {}) {
  const first = await once(project, flags, lingers);
  const files = secondRun ? filesForSecondRun(first) : [];
  if (files.length === 0) return first;
  process.stdout.write(`\nOnce more, by themselves: ${files.join(', ')}\n\n`);
  return withSecondRun(first, await once(project, [...flags, '--runTestsByPath', ...files], lingers));
}

/**
 * @param {string} project
 * @param {string[]} flags
 * @param {boolean} lingers
 * @returns {Promise<import('./suites.mjs').Outcome>}
 */
async function once(project, flags, lingers) {
  const dir = mkdtempSync(join(tmpdir(), 'kafka4-jest-'));
  const file = join(dir, 'report.json');
  try {
    const command = [process.execPath, bin.jest, '--selectProjects', project, '--json', '--outputFile', file, ...flags];
    const { code, output, problem } = await runLive(project, command, { shouldBeOver: () => overdue(file) });
    if (!existsSync(file)) return { problem: problem ?? `jest ended with code ${code} and without a report` };
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const forced = output.includes(FORCED) && !lingers;
    const result = { counts: jestCounts(report), failures: jestFailures(report), unsteady: forced ? [LINGERED] : [] };
    if (problem !== undefined) return { ...result, problem };
    if (report.numTotalTests === 0) return { ...result, problem: 'jest found no tests' };
    if (code !== 0 && result.counts.failed === 0)
      return { ...result, problem: `jest ended with code ${code}, although no test failed` };
    return result;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function overdue(file) {
  if (!existsSync(file) || Date.now() - statSync(file).mtimeMs < END_MS) return undefined;
  return `all specs were over, but something kept the process alive for ${END_MS / 1000} s`;
}
