// `npm run quickstart`: from a bare clone to events that arrive, in one command.
//
//   KAFKA_BROKER=host:port   a real broker in place of the embedded one
//   --json                   one JSON object in place of the report (npm run --silent quickstart -- --json)
//
// The exit code is 0 when every event came as it was sent, 1 when not, 130 after Ctrl-C.

import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { finish } from '../terminal/exit.mjs';
import { count, duration } from '../terminal/format.mjs';
import { LiveArea } from '../terminal/live.mjs';
import { drawingWidth, styleOf } from '../terminal/style.mjs';
import { wrap } from '../terminal/text.mjs';
import { Run, runDemo } from './demo.mjs';
import { boxes, json, lines, object } from './report.mjs';
import { advice, explain, unreachable } from './trouble.mjs';
import { frame, progressLine, Rates } from './view.mjs';

const FRAME_MS = 80;
const PROGRESS_MS = 1_000;
const CLEANUP_MS = 5_000;

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

/** How a run is shown while it goes on: a drawing, plain lines, or (for --json) nothing. */
function show(run, { stdout, stderr, style, mode }) {
  const rates = new Rates();
  const area = new LiveArea(stdout, { guard: [stderr] });
  let tick = 0;
  const draw = () => area.draw(frame(run, { width: drawingWidth(stdout), style, rates, tick }));
  const ticking = setInterval(() => {
    tick += 1;
    rates.sample(run);
    if (mode === 'live') draw();
    else if (mode === 'plain' && tick % Math.round(PROGRESS_MS / FRAME_MS) === 0)
      stdout.write(`${progressLine(run, rates)}\n`);
  }, FRAME_MS);
  let closed = false;
  return {
    onStep(step) {
      // After an interrupt the demonstration still ends its last step behind the scenes.
      if (closed) return;
      if (mode === 'live') draw();
      if (mode !== 'plain' || step.state === 'run') return;
      stdout.write(
        `${step.state === 'ok' ? 'ok   ' : 'FAIL '} ${step.name.padEnd(25)} ${duration(step.ms).padStart(8)}  ${step.detail}\n`,
      );
    },
    close() {
      closed = true;
      clearInterval(ticking);
      area.close();
    },
  };
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
  const asJson = argv.includes('--json');
  const strange = argv.filter((one) => one !== '--json');
  if (strange.length > 0) {
    stderr.write(`usage: npm run quickstart [-- --json]   (unknown: ${strange.join(' ')})\n`);
    return 2;
  }
  const id = randomBytes(3).toString('hex');
  const noisy = Boolean(env.KAFKA_LOG_LEVEL) && env.KAFKA_LOG_LEVEL !== '0';
  const broker = settle(env, id);
  const style = styleOf(stdout, env);
  const run = new Run({ broker, id, plan });

  const fail = (error) => {
    run.failures.push(...(run.failures.length > 0 ? [] : explain(error)));
    if (asJson) stdout.write(`${json(object(run))}\n`);
    const red = styleOf(stderr, env);
    stderr.write(
      `\n${red.red(red.bold(`${red.glyphs.fail} The quickstart failed`))}: ${explain(error).join('\n  ')}\n`,
    );
    for (const line of run.failures.filter((text) => !explain(error).includes(text))) stderr.write(`  ${line}\n`);
    for (const line of advice(error, broker)) stderr.write(`  ${line}\n`);
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
  const mode = asJson ? 'json' : stdout.isTTY && env.TERM !== 'dumb' && !noisy ? 'live' : 'plain';
  if (mode === 'plain') stdout.write(`kafka4 quickstart, ${run.label}, Node.js ${process.version}, run ${id}\n`);
  const screen = show(run, { stdout, stderr, style, mode });
  let api;
  try {
    api = await load();
    const aborted = new Promise((_, reject) =>
      interrupt.signal.addEventListener('abort', () => reject(interrupt.signal.reason)),
    );
    await Promise.race([runDemo(api, run, { signal: interrupt.signal, onStep: screen.onStep }), aborted]);
    if (run.failures.length > 0) throw new Error('not everything is as it should be');
    screen.close();
    if (asJson) stdout.write(`${json(object(run))}\n`);
    else stdout.write(`${ending(run, { stdout, style, mode }).join('\n')}\n`);
    return 0;
  } catch (error) {
    screen.close();
    await cleanUp(api);
    if (interrupt.signal.aborted) {
      stderr.write('Interrupted; the clients are closed.\n');
      return 130;
    }
    if (mode === 'live') stdout.write(`${boxes(run, { width: drawingWidth(stdout), style }).join('\n')}\n`);
    return fail(error);
  } finally {
    process.removeListener('SIGINT', onSignal).removeListener('SIGTERM', onSignal);
  }
}

function ending(run, { stdout, style, mode }) {
  const width = drawingWidth(stdout);
  const total = run.total('received');
  const sentence = `${count(total)} events of five kinds went through Kafka and back in ${run.seconds.toFixed(1)} s.`;
  const hint = run.embedded
    ? 'Against a real broker: KAFKA_BROKER=localhost:29092 npm run quickstart'
    : 'The events stay in the topics of this broker for their retention.';
  const next = [
    ...wrap(`${style.glyphs.ok} ${sentence}`, width).map((line) => style.green(style.bold(line))),
    ...wrap(hint, width - 2).map((line) => style.dim(`  ${line}`)),
  ];
  return mode === 'live'
    ? [...boxes(run, { width, style }), '', ...next]
    : [...lines(run, { width, style }), '', ...next];
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
