// One child process: run, bounded, and asked what it does when it does not end.

import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../bootstrap/paths.mjs';

/** From the start until its end has begun. */
const WORK_MS = 90_000;
/** From there until it is gone: KAFKA_TIMEOUT of the children and a little more. */
const END_MS = 20_000;

/** Bounds every request and every stop of the children. */
const KAFKA_TIMEOUT = '10000';

/**
 * @typedef {object} Ended
 * @property {number | null} code
 * @property {NodeJS.Signals | null} signal
 * @property {boolean} hung
 * @property {number} ms  from the start
 * @property {number | undefined} endMs  from where its end began
 * @property {string} stderr
 * @property {string} [stacks]  where its threads were, when it hung
 */

/**
 * @param {object} run
 * @param {string} run.node  path of the executable
 * @param {string} run.script  in children/
 * @param {string[]} run.args
 * @param {string} run.broker  KAFKA_BROKER
 * @returns {Promise<Ended>}
 */
export function runChild({ node, script, args, broker }) {
  const path = fileURLToPath(new URL(`./children/${script}.mjs`, import.meta.url));
  const begun = performance.now();
  const child = spawn(node, [path, ...args], {
    cwd: ROOT,
    // Silent: what is on standard error then is Node's, the allocator's or the script's.
    env: { ...plainEnvironment(), KAFKA_BROKER: broker, KAFKA_LOG_LEVEL: '0', KAFKA_TIMEOUT },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  /** @type {Ended} */
  const ended = { code: null, signal: null, hung: false, ms: 0, endMs: undefined, stderr: '' };
  let endBegun;
  const hang = () => {
    ended.hung = true;
    ended.stacks = stacksOf(child.pid);
    child.kill('SIGKILL');
  };
  let limit = setTimeout(hang, WORK_MS);
  child.stdout.on('data', (chunk) => {
    if (endBegun !== undefined || !String(chunk).includes('ending')) return;
    endBegun = performance.now();
    clearTimeout(limit);
    limit = setTimeout(hang, END_MS);
  });
  child.stderr.on('data', (chunk) => {
    ended.stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      const now = performance.now();
      const endMs = endBegun === undefined ? undefined : Math.round(now - endBegun);
      resolve({ ...ended, code, signal, ms: Math.round(now - begun), endMs });
    });
  });
}

/** Without settings of Kafka and without what tells that a test runner is around. */
function plainEnvironment() {
  const ours = (name) => /^(KAFKA|JEST|NODE_ENV$|NODE_OPTIONS$)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours(name)));
}

/** Where each thread is: by gdb where it is installed, else what the kernel tells. */
function stacksOf(pid) {
  const gdb = spawnSync('gdb', ['-p', String(pid), '-batch', '-ex', 'thread apply all bt 25'], {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (gdb.status === 0) return gdb.stdout.replace(/^\[New LWP.*\n/gm, '');
  const told = (path) => {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return '?';
    }
  };
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    return tasks
      .map((id) => `${id} ${told(`/proc/${pid}/task/${id}/comm`)} ${told(`/proc/${pid}/task/${id}/wchan`)}`)
      .join('\n');
  } catch {
    return 'no stacks on this system';
  }
}
