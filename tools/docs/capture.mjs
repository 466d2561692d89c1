// Runs a command on a pseudo-terminal of a given size and keeps what it writes there. `script` makes the terminal:
// Node.js has none of its own.

import { spawn } from 'node:child_process';
import { platform } from 'node:process';

/** @param {string} word */
const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * @param {string[]} command
 * @param {object} options
 * @param {number} options.columns
 * @param {number} options.rows
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.stdoutTo]  a file for the command's standard output, which then is no terminal
 * @returns {Promise<{ output: string, code: number | null }>}
 */
export function capture(command, { columns, rows, cwd, env = process.env, stdoutTo }) {
  const to = stdoutTo === undefined ? '' : ` > ${quoted(stdoutTo)}`;
  const line = `stty cols ${columns} rows ${rows}; exec ${command.map(quoted).join(' ')}${to}`;
  const args =
    platform === 'darwin'
      ? ['-q', '/dev/null', 'sh', '-c', line]
      : ['--quiet', '--return', '--command', line, '/dev/null'];
  return new Promise((resolve, reject) => {
    const child = spawn('script', args, { cwd, env: { ...env, SHELL: '/bin/sh' }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (chunk) => (output += chunk));
    }
    child.on('error', (error) => reject(new Error(`script (util-linux) makes the terminal: ${error.message}`)));
    child.on('close', (code) => resolve({ output, code }));
  });
}

/**
 * An environment in which a tool decides by its terminal alone.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {Record<string, string>} [more]
 */
export function plainEnvironment(env, more = {}) {
  const decides = /^(KAFKA_|CI$|NO_COLOR$|FORCE_COLOR$|LC_|LANG$|NODE_)/;
  const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !decides.test(name)));
  return { ...rest, TERM: 'xterm-256color', ...more };
}
