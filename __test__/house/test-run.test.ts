// npm test itself: what it reads from the runners, how it adds up, what it finds left behind.

import { spawn } from 'node:child_process';
import { join } from 'node:path';

const counts = require('../../tools/test/counts.mjs');
const { jestFailures, failureText } = require('../../tools/test/failures.mjs');
const { filesForSecondRun, withSecondRun } = require('../../tools/test/second-run.mjs');
const { missingTargets } = require('../../tools/test/rust.mjs');
const { markDescendants, leftovers, endLeftovers } = require('../../tools/test/leftovers.mjs');

const CARGO = `
     Running unittests src/lib.rs (target/release/deps/kafka4_core-618f0b9950489716)

running 3 tests
test config::tests::junk ... ok
test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s

     Running tests/produce.rs (/elsewhere/x86_64-unknown-linux-gnu/release/deps/produce-0123456789abcdef)
test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.20s

   Doc-tests kafka4_core
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.30s
`;

test('the reports of cargo are added up', () => {
  expect(counts.cargoCounts(CARGO)).toEqual({ passed: 7, failed: 1, skipped: 1, reports: 3 });
  expect(counts.cargoTargets(CARGO)).toEqual(['kafka4_core', 'produce']);
});

test('colours do not hide a result', () => {
  const coloured =
    '\u001b[1m\u001b[32m     Running\u001b[0m unittests src/lib.rs (target/release/deps/kafka4-618f0b9950489716)\n';
  expect(counts.cargoTargets(coloured)).toEqual(['kafka4']);
  const result =
    'test result: \u001b[32mok\u001b[0m. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0s';
  expect(counts.cargoCounts(result)).toMatchObject({ passed: 2, reports: 1 });
});

test('a test target without a report is found, also when another has the same name', () => {
  expect(missingTargets(['a', 'b'], ['b', 'a'])).toEqual([]);
  expect(missingTargets(['a', 'a', 'b'], ['a', 'b'])).toEqual(['a']);
});

test('a spec file that cannot be loaded is a failure of jest', () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 1,
    numRuntimeErrorTestSuites: 1,
    numPendingTests: 1,
    numTodoTests: 1,
  };
  expect(counts.jestCounts(report)).toEqual({ passed: 5, failed: 2, skipped: 2 });
});

const spec = (name: string, tests: Record<string, string>, message = '') => ({
  name: join(process.cwd(), name),
  status: message || Object.values(tests).some(Boolean) ? 'failed' : 'passed',
  message,
  assertionResults: Object.entries(tests).map(([fullName, why]) => ({
    fullName,
    status: why ? 'failed' : 'passed',
    failureMessages: why ? [why] : [],
  })),
});

test('what failed is told at the end: tests, and spec files that could not be loaded', () => {
  const testResults = [
    spec('a.test.ts', { good: '', bad: '\u001b[31mexpected 1\u001b[39m\n\ngot 2' }),
    spec('b.test.ts', {}, 'Cannot find module'),
    spec('c.test.ts', { good: '' }),
  ];
  const failures = jestFailures({ testResults });
  expect(failures).toEqual([
    { file: 'a.test.ts', name: 'bad', why: 'expected 1\ngot 2' },
    { file: 'b.test.ts', name: '', why: 'Cannot find module' },
  ]);
  expect(failureText(failures[0])).toBe('a.test.ts › bad\n  expected 1\n  got 2');
});

describe('a second run', () => {
  const failure = (file: string, name = 'bad') => ({ file, name, why: 'because' });
  const first = { counts: { passed: 8, failed: 2, skipped: 0 }, failures: [failure('a', 'x'), failure('a', 'y')] };

  test('is for a few files with failed tests, not for crashes, hangs and files that cannot be loaded', () => {
    expect(filesForSecondRun(first)).toEqual(['a']);
    expect(filesForSecondRun({ counts: counts.noCounts(), failures: [] })).toEqual([]);
    expect(filesForSecondRun({ ...first, problem: 'it hung' })).toEqual([]);
    expect(filesForSecondRun({ ...first, failures: [failure('a', '')] })).toEqual([]);
    expect(filesForSecondRun({ ...first, failures: ['a', 'b', 'c'].map((file) => failure(file)) })).toEqual([]);
  });

  test('what passes then is passed and unsteady, what fails again has failed', () => {
    const second = { counts: { passed: 4, failed: 1, skipped: 0 }, failures: [failure('a', 'y')] };
    expect(withSecondRun(first, second)).toEqual({
      counts: { passed: 9, failed: 1, skipped: 0 },
      failures: [failure('a', 'y')],
      unsteady: [failure('a', 'x')],
    });
  });

  test('what failed only then is unsteady, too; a file that cannot be loaded then has failed', () => {
    const second = { counts: { passed: 4, failed: 2, skipped: 0 }, failures: [failure('a', 'z'), failure('a', '')] };
    expect(withSecondRun(first, second)).toEqual({
      counts: { passed: 9, failed: 1, skipped: 0 },
      failures: [failure('a', '')],
      unsteady: [failure('a', 'x'), failure('a', 'y'), failure('a', 'z')],
    });
  });

  test('that could not be run changes nothing', () => {
    expect(withSecondRun(first, { problem: 'it hung' })).toEqual({ ...first, problem: 'it hung' });
    const none = { counts: counts.noCounts(), failures: [] };
    expect(withSecondRun(first, none)).toMatchObject({ counts: first.counts, failures: first.failures });
  });
});

test('the closing line', () => {
  expect(counts.closingLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
  expect(counts.closingLine({ passed: 12, failed: 1, skipped: 2 })).toBe('12 passed, 1 failed, 2 skipped');
  expect(counts.sum([{ passed: 1, failed: 2, skipped: 3 }, counts.noCounts()])).toEqual({
    passed: 1,
    failed: 2,
    skipped: 3,
  });
});

// Only these systems tell the environment of a process; elsewhere nothing is looked for.
if (process.platform === 'linux') {
  test('a process in a session of its own is found at the end, and ended', async () => {
    const before = process.env.KAFKA4_TEST_RUN;
    try {
      markDescendants();
      expect(await leftovers(0)).toEqual([]);
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], {
        detached: true,
        stdio: 'ignore',
        env: process.env,
      });
      const ended = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
      const found = await leftovers(0);
      expect(found.map(({ pid }: { pid: number }) => pid)).toEqual([child.pid]);
      endLeftovers(found);
      expect(await ended).toBe('SIGKILL');
      expect(await leftovers(1_000)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.KAFKA4_TEST_RUN;
      else process.env.KAFKA4_TEST_RUN = before;
    }
  });
}
