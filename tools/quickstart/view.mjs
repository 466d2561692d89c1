// What is seen while the demonstration runs: the steps, one row a topic, the rates. A pure function of
// the run, at most 23 lines high, so that it stands still in the smallest usual terminal.

import { bar, box, spark } from '../terminal/box.mjs';
import { count, duration, rate } from '../terminal/format.mjs';
import { table } from '../terminal/table.mjs';
import { width as cells, fit } from '../terminal/text.mjs';

/** @typedef {import('../terminal/style.mjs').Style} Style */
/** @typedef {import('./demo.mjs').Run} Run */

const SAMPLE_MS = 200;
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
  const room = width - 1 - 2 - 23 - 1 - 9;
  return ` ${fit(signs[step.state], 2)}${fit(name, 23)} ${fit(style.dim(step.detail), room)}${fit(time, 9, 'right')}`.trimEnd();
}

/** @param {Run} run */
export function topicRows(run, { style, rates, bars = 16 }) {
  const columns = [
    { title: 'topic' },
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
  const facts = [run.label, `Node.js ${process.version}`, note].filter(Boolean).join(` ${style.glyphs.dot} `);
  return box({ title: 'kafka4 quickstart', note: `run ${run.id}`, lines: [facts], width, style });
}

/**
 * @param {Run} run
 * @param {{ width: number, style: Style, rates: Rates, tick: number }} options
 * @returns {string[]}
 */
export function frame(run, { width, style, rates, tick }) {
  const inner = width - 4;
  const sparks = Math.max(4, Math.min(40, inner - 56));
  const latency = (name, field) => {
    const all = run.ledgers
      .flatMap((ledger) => ledger[field].values.slice(-RECENT / run.ledgers.length))
      .sort((a, b) => a - b);
    const at = (part) => duration(all[Math.min(all.length - 1, Math.ceil(part * all.length) - 1)] ?? Number.NaN);
    return `${style.dim(`${name} p50`)} ${fit(at(0.5), 8, 'right')} ${style.dim('p99')} ${fit(at(0.99), 8, 'right')}`;
  };
  const line = (name, values, right) => {
    const left = `${fit(name, 9)} ${spark(values, sparks, style)} ${fit(rate(values.at(-1) ?? 0), 10, 'right')}`;
    return `${fit(left, inner - cells(right))}${right}`;
  };
  return [
    ...header(run, { width, style, note: `${run.seconds.toFixed(1)} s` }),
    ...run.steps.map((step) => stepLine(step, { width, style, tick })),
    ...box({
      title: 'Events',
      lines: table({
        ...topicRows(run, { style, rates, bars: Math.max(8, Math.min(48, inner - 72)) }),
        width: inner,
        style,
      }),
      width,
      style,
    }),
    ...box({
      title: 'Live',
      lines: [
        line('published', rates.published, latency('ack', 'acknowledgement')),
        line('handled', rates.handled, latency('e2e', 'delivery')),
      ],
      width,
      style,
    }),
  ];
}

/** One line about a run that goes on, for outputs that are no terminal. @param {Run} run @param {Rates} rates */
export function progressLine(run, rates) {
  return `      sent ${count(run.total('sent'))}, received ${count(run.total('received'))}, ${rate(rates.published.at(-1) ?? 0)} published, ${rate(rates.handled.at(-1) ?? 0)} handled`;
}
