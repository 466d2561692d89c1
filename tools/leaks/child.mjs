// Runs cycles.mjs in a process of its own and collects what it tells.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./cycles.mjs', import.meta.url));

/**
 * @param {object} run
 * @param {string} run.kind
 * @param {number} run.cycles
 * @param {number} [run.every]  cycles between two samples
 * @param {string} run.broker  KAFKA_BROKER
 * @param {string} [run.node]
 * @param {number} [run.within]  ms
 * @param {(sample: import('./judge.mjs').Sample) => void} [run.onSample]
 * @returns {Promise<import('./judge.mjs').Sample[]>}
 */
export function runCycles({ kind, cycles, every = 10, broker, node = process.execPath, within, onSample = () => {} }) {
  const ours = (name) => /^(KAFKA|JEST|NODE_ENV$)/.test(name);
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours(name)));
  const child = spawn(node, ['--expose-gc', SCRIPT, kind, String(cycles), String(every)], {
    env: { ...env, KAFKA_BROKER: broker, KAFKA_LOG_LEVEL: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: within,
    killSignal: 'SIGKILL',
  });
  const samples = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const sample = JSON.parse(line);
    if (sample.cycle === undefined) return;
    samples.push(sample);
    onSample(sample);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(samples);
      const at = samples.at(-1)?.cycle ?? 0;
      reject(new Error(`${kind}: the process ended by ${signal ?? `code ${code}`} after cycle ${at}`));
    });
  });
}

/** What can be repeated; see cycles.mjs. */
export const KINDS = ['send', 'consume', 'everything', 'transaction', 'worker'];
