// What is seen while the demonstration runs: the steps, one row a topic, the rates. A pure function of
// the run, at most 23 lines high, so that it stands still in the smallest usual terminal.

import { bar, box, spark } from '../terminal/box.mjs';
import { count, duration, rate } from '../terminal/format.mjs';
import { table } from '../terminal/table.mjs';
import { width as cells, fit, wrap } from '../terminal/text.mjs';

/** @typedef {import('../terminal/style.mjs').Style} Style */
/** @typedef {import('./demo.mjs').Run} Run */

const SAMPLE_MS = 200;
/** The sign of a step and a blank; `ok` in ASCII. */
const SIGN = 3;
/** Percentiles while it runs are those of the last few seconds. */
const RECENT = 2_000;

/** Remembers the totals, for rates. */
export class Rates {
  /** @type {number[]} */ published = [];
  /** @type {number[]} */ handled = [];
  /** @type {Map<string, number>} messages a second, by topic */
  topics = new Map();
  #at = performance.now();
  #acknowledged = 0;
  #received = 0;
  /** @type {Map<string, number>} */ #before = new Map();

  /** To be called often; takes a sample when one is due. @param {Run} run */
  sample(run, now = performance.now()) {
    const seconds = (now - this.#at) / 1000;
    if (seconds * 1000 < SAMPLE_MS) return;
    const [acknowledged, received] = [run.total('acknowledged'), run.total('received')];
    this.published.push((acknowledged - this.#acknowledged) / seconds);
    this.handled.push((received - this.#received) / seconds);
    for (const { kind, received: total } of run.ledgers) {
      this.topics.set(kind.topic, (total - (this.#before.get(kind.topic) ?? 0)) / seconds);
      this.#before.set(kind.topic, total);
    }
    this.#at = now;
    this.#acknowledged = acknowledged;
    this.#received = received;
  }
}

/** From so many columns on a step has room for what it tells. */
const ROOM_FOR_DETAIL = 60;

/** @param {Run['steps'][number]} step @param {{ width: number, style: Style, tick?: number }} options */
export function stepLine(step, { width, style, tick = 0 }) {
  const { glyphs } = style;
  const signs = {
    wait: style.dim(glyphs.wait),
    run: style.cyan(glyphs.spinner[tick % glyphs.spinner.length]),
    ok: style.green(glyphs.ok),
    fail: style.red(glyphs.fail),
  };
  const time = step.state === 'ok' || step.state === 'fail' ? duration(step.ms) : '';
  const name = step.state === 'wait' ? style.dim(step.name) : step.name;
  const room = width - 1 - SIGN - 23 - 1 - 9;
  const detail = width >= ROOM_FOR_DETAIL ? step.detail : '';
  return ` ${fit(signs[step.state], SIGN)}${fit(name, 23)} ${fit(style.dim(detail), room)}${fit(time, 9, 'right')}`.trimEnd();
}

/** A step of a run that is over: where its line has no room for it, the detail below. */
export function stepLines(step, { width, style }) {
  const line = stepLine(step, { width, style });
  if (width >= ROOM_FOR_DETAIL || !step.detail) return [line];
  return [line, ...wrap(step.detail, width - 1 - SIGN).map((text) => ' '.repeat(1 + SIGN) + style.dim(text))];
}

/** @param {Run} run */
export function topicRows(run, { style, rates, bars = 16 }) {
  const columns = [
    { title: 'topic', cut: true },
    { title: 'handler', drop: 2 },
    { title: 'partitions', align: /** @type {const} */ ('right'), drop: 3 },
    { title: 'sent', align: /** @type {const} */ ('right') },
    { title: 'received', align: /** @type {const} */ ('right') },
    { title: '', drop: 1 },
    ...(rates ? [{ title: 'now', align: /** @type {const} */ ('right'), drop: 4 }] : []),
  ];
  const rows = run.ledgers.map(({ kind, sent, received, complete }) => [
    kind.topic,
    style.dim(kind.batches ? 'batches' : 'messages'),
    style.dim(String(kind.partitions)),
    count(sent),
    complete && sent > 0 ? style.green(count(received)) : count(received),
    bar(sent > 0 ? received / sent : 0, bars, style),
    ...(rates ? [rate(rates.topics.get(kind.topic) ?? 0)] : []),
  ]);
  return { columns, rows };
}

/** @param {Run} run @param {{ width: number, style: Style, note: string }} options */
export function header(run, { width, style, note }) {
  const between = ` ${style.glyphs.dot} `;
  const all = [run.label, `Node.js ${process.version}`, note].filter(Boolean);
  // Where it is narrow the version of Node.js is what can be missed.
  const facts =
    cells(all.join(between)) <= width - 4 ? all.join(between) : [run.label, note].filter(Boolean).join(between);
  return box({ title: 'kafka4 quickstart', note: `run ${run.id}`, lines: [facts], width, style });
}

/** Percentiles of the newest latencies, as pairs of a name and its cells. */
function latency(run, name, field, style) {
  const all = run.ledgers
    .flatMap((ledger) => ledger[field].values.slice(-RECENT / run.ledgers.length))
    .sort((a, b) => a - b);
  const at = (part) => duration(all[Math.min(all.length - 1, Math.ceil(part * all.length) - 1)] ?? Number.NaN);
  return [
    `${style.dim(`${name} p50`)} ${fit(at(0.5), 8, 'right')} ${style.dim('p99')} ${fit(at(0.99), 8, 'right')}`,
    `${style.dim('p99')} ${fit(at(0.99), 8, 'right')}`,
  ];
}

/** Name, history, rate, latencies: as much of it as the width allows. */
function liveLine(name, values, latencies, { inner, style }) {
  const numbers = `${fit(name, 9)} ${fit(rate(values.at(-1) ?? 0), 10, 'right')}`;
  const right = latencies.find((text) => cells(numbers) + cells(text) + 8 <= inner) ?? '';
  const room = inner - cells(numbers) - 1 - (right ? cells(right) + 2 : 0);
  const history = room >= 4 ? `${spark(values, Math.min(40, room), style)} ` : '';
  const left = `${fit(name, 9)} ${history}${fit(rate(values.at(-1) ?? 0), 10, 'right')}`;
  return right ? `${fit(left, inner - cells(right))}${right}` : left;
}

/**
 * At most `rows` lines: what can be missed goes first, down to the step that runs.
 *
 * @param {Run} run
 * @param {{ width: number, rows?: number, style: Style, rates: Rates, tick: number }} options
 * @returns {string[]}
 */
export function frame(run, { width, rows = 23, style, rates, tick }) {
  const inner = width - 4;
  const head = header(run, { width, style, note: `${run.seconds.toFixed(1)} s` });
  const steps = run.steps.map((step) => stepLine(step, { width, style, tick }));
  const rowsOfTopics = topicRows(run, { style, rates, bars: Math.max(8, Math.min(48, inner - 72)) });
  const events = box({ title: 'Events', lines: table({ ...rowsOfTopics, width: inner, style }), width, style });
  const options = { inner, style };
  const live = box({
    title: 'Live',
    lines: [
      liveLine('published', rates.published, latency(run, 'ack', 'acknowledgement', style), options),
      liveLine('handled', rates.handled, latency(run, 'e2e', 'delivery', style), options),
    ],
    width,
    style,
  });
  const running = run.steps.findIndex(({ state }) => state === 'run');
  const choices = [
    [...head, ...steps, ...events, ...live],
    [...head, ...steps, ...events],
    [...steps, ...events],
    steps,
    [steps[Math.max(0, running)]],
  ];
  return choices.find((lines) => lines.length <= rows) ?? choices[choices.length - 1];
}

/** One line about a run that goes on, for outputs that are no terminal. @param {Run} run @param {Rates} rates */
export function progressLine(run, rates) {
  return `      sent ${count(run.total('sent'))}, received ${count(run.total('received'))}, ${rate(rates.published.at(-1) ?? 0)} published, ${rate(rates.handled.at(-1) ?? 0)} handled`;
}
