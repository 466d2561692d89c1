// A script in a fresh Node process that prints one line of JSON.

import { spawn } from 'node:child_process';

const LIMIT_MS = 180_000;

/** Runs that are going on, for the end of the bench. */
const running = new Set();

/** With what it started itself: the native program is a child of the worker. */
function end(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

export function endAll() {
  for (const child of running) end(child);
}

/** @returns {Promise<any>} what it printed */
export function runScript(script, args, env, limitMs = LIMIT_MS) {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    detached: process.platform !== 'win32',
  });
  running.add(child);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end(child);
  }, limitMs);
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-4_000);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      const last = out.trim().split('\n').at(-1) ?? '';
      if (code === 0 && last.startsWith('{')) return resolve(JSON.parse(last));
      const why = late
        ? `was not done after ${limitMs / 1000} s`
        : signal
          ? `was ended by ${signal}`
          : `ended with code ${code}`;
      reject(new Error(`${why}${tail(errors)}`));
    });
  });
}

/** The line of what was written to stderr that tells most. */
function tail(errors) {
  const lines = errors.split('\n').filter((line) => line.trim() !== '');
  const line = lines.findLast?.((each) => /error|fatal|failed/i.test(each)) ?? lines.at(-1);
  return line === undefined ? '' : `: ${line.trim().slice(0, 300)}`;
}
