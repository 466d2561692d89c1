// `npm run kafka:test`: checks a live broker end to end, one line a check. What it knows and how it ends is in
// COMMAND, which --help prints.

import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { json } from '../quickstart/report.mjs';
import { addresses, explain, unreachable } from '../quickstart/trouble.mjs';
import { finish } from '../terminal/exit.mjs';
import { readOptions } from '../terminal/options.mjs';
import { drawingWidth, proseWidth, styleOf } from '../terminal/style.mjs';
import { wrap } from '../terminal/text.mjs';
import { runChecks } from './runner.mjs';
import { deleteScratch, scratchTopics } from './scratch.mjs';
import { showChecks, summaryLines } from './screen.mjs';

const CLEANUP_MS = 10_000;

/** @type {import('../terminal/options.mjs').Command} */
const COMMAND = {
  name: 'npm run kafka:test',
  summary:
    'Checks a live broker end to end and tells each result with its time. Creates the declared topics where they are missing, writes to topics of its own and deletes those afterwards.',
  options: {
    '--json':
      'one JSON document on standard output in place of the report; everything else goes to standard error (npm run --silent kafka:test -- --json)',
  },
  variables: {
    KAFKA_BROKER: 'host:port of the broker (default localhost:29092); the other KAFKA_ variables count too',
    'NO_COLOR, FORCE_COLOR': 'no colours on a terminal; colours also into a pipe',
  },
  exits: { 0: 'every check passed', 1: 'one did not, or no broker answers', 2: 'unknown option', 130: 'interrupted' },
};

/** The package as it is built, or built now. */
async function loadPackage() {
  const { prepare } = await import('../bootstrap/index.mjs');
  await prepare();
  return import('kafka4');
}

/**
 * For programs; report.schema.json describes it. Every field is always there. `format` changes when a field changes
 * its meaning or goes; new ones may come without that.
 */
function report({ context, ms, outcomes, errors }) {
  return {
    format: 1,
    tool: 'kafka:test',
    ok: errors.length === 0 && outcomes.every(({ state }) => state === 'pass'),
    broker: context.broker,
    run: context.run,
    node: process.version,
    ms: Number(ms.toFixed(3)),
    checks: outcomes.map(({ id, name, state, ms: time, detail }) => ({
      id,
      name,
      state,
      ms: Number(time.toFixed(3)),
      detail,
    })),
    cluster: context.status?.cluster ?? null,
    errors,
  };
}

/**
 * @param {object} [options]
 * @param {string[]} [options.argv]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {() => Promise<any>} [options.load]
 * @returns {Promise<number>} the exit code
 */
export async function main({ argv = process.argv.slice(2), env = process.env, load = loadPackage } = {}) {
  const { stdout, stderr } = process;
  const { chosen, code } = readOptions(argv, COMMAND, { stdout, stderr, width: drawingWidth(stdout) });
  if (code !== undefined) return code;
  const asJson = chosen.has('--json');
  if (!env.KAFKA_BROKER && !env.KAFKA_BROKERS) env.KAFKA_BROKER = 'localhost:29092';
  const broker = env.KAFKA_BROKER || env.KAFKA_BROKERS || '';
  env.KAFKA_CLIENT_ID ||= 'kafka4-test';
  env.KAFKA_TIMEOUT ||= '10000';
  // Errors are part of what is checked; they are told in the report.
  env.KAFKA_LOG_LEVEL ||= '0';

  const begin = performance.now();
  const id = randomBytes(3).toString('hex');
  const named = addresses(env).map(({ host, port }) => `${host}:${port}`);
  const context = {
    api: undefined,
    run: id,
    broker: named.join(', ') || broker,
    topics: scratchTopics(id),
    texts: [],
    loaded: 0,
    transacted: [],
    status: undefined,
  };
  /** @type {import('./runner.mjs').Outcome[]} */
  const outcomes = [];
  const document = (errors = []) => {
    const ms = performance.now() - begin;
    if (asJson) stdout.write(`${json(report({ context, ms, outcomes, errors }))}\n`);
  };
  const giveUp = (errors, hint = []) => {
    document(errors);
    const style = styleOf(stderr, env);
    const width = proseWidth(stderr);
    const [first, ...rest] = wrap(`${style.glyphs.fail} ${errors.join('\n')}`, width - 2);
    stderr.write(`${style.encode(style.red(style.bold(first)))}\n`);
    for (const line of [...rest, ...hint.flatMap((text) => wrap(text, width - 2))])
      stderr.write(`  ${style.encode(line)}\n`);
    return 1;
  };
  if (/^embedded/.test(broker.trim()))
    return giveUp(
      [
        `KAFKA_BROKER is ${broker}: an embedded broker lives inside the program that uses it, kafka:test checks a live one.`,
      ],
      ['Start one with npm run kafka:start, then: KAFKA_BROKER=localhost:29092 npm run kafka:test'],
    );
  // Before the package is built for it.
  if (named.length === 0)
    return giveUp(
      [`KAFKA_BROKER is ${broker}: expected host:port, several of them separated by commas.`],
      ['On this machine: npm run kafka:start, then: KAFKA_BROKER=localhost:29092 npm run kafka:test'],
    );
  const reasons = await unreachable(env);
  if (reasons.length > 0)
    return giveUp(
      ['No broker answers:', ...reasons],
      ['Start one on this machine: npm run kafka:start', 'or name another: KAFKA_BROKER=host:port npm run kafka:test'],
    );
  try {
    context.api = await load();
  } catch (error) {
    return giveUp(
      ['The package kafka4 could not be loaded:', ...explain(error)],
      ['Build it: npm install && npm run build'],
    );
  }

  const interrupt = new AbortController();
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort(new Error('interrupted'));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const stream = asJson ? stderr : stdout;
  const screen = showChecks({ stream, guard: asJson ? [] : [stderr], env, broker: context.broker, id });
  const onEnd = (outcome) => {
    outcomes.push(outcome);
    screen.end(outcome);
  };
  try {
    await runChecks(context, { signal: interrupt.signal, onBegin: screen.begin, onEnd });
    screen.close();
    await putAway(context);
    document();
    const style = styleOf(stream, env);
    const summary = summaryLines(outcomes, performance.now() - begin, { width: drawingWidth(stream), style });
    stream.write(`${summary.map(style.encode).join('\n')}\n`);
    return outcomes.every(({ state }) => state === 'pass') ? 0 : 1;
  } catch (error) {
    screen.close();
    await putAway(context);
    if (!interrupt.signal.aborted) return giveUp(explain(error));
    document(['interrupted']);
    stderr.write('Interrupted; the test topics are deleted and the clients closed.\n');
    return 130;
  } finally {
    process.removeListener('SIGINT', onSignal).removeListener('SIGTERM', onSignal);
  }
}

/** What the run has made on the broker and opened here; must neither fail nor wait for long. */
async function putAway(context) {
  const { api, topics } = context;
  let timer;
  const limit = new Promise((resolve) => (timer = setTimeout(resolve, CLEANUP_MS)));
  const work = async () => {
    // A topic that a consumer still reads must not vanish under it.
    for (const topic of [topics.events, topics.load])
      await Promise.resolve(api.kafkaConsumerService.stopConsumer(topic)).catch(() => {});
    await deleteScratch(api, topics).catch(() => {});
    await api.kafkaInitializationService.cleanup();
  };
  await Promise.race([work().catch(() => {}), limit]);
  clearTimeout(timer);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) finish(await main());
