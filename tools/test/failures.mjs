// What failed, in few lines, for the end of the run: where a log is cut, its end is what is left of it.

import { relative } from 'node:path';
import { ROOT } from '../bootstrap/paths.mjs';
import { plain } from './counts.mjs';

/** Enough to tell an assertion's difference; the whole is further up in the log. */
const LINES = 14;

/**
 * @typedef {object} Failure
 * @property {string} file  relative to the root
 * @property {string} name  of the test; empty where the file as a whole failed
 * @property {string} why   its first lines
 */

/**
 * What jest's report (--json) tells of failed tests and of spec files that could not be run.
 *
 * @param {any} report
 * @returns {Failure[]}
 */
export function jestFailures(report) {
  return report.testResults.flatMap((spec) => {
    const file = relative(ROOT, spec.name);
    const failed = spec.assertionResults.filter(({ status }) => status === 'failed');
    if (failed.length > 0)
      return failed.map((test) => ({ file, name: test.fullName, why: firstLines(test.failureMessages.join('\n')) }));
    return spec.status === 'failed' ? [{ file, name: '', why: firstLines(spec.message) }] : [];
  });
}

/** @param {Failure} failure */
export function failureText({ file, name, why }) {
  return `${file}${name && ` › ${name}`}\n${why.replace(/^(?=.)/gm, '  ')}`;
}

/** @param {string} text */
function firstLines(text) {
  const lines = plain(text)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.slice(0, LINES).join('\n');
}
