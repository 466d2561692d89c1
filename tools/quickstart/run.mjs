// `npm run quickstart`: from a bare clone to events that arrive, in one command. What it knows and how it ends is in
// COMMAND, which --help prints.

import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { finish } from '../terminal/exit.mjs';
import { count } from '../terminal/format.mjs';
import { readOptions } from '../terminal/options.mjs';
import { drawingWidth, proseWidth, styleOf } from '../terminal/style.mjs';
import { wrap } from '../terminal/text.mjs';
import { Run, runDemo } from './demo.mjs';
import { boxes, json, lines, object } from './report.mjs';
import { showRun } from './screen.mjs';
import { advice, explain, unreachable } from './trouble.mjs';

const CLEANUP_MS = 5_000;

/** @type {import('../terminal/options.mjs').Command} */
const COMMAND = {
  name: 'npm run quickstart',
  summary:
    'Builds kafka4 where that has not been done, starts an embedded broker, sends events of every kind, batches and transactions, receives all of them again and shows what it measured.',
  options: {
    '--json':
      'one JSON document on standard output in place of the report; everything else goes to standard error (npm run --silent quickstart -- --json)',
  },
  variables: {
    KAFKA_BROKER: 'host:port of a real broker in place of the embedded one; the other KAFKA_ variables count too',
    'NO_COLOR, FORCE_COLOR': 'no colours on a terminal; colours also into a pipe',
  },
  exits: { 0: 'every event came as it was sent', 1: 'it did not', 2: 'unknown option', 130: 'interrupted' },
};

async function prepareClone() {
  const { prepare } = await import('../bootstrap/index.mjs');
  await prepare();
}

/**
 * Settings of this run, where the user has given none. Before the package is loaded: it reads the
 * variables once.
 */
function settle(env, id) {
  if (!env.KAFKA_BROKER && !env.KAFKA_BROKERS) env.KAFKA_BROKER = 'embedded';
  // A group of its own, so that no other run and no application shares its partitions.
  env.KAFKA_CONSUMER_GROUP = `kafka4-quickstart-${id}`;
  env.KAFKA_CLIENT_ID ||= 'kafka4-quickstart';
  env.KAFKA_TIMEOUT ||= '15000';
  // What goes wrong rejects and is told at the end; a log line would tear the drawing.
  env.KAFKA_LOG_LEVEL ||= '0';
  return env.KAFKA_BROKER || env.KAFKA_BROKERS;
}

/**
 * @param {object} [options]
 * @param {string[]} [options.argv]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {() => Promise<void>} [options.prepare]
 * @param {() => Promise<any>} [options.load]      the package
 * @param {object} [options.plan]                  how much is sent
 * @returns {Promise<number>} the exit code
 */
export async function main({
  argv = process.argv.slice(2),
  env = process.env,
  prepare = prepareClone,
  load = () => import('kafka4'),
  plan,
} = {}) {
  const { stdout, stderr } = process;
  const { chosen, code } = readOptions(argv, COMMAND, { stdout, stderr, width: drawingWidth(stdout) });
  if (code !== undefined) return code;
  const asJson = chosen.has('--json');
  const id = randomBytes(3).toString('hex');
  const noisy = Boolean(env.KAFKA_LOG_LEVEL) && env.KAFKA_LOG_LEVEL !== '0';
  const broker = settle(env, id);
  const run = new Run({ broker, id, plan });
  const document = () => asJson && stdout.write(`${json(object(run))}\n`);

  const fail = (error) => {
    const reasons = explain(error);
    run.failures.push(...(run.failures.length > 0 ? [] : reasons));
    document();
    const style = styleOf(stderr, env);
    const width = proseWidth(stderr);
    const [first, ...rest] = wrap(`${style.glyphs.fail} The quickstart failed: ${reasons.join('\n')}`, width - 2);
    const others = run.failures.filter((text) => !reasons.includes(text));
    stderr.write(`\n${style.encode(style.red(style.bold(first)))}\n`);
    for (const line of [...rest, ...[...others, ...advice(error, broker)].flatMap((text) => wrap(text, width - 2))])
      stderr.write(`  ${style.encode(line)}\n`);
    return 1;
  };

  try {
    // Who named a broker is told that it is not there before waiting for a build.
    const reasons = await unreachable(env);
    if (reasons.length > 0)
      throw Object.assign(new Error(`no broker answers\n${reasons.join('\n')}`), { name: 'Unreachable' });
    await prepare();
  } catch (error) {
    return fail(error);
  }

  const interrupt = new AbortController();
  const onSignal = () => {
    // The second Ctrl-C is from somebody who does not want to wait.
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort(new Error('interrupted'));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  run.begin = performance.now();
  const screen = showRun(run, { stream: asJson ? stderr : stdout, guard: asJson ? [] : [stderr], env, noisy });
  const report = (draw) => {
    const style = styleOf(stdout, env);
    for (const line of draw({ width: drawingWidth(stdout), style })) stdout.write(`${style.encode(line)}\n`);
  };
  let api;
  try {
    api = await load();
    const aborted = new Promise((_, reject) =>
      interrupt.signal.addEventListener('abort', () => reject(interrupt.signal.reason)),
    );
    await Promise.race([runDemo(api, run, { signal: interrupt.signal, onStep: screen.onStep }), aborted]);
    if (run.failures.length > 0) throw new Error('not everything is as it should be');
    screen.close();
    if (asJson) document();
    else report((options) => [...(screen.live ? boxes : lines)(run, options), '', ...ending(run, options)]);
    return 0;
  } catch (error) {
    screen.close();
    await cleanUp(api);
    if (interrupt.signal.aborted) {
      run.failures.push('interrupted');
      document();
      stderr.write('Interrupted; the clients are closed.\n');
      return 130;
    }
    if (screen.live && !asJson) report((options) => boxes(run, options));
    return fail(error);
  } finally {
    process.removeListener('SIGINT', onSignal).removeListener('SIGTERM', onSignal);
  }
}

/** What was shown, in a sentence, and what to do next. */
function ending(run, { width, style }) {
  const total = count(run.total('received'));
  const sentence = `${total} events of five kinds went through Kafka and back in ${run.seconds.toFixed(1)} s.`;
  const hint = run.embedded
    ? 'Against a real broker: KAFKA_BROKER=localhost:29092 npm run quickstart'
    : 'The events stay in the topics of this broker for their retention.';
  return [
    ...wrap(`${style.glyphs.ok} ${sentence}`, width).map((line) => style.green(style.bold(line))),
    ...wrap(hint, width - 2).map((line) => style.dim(`  ${line}`)),
  ];
}

/** After a failure, so it must not make another one, nor wait for long. */
async function cleanUp(api) {
  if (!api) return;
  let timer;
  const limit = new Promise((resolve) => (timer = setTimeout(resolve, CLEANUP_MS)));
  await Promise.race([
    Promise.resolve()
      .then(() => api.kafkaInitializationService.cleanup())
      .catch(() => {}),
    limit,
  ]);
  clearTimeout(timer);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) finish(await main());
