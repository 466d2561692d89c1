// Reads how many tests passed from what the runners report, and adds it up.

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/** @returns {Counts} */
export function noCounts() {
  return { passed: 0, failed: 0, skipped: 0 };
}

/**
 * @param {Counts[]} all
 * @returns {Counts}
 */
export function sum(all) {
  return all.reduce(
    (total, each) => ({
      passed: total.passed + each.passed,
      failed: total.failed + each.failed,
      skipped: total.skipped + each.skipped,
    }),
    noCounts(),
  );
}

/**
 * The last line of a run. What is skipped is told only when there is something, as it is nothing usual.
 *
 * @param {Counts} counts
 */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * `cargo test`: every test binary and every crate with documentation examples ends with one such line.
 *
 * @param {string} output
 * @returns {Counts & { reports: number }}
 */
export function cargoCounts(output) {
  const lines = [
    ...plain(output).matchAll(/^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored;.*?(\d+) filtered out/gm),
  ];
  const counts = sum(
    lines.map(([, passed, failed, ignored, filtered]) => ({
      passed: Number(passed),
      failed: Number(failed),
      skipped: Number(ignored) + Number(filtered),
    })),
  );
  return { ...counts, reports: lines.length };
}

/**
 * The test binaries that cargo says it has run, by the name of their target: `Running unittests src/lib.rs
 * (target/release/deps/kafka4_core-0123456789abcdef)` is `kafka4_core`.
 *
 * @param {string} output
 */
export function cargoTargets(output) {
  const runs = [...plain(output).matchAll(/^\s*Running (?:unittests )?\S+ \((.+)-[0-9a-f]{16}(?:\.exe)?\)$/gm)];
  return runs.map(([, path]) => path.split(/[\\/]/).at(-1) ?? '');
}

/**
 * What jest has written to --outputFile. A spec file that could not even be loaded has no tests in it to
 * fail: it counts as one.
 *
 * @param {any} report
 * @returns {Counts}
 */
export function jestCounts(report) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Without colours. @param {string} text */
export function plain(text) {
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}
