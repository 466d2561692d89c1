// The report of the checks as it grows: a line for each check that has ended and, on a terminal, one that moves for
// the check that runs.

import { box } from '../terminal/box.mjs';
import { duration } from '../terminal/format.mjs';
import { LiveArea } from '../terminal/live.mjs';
import { drawingWidth, isInteractive, styleOf } from '../terminal/style.mjs';
import { fit, wrap } from '../terminal/text.mjs';
import { CHECKS } from './checks.mjs';

const FRAME_MS = 80;
const NAME_CELLS = Math.max(...CHECKS.map(({ name }) => name.length));
/** Sign, name, time and the blanks between them. */
const BEFORE_DETAIL = 4 + NAME_CELLS + 2 + 8 + 2;

/** @param {string} sign @param {string} name @param {string} time */
function beginning(sign, name, time) {
  return ` ${fit(sign, 2)} ${fit(name, NAME_CELLS)}  ${fit(time, 8, 'right')}`;
}

/**
 * @param {import('./runner.mjs').Outcome} outcome
 * @param {{ width: number, style: import('../terminal/style.mjs').Style }} options
 */
export function outcomeLines({ name, state, detail, ms }, { width, style }) {
  const { glyphs } = style;
  const sign = { pass: style.green(glyphs.ok), fail: style.red(glyphs.fail), 'not run': style.yellow(glyphs.skip) }[
    state
  ];
  const head = beginning(sign, name, state === 'not run' ? 'not run' : duration(ms));
  const shown = state === 'pass' ? style.dim : state === 'fail' ? style.red : style.yellow;
  // Where there is little room beside it, what was found stands below.
  const beside = width - BEFORE_DETAIL >= 24;
  const indent = beside ? BEFORE_DETAIL : 4;
  const texts = detail.flatMap((line) => wrap(line, width - indent)).map(shown);
  const below = (list) => list.map((line) => ' '.repeat(indent) + line);
  if (!beside) return [head.trimEnd(), ...below(texts)];
  return [`${head}  ${texts[0] ?? ''}`.trimEnd(), ...below(texts.slice(1))];
}

/**
 * @param {object} options
 * @param {NodeJS.WriteStream} options.stream
 * @param {NodeJS.WriteStream[]} [options.guard]  other streams of the same terminal
 * @param {NodeJS.ProcessEnv} options.env
 * @param {string} options.broker
 * @param {string} options.id
 */
export function showChecks({ stream, guard = [], env, broker, id }) {
  const style = styleOf(stream, env);
  const live = isInteractive(stream, env);
  const area = new LiveArea(stream, { guard });
  let name = '';
  let since = 0;
  let ended = 0;
  let tick = 0;
  const say = (lines) => area.print(lines.map(style.encode).join('\n'));
  const draw = () => {
    if (!name || !live) return;
    const { spinner } = style.glyphs;
    const width = drawingWidth(stream);
    const head = beginning(style.cyan(spinner[tick % spinner.length]), name, duration(performance.now() - since));
    const place = style.dim(`check ${ended + 1} of ${CHECKS.length}`);
    area.draw([style.encode(width - BEFORE_DETAIL >= 24 ? `${head}  ${place}` : head)]);
  };
  const timer = setInterval(() => {
    tick += 1;
    draw();
  }, FRAME_MS);
  const facts = [broker, `Node.js ${process.version}`];
  const width = drawingWidth(stream);
  if (live)
    say(
      box({
        title: 'kafka4 kafka:test',
        note: `run ${id}`,
        lines: wrap(facts.join(` ${style.glyphs.dot} `), width - 4),
        width,
        style,
      }),
    );
  else say([`kafka4 kafka:test, ${facts.join(', ')}, run ${id}`]);
  return {
    /** @param {string} check */
    begin(check) {
      name = check;
      since = performance.now();
      draw();
    },
    /** @param {import('./runner.mjs').Outcome} outcome */
    end(outcome) {
      name = '';
      ended += 1;
      area.close();
      say(outcomeLines(outcome, { width: drawingWidth(stream), style }));
    },
    close() {
      clearInterval(timer);
      area.close();
    },
  };
}

/**
 * @param {import('./runner.mjs').Outcome[]} outcomes
 * @param {number} ms
 * @param {{ width: number, style: import('../terminal/style.mjs').Style }} options
 */
export function summaryLines(outcomes, ms, { width, style }) {
  const number = (state) => outcomes.filter((outcome) => outcome.state === state).length;
  const passed = `${number('pass')} of ${outcomes.length} checks passed in ${duration(ms)}`;
  const all = number('pass') === outcomes.length;
  const rest = all ? '' : `, ${number('fail')} failed${number('not run') > 0 ? `, ${number('not run')} not run` : ''}`;
  const colour = all ? style.green : style.red;
  return ['', ...wrap(`${passed}${rest}`, width).map((line) => colour(style.bold(line)))];
}
