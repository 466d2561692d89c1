// Runs a command of a suite with its output passing through, says that it still runs when it is silent, and
// ends it when it does not end by itself.

import { startChild } from '../bootstrap/child.mjs';
import { inCi, ROOT } from '../bootstrap/paths.mjs';
import { clock } from '../bootstrap/progress.mjs';

/** A silence that makes people (and CI services) wonder. */
const SILENCE_MS = 20_000;

/** Longer than the slowest suite on the slowest machine by far; a hang must not last until the CI service ends it. */
const LIMIT_MS = 45 * 60_000;

/**
 * @param {string} name  of the suite, for the lines about it
 * @param {string[]} command
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {() => string | undefined} [options.shouldBeOver]
 *   asked each second: why the process should have ended by now, if it should
 * @param {number} [options.limit]
 * @returns {Promise<{ code: number | null, output: string, problem: string | undefined }>} `problem` when it had to
 *   be ended or could not be started
 */
export async function runLive(
  name,
  [command, ...args],
  { env, shouldBeOver = () => undefined, limit = LIMIT_MS } = {},
) {
  const begin = Date.now();
  let heard = begin;
  let output = '';
  let problem;
  const child = startChild(command, args, {
    env: { ...suiteEnvironment(), ...env },
    cwd: ROOT,
    onOutput: (text, stream) => {
      heard = Date.now();
      output += text;
      process[stream].write(text);
    },
  });
  const ticker = setInterval(() => {
    const now = Date.now();
    if (problem !== undefined) return child.stop('SIGKILL');
    problem = now - begin > limit ? `it had not ended after ${clock(limit)}` : shouldBeOver();
    if (problem !== undefined) return child.stop('SIGTERM');
    if (now - heard < SILENCE_MS) return;
    heard = now;
    process.stderr.write(`  … ${name}: running for ${clock(now - begin)}\n`);
  }, 1_000);
  try {
    const { code, signal } = await child.done;
    return {
      code: signal ? null : code,
      output,
      problem: problem ?? (signal ? `it was ended by ${signal}` : undefined),
    };
  } catch (error) {
    return { code: null, output, problem: `${command} could not be started (${/** @type {Error} */ (error).message})` };
  } finally {
    clearInterval(ticker);
  }
}

/**
 * The environment without the user's own settings: a KAFKA_BROKER that somebody has exported must not
 * decide what the tests talk to.
 */
function suiteEnvironment() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (name.startsWith('KAFKA_')) delete env[name];
  delete env.NODE_ENV;
  if (process.stdout.isTTY && !inCi()) {
    env.FORCE_COLOR ??= '1';
    env.CARGO_TERM_COLOR ??= 'always';
  }
  return env;
}
