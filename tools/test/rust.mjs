// The suite `rust`: all tests of the workspace, and a proof that each test target has reported.

import { spawnSync } from 'node:child_process';
import { ROOT } from '../bootstrap/paths.mjs';
import { cargoCounts, cargoTargets } from './counts.mjs';
import { runLive } from './live.mjs';

/**
 * napi builds for a named target and cargo keeps such builds in a folder of their own: naming the same one
 * saves compiling librdkafka and OpenSSL a second time.
 */
export function cargoTarget() {
  const { stdout } = spawnSync('rustc', ['-vV'], { encoding: 'utf8' });
  const host = process.env.CARGO_BUILD_TARGET || /^host: (\S+)/m.exec(stdout ?? '')?.[1];
  return host ? ['--target', host] : [];
}

/**
 * @param {import('./suites.mjs').Machine} machine
 * @returns {Promise<import('./suites.mjs').Outcome>}
 */
export async function runRust(machine) {
  const args = ['test', '--release', '--workspace', '--locked', ...cargoTarget()];
  const built = await runLive('rust', ['cargo', ...args, '--no-run']);
  if (built.code !== 0) return { problem: built.problem ?? 'the tests could not be compiled' };

  // Started when it is needed: it must not take the compiler's processor time.
  const broker = await machine.startBroker();
  try {
    const env = broker ? { KAFKA4_TEST_BROKER: broker.brokers } : undefined;
    const { code, output, problem } = await runLive('rust', ['cargo', ...args, '--no-fail-fast'], { env });
    const counts = cargoCounts(output);
    if (problem !== undefined) return { counts, problem };
    const silent = missingTargets(testTargets(), cargoTargets(output));
    if (silent.length > 0) return { counts, problem: `these test targets have not run: ${silent.join(', ')}` };
    if (counts.reports < cargoTargets(output).length)
      return { counts, problem: 'a test binary ended without a report' };
    if (code !== 0 && counts.failed === 0) return { counts, problem: `cargo ended with code ${code}` };
    return { counts, notRun: broker ? undefined : 'its tests on a real broker' };
  } finally {
    await broker?.stop();
  }
}

/** The names of all test targets, as their binaries are called. */
function testTargets() {
  const run = spawnSync('cargo', ['metadata', '--no-deps', '--format-version', '1'], { cwd: ROOT, encoding: 'utf8' });
  const { packages } = JSON.parse(run.stdout);
  const targets = packages.flatMap((each) => each.targets);
  return targets.filter((target) => target.test).map((target) => target.name.replaceAll('-', '_'));
}

/**
 * @param {string[]} wanted
 * @param {string[]} ran     the same name can come twice, from two packages
 */
export function missingTargets(wanted, ran) {
  const left = [...ran];
  return wanted.filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
