// `npm run dev`: the Next.js example with hot reload, from a bare clone in one command.
//
//   KAFKA_BROKER=host:port   a real broker in place of the embedded one
//   DATABASE_URL, REDIS_URL  PostgreSQL and Redis in place of memory
//   npm run dev -- -p 4000   arguments go to `next dev`

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXAMPLE, installPackages, placeKafka4 } from './example.mjs';

/** @returns {Promise<number>} the exit code */
async function main(args = process.argv.slice(2), env = process.env) {
  const { prepareOrExit } = await import('../bootstrap/prepare.mjs');
  await prepareOrExit();
  try {
    installPackages();
    placeKafka4();
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
    return 1;
  }
  const broker = env.KAFKA_BROKER || env.KAFKA_BROKERS || 'embedded';
  process.stderr.write(
    broker.startsWith('embedded')
      ? 'Kafka: the embedded broker. KAFKA_BROKER=host:port takes a real one (npm run kafka:start).\n'
      : `Kafka: ${broker}\n`,
  );
  return runNext(['dev', ...args], { ...env, KAFKA_BROKER: broker });
}

/** @param {string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<number>} */
function runNext(args, env) {
  const next = join(EXAMPLE, 'node_modules', 'next', 'dist', 'bin', 'next');
  const child = spawn(process.execPath, [next, ...args], { cwd: EXAMPLE, env, stdio: 'inherit' });
  // Ctrl-C reaches the child by the terminal as well; Next.js takes the second one for the same.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
