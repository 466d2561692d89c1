// `npm run kafka:test`: checks a live broker end to end, one line a check.
//
//   KAFKA_BROKER=host:port   which one (default localhost:29092); the other KAFKA_ variables count too
//   --json                   one JSON object in place of the report (npm run --silent kafka:test -- --json)
//
// The exit code is 0 only if every check passed.

import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { json } from '../quickstart/report.mjs';
import { addresses, explain, unreachable } from '../quickstart/trouble.mjs';
import { box } from '../terminal/box.mjs';
import { finish } from '../terminal/exit.mjs';
import { duration } from '../terminal/format.mjs';
import { LiveArea } from '../terminal/live.mjs';
import { drawingWidth, styleOf } from '../terminal/style.mjs';
import { fit, wrap } from '../terminal/text.mjs';
import { CHECKS } from './checks.mjs';
import { runChecks } from './runner.mjs';
import { deleteScratch, scratchTopics } from './scratch.mjs';

const FRAME_MS = 80;
const CLEANUP_MS = 10_000;
const NAME_CELLS = Math.max(...CHECKS.map(({ name }) => name.length));

/** The package as it is built, or built now. */
async function loadPackage() {
  const { prepare } = await import('../bootstrap/index.mjs');
  await prepare();
  return import('kafka4');
}

/** @param {import('./runner.mjs').Outcome} outcome */
export function outcomeLines({ name, state, detail, ms }, { width, style }) {
  const { glyphs } = style;
  const sign = { pass: style.green(glyphs.ok), fail: style.red(glyphs.fail), 'not run': style.yellow(glyphs.skip) }[
    state
  ];
  const time = state === 'not run' ? 'not run' : duration(ms);
  const indent = 4 + NAME_CELLS + 2 + 8 + 2;
  const [first = '', ...rest] = detail.flatMap((line) => wrap(line, Math.max(20, width - indent)));
  const shown = state === 'pass' ? style.dim : state === 'fail' ? style.red : style.yellow;
  return [
    ` ${fit(sign, 2)} ${fit(name, NAME_CELLS)}  ${fit(time, 8, 'right')}  ${shown(first)}`.trimEnd(),
    ...rest.map((line) => `${' '.repeat(indent)}${shown(line)}`),
  ];
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
  const asJson = argv.includes('--json');
  const strange = argv.filter((one) => one !== '--json');
  if (strange.length > 0) {
    stderr.write(`usage: npm run kafka:test [-- --json]   (unknown: ${strange.join(' ')})\n`);
    return 2;
  }
  if (!env.KAFKA_BROKER && !env.KAFKA_BROKERS) env.KAFKA_BROKER = 'localhost:29092';
  const broker = env.KAFKA_BROKER || env.KAFKA_BROKERS || '';
  env.KAFKA_CLIENT_ID ||= 'kafka4-test';
  env.KAFKA_TIMEOUT ||= '10000';
  // Errors are part of what is checked; they are told in the report.
  env.KAFKA_LOG_LEVEL ||= '0';

  const giveUp = (lines, hint) => {
    if (asJson) stdout.write(`${json({ ok: false, broker, error: lines, checks: [] })}\n`);
    stderr.write(`${lines.join('\n  ')}\n${hint.map((line) => `${line}\n`).join('')}`);
    return 1;
  };
  if (/^embedded/.test(broker.trim()))
    return giveUp(
      [
        `KAFKA_BROKER is ${broker}: an embedded broker lives inside the program that uses it, kafka:test checks a live one.`,
      ],
      ['Start one with npm run kafka:start, then: KAFKA_BROKER=localhost:29092 npm run kafka:test'],
    );
  const reasons = await unreachable(env);
  if (reasons.length > 0)
    return giveUp(
      ['No broker answers:', ...reasons],
      ['Start one on this machine: npm run kafka:start', 'or name another: KAFKA_BROKER=host:port npm run kafka:test'],
    );

  const id = randomBytes(3).toString('hex');
  const context = {
    api: undefined,
    run: id,
    broker:
      addresses(env)
        .map(({ host, port }) => `${host}:${port}`)
        .join(', ') || broker,
    topics: scratchTopics(id),
    texts: [],
    loaded: 0,
    transacted: [],
  };
  const interrupt = new AbortController();
  try {
    context.api = await load();
  } catch (error) {
    return giveUp(
      ['The package kafka4 could not be loaded:', ...explain(error)],
      ['Build it: npm install && npm run build'],
    );
  }
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort(new Error('interrupted'));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);

  const begin = performance.now();
  const screen = show({ stdout, stderr, env, broker: context.broker, id, quiet: asJson });
  try {
    const outcomes = await runChecks(context, { signal: interrupt.signal, onBegin: screen.begin, onEnd: screen.end });
    screen.close();
    await putAway(context);
    const ms = performance.now() - begin;
    const ok = outcomes.every(({ state }) => state === 'pass');
    if (asJson)
      stdout.write(`${json({ ok, broker: context.broker, ms, checks: outcomes, cluster: context.status?.cluster })}\n`);
    else stdout.write(`${summary(outcomes, ms, styleOf(stdout, env)).join('\n')}\n`);
    return ok ? 0 : 1;
  } catch (error) {
    screen.close();
    await putAway(context);
    if (!interrupt.signal.aborted) return giveUp(explain(error), []);
    stderr.write('Interrupted; the test topics are deleted and the clients closed.\n');
    return 130;
  } finally {
    process.removeListener('SIGINT', onSignal).removeListener('SIGTERM', onSignal);
  }
}

/** A line for each check that has ended, and on a terminal one that moves for the check that runs. */
function show({ stdout, stderr, env, broker, id, quiet }) {
  const style = styleOf(stdout, env);
  const area = new LiveArea(stdout, { guard: [stderr] });
  let name = '';
  let since = 0;
  let tick = 0;
  const say = (text) => !quiet && area.print(text);
  const { spinner } = style.glyphs;
  const timer = setInterval(() => {
    tick += 1;
    if (name && !quiet)
      area.draw([
        ` ${fit(style.cyan(spinner[tick % spinner.length]), 2)} ${fit(name, NAME_CELLS)}  ${fit(duration(performance.now() - since), 8, 'right')}`,
      ]);
  }, FRAME_MS);
  if (stdout.isTTY)
    say(
      box({
        title: 'kafka4 kafka:test',
        note: `run ${id}`,
        lines: [`${broker} ${style.glyphs.dot} Node.js ${process.version}`],
        width: drawingWidth(stdout),
        style,
      }).join('\n'),
    );
  else say(`kafka4 kafka:test, ${broker}, Node.js ${process.version}, run ${id}`);
  return {
    begin(check) {
      name = check;
      since = performance.now();
    },
    end(outcome) {
      name = '';
      area.close();
      say(outcomeLines(outcome, { width: drawingWidth(stdout), style }).join('\n'));
    },
    close() {
      clearInterval(timer);
      area.close();
    },
  };
}

function summary(outcomes, ms, style) {
  const number = (state) => outcomes.filter((outcome) => outcome.state === state).length;
  const passed = `${number('pass')} of ${outcomes.length} checks passed in ${duration(ms)}`;
  if (number('pass') === outcomes.length) return ['', style.green(style.bold(passed))];
  const rest = `, ${number('fail')} failed${number('not run') > 0 ? `, ${number('not run')} not run` : ''}`;
  return ['', style.red(style.bold(`${passed}${rest}`))];
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
