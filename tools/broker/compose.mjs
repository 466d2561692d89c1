// The services of compose.yaml, where a container engine really runs.

import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { BrokerToolError, PROJECT_DIR } from './paths.mjs';

const FILE = join(PROJECT_DIR, 'compose.yaml');
const QUESTION_LIMIT = 10_000;

/**
 * An installed client says nothing: what counts is an engine that answers, and a compose plugin.
 *
 * @returns {string[] | undefined} the compose command
 */
export function findCompose() {
  for (const engine of ['docker', 'podman']) {
    if (answers(engine, ['info']) && answers(engine, ['compose', 'version'])) return [engine, 'compose', '-f', FILE];
  }
  return undefined;
}

function answers(command, args) {
  const run = spawnSync(command, args, { stdio: 'ignore', timeout: QUESTION_LIMIT });
  return !run.error && run.status === 0;
}

/** @param {string[]} command */
export function composeRuns(command) {
  const [engine, ...args] = command;
  const run = spawnSync(engine, [...args, 'ps', '--services', '--status', 'running'], {
    encoding: 'utf8',
    timeout: QUESTION_LIMIT,
  });
  return !run.error && run.status === 0 && run.stdout.split(/\s+/).includes('kafka');
}

/**
 * Runs compose with its output going straight to the terminal.
 *
 * @param {string[]} command
 * @param {string[]} args
 * @returns {Promise<void>}
 */
export function compose(command, args) {
  const [engine, ...first] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(engine, [...first, ...args], { stdio: 'inherit' });
    // Ctrl-C reaches compose too, and compose decides what it means: `logs -f` ends, `up` stops.
    const wait = () => {};
    process.on('SIGINT', wait);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.removeListener('SIGINT', wait);
      if (code === 0 || (args[0] === 'logs' && (signal || code === 130))) return resolve();
      reject(new BrokerToolError(`${engine} compose ${args[0]} failed (${signal ?? `exit code ${code}`})`));
    });
  });
}
