// Checks an installed kafka4 on this machine: that its native part loads, that the five codecs, TLS and the SASL mechanisms
// are in it, and that a process which has used it ends by itself.
//
//   node tools/package/check-load.mjs [--in DIR] [--runtime PATH] [--json]
//
//   --in DIR        a folder with node_modules/kafka4; the working directory when left out
//   --runtime PATH  what runs it: another Node, Bun; the Node that runs this when left out

import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const CHILD = join(dirname(fileURLToPath(import.meta.url)), 'load', 'child.cjs');
const CHECKS = ['facts', 'modules', 'codecs', 'security'];

/** `import` and `require` from the folder itself, by the name of the package, lead to one and the same. */
const MODULES = `
  import('kafka4').then((imported) => {
    const required = require('kafka4');
    const different = Object.keys(required).filter((name) => imported[name] !== required[name]);
    if (different.length > 0) return { failure: 'import and require give different ' + different.join(', ') };
    return { told: 'require and import give the same ' + Object.keys(required).length + ' exports' };
  }).catch((error) => ({ failure: error.stack })).then((answer) => console.log(JSON.stringify(answer)));
`;

/** ms; generous, for machines that emulate another processor. */
const CHECK_LIMIT = 180_000;
/** ms between the answer and the end of the process: nothing that was opened may hold it. */
const END_LIMIT = 15_000;

/**
 * @typedef {{ check: string, told?: any, failure?: string }} Result
 *
 * @param {{ folder?: string, runtime?: string, checks?: string[] }} [options]
 * @returns {Promise<Result[]>} one for each check, also after a failure
 */
export async function checkLoad({ folder = process.cwd(), runtime = process.execPath, checks = CHECKS } = {}) {
  const results = [];
  for (const check of checks) results.push({ check, ...(await runCheck(check, resolve(folder), runtime)) });
  return results;
}

/** @returns {Promise<{ told?: any, failure?: string }>} */
function runCheck(check, folder, runtime) {
  return new Promise((done) => {
    const child = spawn(runtime, check === 'modules' ? ['-e', MODULES] : [CHILD, check, folder], {
      cwd: folder,
      // Settings of Kafka in the environment are not what is checked.
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KAFKA_'))),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [output, errors, answered] = ['', '', false];
    let limit = setTimeout(() => end(`no answer within ${CHECK_LIMIT / 1000} s`), CHECK_LIMIT);
    let late;
    const end = (why) => {
      late = why;
      child.kill('SIGKILL');
    };
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (answered || !/^\{.*\}$/m.test(output)) return;
      answered = true;
      clearTimeout(limit);
      limit = setTimeout(() => end(`the process did not end within ${END_LIMIT / 1000} s of its answer`), END_LIMIT);
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', (error) => {
      clearTimeout(limit);
      done({ failure: `${runtime} could not be started: ${error.message}` });
    });
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      if (late) return done({ failure: late });
      const answer = parsed(output);
      if (!answer) return done({ failure: `it ended with ${signal ?? code} and without an answer\n${errors}` });
      if (code !== 0) return done({ failure: `it answered, and then ended with ${signal ?? code}\n${errors}` });
      done(answer);
    });
  });
}

function parsed(output) {
  try {
    return JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? '');
  } catch {
    return undefined;
  }
}

/** @param {Result} result */
export function resultLine({ check, told, failure }) {
  if (failure) return `FAILED  ${check}: ${failure}`;
  if (typeof told === 'string') return `ok      ${check}: ${told}`;
  const facts = Object.entries(told).filter(([, value]) => value !== undefined);
  return `ok      ${check}: ${facts.map(([name, value]) => `${name} ${value}`).join(', ')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = { in: { type: 'string' }, runtime: { type: 'string' }, json: { type: 'boolean' } };
  const { values } = parseArgs({ options: /** @type {any} */ (options) });
  const results = await checkLoad({
    folder: /** @type {any} */ (values.in),
    runtime: /** @type {any} */ (values.runtime),
  });
  if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else for (const result of results) process.stdout.write(`${resultLine(result)}\n`);
  process.exitCode = results.some(({ failure }) => failure) ? 1 : 0;
}
