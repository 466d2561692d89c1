// How a run is shown while it goes on: a drawing that stays in place, or a line for each step where nothing can be
// drawn. Under --json it goes to standard error, so that standard output holds the document alone.

import { duration } from '../terminal/format.mjs';
import { LiveArea } from '../terminal/live.mjs';
import { drawingWidth, isInteractive, styleOf } from '../terminal/style.mjs';
import { frame, progressLine, Rates } from './view.mjs';

/** @typedef {import('./demo.mjs').Run} Run */

const FRAME_MS = 80;
/** A log is told that a long step still moves, without filling up. */
const PROGRESS_MS = 10_000;

/**
 * @param {Run} run
 * @param {object} options
 * @param {NodeJS.WriteStream} options.stream
 * @param {NodeJS.WriteStream[]} [options.guard]  other streams of the same terminal
 * @param {NodeJS.ProcessEnv} options.env
 * @param {boolean} options.noisy   log lines are wanted, which would tear a drawing
 */
export function showRun(run, { stream, guard = [], env, noisy }) {
  const live = isInteractive(stream, env) && !noisy;
  const style = styleOf(stream, env);
  const rates = new Rates();
  const area = new LiveArea(stream, { guard });
  const say = (text) => stream.write(`${style.encode(text)}\n`);
  let tick = 0;
  let said = performance.now();
  const draw = () => {
    const rows = (stream.rows || 24) - 1;
    area.draw(frame(run, { width: drawingWidth(stream), rows, style, rates, tick }).map(style.encode));
  };
  const onTick = () => {
    tick += 1;
    rates.sample(run);
    if (live) draw();
    else if (performance.now() - said >= PROGRESS_MS) {
      said = performance.now();
      say(progressLine(run, rates));
    }
  };
  const ticking = setInterval(onTick, FRAME_MS);
  if (!live) say(`kafka4 quickstart, ${run.label}, Node.js ${process.version}, run ${run.id}`);
  let closed = false;
  return {
    live,
    onStep(step) {
      // After an interrupt the demonstration still ends its last step behind the scenes.
      if (closed) return;
      if (live) draw();
      if (live || step.state === 'run') return;
      said = performance.now();
      const sign = step.state === 'ok' ? style.green('ok   ') : style.red('FAIL ');
      say(`${sign} ${step.name.padEnd(25)} ${duration(step.ms).padStart(8)}  ${step.detail}`.trimEnd());
    },
    close() {
      closed = true;
      clearInterval(ticking);
      area.close();
    },
  };
}
