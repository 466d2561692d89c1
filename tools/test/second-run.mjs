// A second run of the few spec files that failed. Brokers share the machine with whatever else runs on it; an
// unsteady test is a defect to be mended, of the test or of the client, but no reason to throw a whole run away. What
// passes at the second run counts as passed and is told as unsteady, with its first failure.

/** More is no bad luck. */
const FILES_AT_MOST = 2;

/** @typedef {import('./suites.mjs').Outcome} Outcome */

/**
 * The spec files to run again. None where a process crashed or hung, a file could not be loaded, or many failed.
 *
 * @param {Outcome} first
 * @returns {string[]}
 */
export function filesForSecondRun({ problem, failures = [] }) {
  const files = [...new Set(failures.map(({ file }) => file))];
  if (problem !== undefined || files.length > FILES_AT_MOST || failures.some(({ name }) => name === '')) return [];
  return files;
}

/**
 * A test has failed that failed both times. One that passed once of two times is unsteady, whichever time it was; a file
 * that cannot be loaded the second time has failed.
 *
 * @param {Outcome} first
 * @param {Outcome} second  of the files that failed in the first
 * @returns {Outcome}
 */
export function withSecondRun(first, second) {
  if (
    first.counts === undefined ||
    second.counts === undefined ||
    second.problem !== undefined ||
    second.counts.passed === 0
  )
    return { ...first, problem: first.problem ?? second.problem };
  const before = namesOf(first);
  const after = namesOf(second);
  const again = (second.failures ?? []).filter((one) => before.has(nameOf(one)) || one.name === '');
  const unsteady = [
    ...(first.unsteady ?? []),
    ...(second.unsteady ?? []),
    ...(first.failures ?? []).filter((one) => !after.has(nameOf(one))),
    ...(second.failures ?? []).filter((one) => !again.includes(one)),
  ];
  const failed = again.length;
  const passed = first.counts.passed + first.counts.failed - failed;
  return { counts: { ...first.counts, passed, failed }, failures: again, unsteady };
}

/** @param {Outcome} outcome */
function namesOf({ failures = [] }) {
  return new Set(failures.map(nameOf));
}

/** @param {import('./failures.mjs').Failure} failure */
function nameOf({ file, name }) {
  return `${file} ${name}`;
}
