// The core's Rust tests under a sanitizer of LLVM's: every access of our own code is checked, and everything that is
// allocated by whomever.
//
//   node tools/leaks/sanitize.mjs address [<target>…]   uses of what was freed, out of bounds, leaks
//   node tools/leaks/sanitize.mjs thread [<target>…]    data races
//
// Only the workspace's crates are instrumented, by a wrapper around rustc: librdkafka, OpenSSL and the other crates stay
// as they were built. For `thread` that has a price: synchronization inside of what is not instrumented is not seen, and
// thread.supp names where.

import { fileURLToPath } from 'node:url';
import { buildTests, chooseTargets, runTest } from './rust-tests.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const SANITIZERS = {
  address: { ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1:abort_on_error=0' },
  thread: { TSAN_OPTIONS: `suppressions=${here('./thread.supp')}:history_size=7:second_deadlock_stack=1` },
};
const MINUTES = 15;

const [sanitizer, ...wanted] = process.argv.slice(2);
if (!Object.hasOwn(SANITIZERS, sanitizer)) throw new Error(`which sanitizer? ${Object.keys(SANITIZERS).join(', ')}`);
const names = chooseTargets(wanted);

const binaries = buildTests({
  // Sanitizers are options that stable compilers have and keep back.
  RUSTC_BOOTSTRAP: '1',
  RUSTC_WORKSPACE_WRAPPER: here(`./rustc-${sanitizer}.sh`),
});
let bad = 0;
for (const name of names) {
  const binary = binaries.find((each) => each.name === name);
  if (!binary) throw new Error(`cargo built no test target ${name}`);
  const env = { ...SANITIZERS[sanitizer], KAFKA4_TEST_BROKER: undefined };
  const run = runTest([], binary, ['--test-threads=2'], { env, minutes: MINUTES });
  const findings = [...run.output.matchAll(/^SUMMARY: (\w+Sanitizer: .*)$/gm)].map(([, text]) => text);
  if (run.status !== 0 || findings.length > 0) bad += 1;
  const end = run.signal ? `, ended by ${run.signal}` : '';
  process.stdout.write(
    `${name}: ${findings.length} findings, ${run.passed} tests passed, ${run.failed} failed, ${run.seconds} s${end}\n`,
  );
  for (const failure of run.failures) process.stdout.write(`  failed: ${failure}\n`);
  if (findings.length > 0) process.stdout.write(`${reports(run.output)}\n`);
}
process.exitCode = bad === 0 ? 0 : 1;

/** What the sanitizer says, without the output of the tests around it. */
function reports(output) {
  const found = output.match(/^(?:={10,}\n)?(?:==\d+==ERROR|WARNING: ThreadSanitizer)[\s\S]*?^SUMMARY: .*$/gm) ?? [];
  return found.slice(0, 20).join('\n\n');
}
