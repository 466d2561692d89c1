// The test binaries of the core, built for a tool that watches them.

import { spawnSync } from 'node:child_process';
import { ROOT } from '../bootstrap/paths.mjs';
import { cargoTarget } from '../test/rust.mjs';

/** All that need no broker of their own; the embedded one runs in the same process. */
const TARGETS = [
  'kafka4_core',
  'produce',
  'consume',
  'consume_groups',
  'consume_watchdog',
  'control_embedded',
  'control_reset',
];

/**
 * @param {string[]} wanted  names of test targets; empty: all
 * @returns {string[]}
 */
export function chooseTargets(wanted) {
  const unknown = wanted.filter((name) => !TARGETS.includes(name));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: there are ${TARGETS.join(', ')}`);
  return wanted.length > 0 ? wanted : TARGETS;
}

/**
 * @param {NodeJS.ProcessEnv} [env]  more variables for cargo
 * @returns {{ name: string, path: string }[]}
 */
export function buildTests(env = {}) {
  const args = ['test', '--release', '-p', 'kafka4-core', '--locked', ...cargoTarget(), '--no-run'];
  const { status, stdout } = spawnSync('cargo', [...args, '--message-format', 'json-render-diagnostics'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`cargo test --no-run ended with code ${status}`);
  const told = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  return told
    .filter(({ reason, executable, profile }) => reason === 'compiler-artifact' && executable && profile.test)
    .map(({ target, executable }) => ({ name: target.name, path: executable }));
}

/**
 * Runs one binary under a tool and gives what came of it.
 *
 * @param {string[]} command  the tool; empty: none
 * @param {{ path: string }} binary
 * @param {string[]} args  of the test binary
 * @param {{ env?: NodeJS.ProcessEnv, minutes: number }} options
 */
export function runTest(command, { path }, args, { env = {}, minutes }) {
  const [program, ...more] = [...command, path, ...args];
  const begun = Date.now();
  const run = spawnSync(program, more, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
    timeout: minutes * 60_000,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...env },
  });
  if (run.error && !('signal' in run)) throw run.error;
  const output = `${run.stdout ?? ''}\n${run.stderr ?? ''}`;
  const counts = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed/gm)];
  const sum = (at) => counts.reduce((total, each) => total + Number(each[at]), 0);
  return {
    status: run.status,
    signal: run.signal,
    output,
    passed: sum(1),
    failed: sum(2),
    failures: [...output.matchAll(/^test (\S+) \.\.\. FAILED$/gm)].map(([, name]) => name),
    seconds: Math.round((Date.now() - begun) / 1000),
  };
}
