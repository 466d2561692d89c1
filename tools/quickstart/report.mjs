// The end of a run: the same facts as boxes for a terminal, as plain lines, and as an object.

import { beside, box, pairs } from '../terminal/box.mjs';
import { bytes, count, duration, rate } from '../terminal/format.mjs';
import { table } from '../terminal/table.mjs';
import { header, stepLines, topicRows } from './view.mjs';

/** @typedef {import('./demo.mjs').Run} Run */
/** @typedef {import('../terminal/style.mjs').Style} Style */

/** All kinds together: by kind the numbers would say little more. @param {Run} run */
export function latencies(run) {
  const merged = (field) => {
    const sorted = Float64Array.from(run.ledgers.flatMap((ledger) => ledger[field].values)).sort();
    const at = (part) =>
      sorted.length > 0 ? sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] : null;
    return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  };
  return { acknowledgement: merged('acknowledgement'), delivery: merged('delivery') };
}

/** The metrics that mean something after a run of seconds, by their name. */
const METRICS = [
  ['produced', 'messages produced', count],
  ['producedBytes', 'bytes produced', bytes],
  ['consumed', 'messages consumed', count],
  ['consumedBytes', 'bytes consumed', bytes],
  ['handled', 'messages handled', count],
  ['transactionsCommitted', 'transactions committed', count],
  ['produceRetries', 'requests sent again', count],
  ['produceErrors', 'publish errors', count],
  ['handlerErrors', 'handler errors', count],
  ['deadLetters', 'dead letters', count],
  ['rebalances', 'rebalances', count],
];

function metricPairs(metrics) {
  return METRICS.filter(([name]) => typeof metrics?.[name] === 'number').map(([name, label, format]) => [
    label,
    format(metrics[name]),
  ]);
}

function healthPairs(run, style) {
  const { status } = run;
  const cluster = status.cluster ?? {};
  const sound = status.status === 'healthy' ? style.green : style.yellow;
  const known = (value) => (value === null || value === undefined ? '' : String(value));
  const list = [
    ['checkKafkaHealth()', run.health ? style.green('true') : style.red(String(run.health))],
    ['status', sound(status.status)],
    ['response time', duration(status.responseTime ?? Number.NaN)],
    ['brokers', known(cluster.brokers?.length)],
    ['controller', known(cluster.controllerId)],
    ['cluster', known(cluster.clusterId)],
    ['KRaft', known(cluster.kraft === true ? 'yes' : cluster.kraft)],
    ['version', known(cluster.version)],
    ['topics', known(status.topics?.total)],
  ];
  for (const reason of status.reasons ?? []) list.push(['reason', style.yellow(reason)]);
  return list.filter(([, value]) => value !== '');
}

/** The parts of the report, for any way to show them. `width` is that of a line. */
function sections(run, style) {
  const found = latencies(run);
  const latency = (width) =>
    table({
      columns: [
        { title: 'live traffic', grow: true, cut: true },
        ...['p50', 'p95', 'p99', 'max'].map((title) => ({
          title,
          align: /** @type {const} */ ('right'),
          drop: { p95: 1, max: 2 }[title],
        })),
      ],
      rows: [
        ['acknowledged', ...percentiles(found.acknowledgement)],
        ['at the handler', ...percentiles(found.delivery)],
      ],
      width,
      style,
    });
  const { batch, transaction } = run;
  const throughput = (width) =>
    pairs(
      [
        ...(batch
          ? [
              [`${batch.calls} × publishBatch`, `${count(batch.messages)} messages, ${bytes(batch.bytes)}`],
              ['published and acknowledged', style.bold(rate(batch.publishPerSecond))],
              ['published, received, compared', style.bold(rate(batch.handledPerSecond))],
            ]
          : []),
        ...(transaction ? [[`${transaction.committed} × publishTransaction`, `${duration(transaction.ms)} each`]] : []),
      ],
      { width, style },
    );
  return {
    events: (width) =>
      table({
        ...topicRows(run, { style, rates: undefined, bars: Math.max(8, Math.min(56, width - 66)) }),
        width,
        style,
      }),
    latency,
    throughput,
    health: (width) => pairs(healthPairs(run, style), { width, style }),
    metrics: (width) => pairs(metricPairs(run.metrics), { width, style }),
  };
}

function percentiles({ p50, p95, p99, max }) {
  return [p50, p95, p99, max].map((value) => duration(value ?? Number.NaN));
}

const TITLES = { events: 'Events', latency: 'Latency', throughput: 'Throughput', health: 'Health', metrics: 'Metrics' };

/** @param {Run} run @param {{ width: number, style: Style }} options */
export function boxes(run, { width, style }) {
  const parts = sections(run, style);
  const part = (name) => ({ title: TITLES[name], lines: parts[name] });
  return [
    ...header(run, { width, style, note: '' }),
    ...run.steps.flatMap((step) => stepLines(step, { width, style })),
    ...box({ title: TITLES.events, lines: parts.events(width - 4), width, style }),
    ...beside(part('latency'), part('throughput'), { width, style }),
    ...(run.status ? beside(part('health'), part('metrics'), { width, style }) : []),
  ];
}

/** @param {Run} run @param {{ width: number, style: Style }} options */
export function lines(run, { width, style }) {
  const parts = sections(run, style);
  const names = Object.keys(TITLES).filter((name) => run.status || (name !== 'health' && name !== 'metrics'));
  return names.flatMap((name) => [
    '',
    TITLES[name],
    ...parts[name](Math.min(width, 76) - 2).map((line) => `  ${line}`),
  ]);
}

/**
 * For programs; report.schema.json describes it. Every field is always there, null where the run did not get so
 * far. `format` changes when a field changes its meaning or goes; new ones may come without that.
 *
 * @param {Run} run
 */
export function object(run) {
  return {
    format: 1,
    tool: 'quickstart',
    ok: run.failures.length === 0 && run.steps.every((step) => step.state === 'ok'),
    broker: run.broker,
    run: run.id,
    node: process.version,
    ms: rounded(run.seconds * 1000),
    steps: run.steps.map(({ id, name, state, detail, ms }) => ({ id, name, state, detail, ms: rounded(ms) })),
    topics: run.ledgers.map(({ kind, sent, acknowledged, received, duplicates, misordered }) => ({
      topic: kind.topic,
      sent,
      acknowledged,
      received,
      duplicates,
      misordered,
    })),
    batch: run.batch ?? null,
    transaction: run.transaction ?? null,
    latency: latencies(run),
    health: run.health ?? null,
    status: run.status ?? null,
    metrics: run.metrics ?? null,
    failures: run.failures,
  };
}

const rounded = (ms) => Number(ms.toFixed(3));

/** JSON of values that JSON has no notation for. */
export function json(value) {
  return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner), 2);
}
