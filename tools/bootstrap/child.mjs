// Child processes that never outlive this one by accident: each is the head of a process group of its own,
// so that ending it ends the compiler, the test binary or the worker that it has started, too.

import { spawn, spawnSync } from 'node:child_process';
import { IS_WINDOWS, ROOT } from './paths.mjs';

/** How long output is waited for after the process itself has ended: a grandchild may hold the pipe for ever. */
const PIPE_GRACE_MS = 2_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * @typedef {object} ChildEnd
 * @property {number | null} code
 * @property {NodeJS.Signals | null} signal
 */

/**
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.cwd]
 * @param {(text: string, stream: 'stdout' | 'stderr') => void} [options.onOutput]
 * @returns {{ done: Promise<ChildEnd>, stop: (signal?: NodeJS.Signals) => void }} `done` rejects only when the
 *   command could not be started at all
 */
export function startChild(command, args, { env = process.env, cwd = ROOT, onOutput = () => {} } = {}) {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !IS_WINDOWS,
    // Node refuses to start .cmd files without a shell.
    shell: IS_WINDOWS && command.endsWith('.cmd'),
  });
  running.add(child);
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text) => onOutput(text, name));
  }
  const done = new Promise((resolve, reject) => {
    child.on('error', (error) => {
      running.delete(child);
      reject(error);
    });
    child.on('exit', (code, signal) => {
      const grace = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, PIPE_GRACE_MS);
      child.on('close', () => {
        clearTimeout(grace);
        running.delete(child);
        resolve({ code, signal });
      });
    });
  });
  return { done, stop: (signal = 'SIGTERM') => signalTree(child, signal) };
}

/**
 * Ends everything that runs: politely, then for good.
 *
 * @param {number} [limit]  milliseconds between the two
 */
export async function stopChildren(limit = 5_000) {
  const ends = [...running].map((child) => new Promise((resolve) => child.once('close', resolve)));
  for (const child of running) signalTree(child, 'SIGTERM');
  const hard = setTimeout(killChildren, limit);
  await Promise.all(ends);
  clearTimeout(hard);
}

/** At once, for the way out of a process that cannot wait any more. */
export function killChildren() {
  for (const child of running) signalTree(child, 'SIGKILL');
}

process.on('exit', killChildren);

/** @param {NodeJS.Signals} signal */
function signalTree(child, signal) {
  if (child.pid === undefined) return;
  try {
    if (IS_WINDOWS) spawnSync('taskkill', ['/pid', String(child.pid), '/t', '/f']);
    else process.kill(-child.pid, signal);
  } catch {
    // The whole group is gone already.
  }
}

/**
 * Ctrl-C and SIGTERM: runs `cleanUp` once, then ends this process as the signal would have.
 *
 * @param {(signal: NodeJS.Signals) => Promise<void> | void} cleanUp
 * @returns {() => void} takes the handlers away again
 */
export function onInterrupt(cleanUp) {
  let begun = false;
  const handlers = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']).map((signal, index) => {
    const handler = async () => {
      // Somebody who presses Ctrl-C twice does not want to wait.
      if (begun) process.exit(130);
      begun = true;
      try {
        await cleanUp(signal);
      } finally {
        process.exit([130, 143, 129][index]);
      }
    };
    process.on(signal, handler);
    return [signal, handler];
  });
  return () => {
    for (const [signal, handler] of handlers) process.removeListener(signal, handler);
  };
}
