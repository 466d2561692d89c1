// One table a workload.

import { cpu, isPeer, LIMIT, p50, rate } from '../goals.mjs';
import { best, ratio, spread, succeeded } from '../statistics.mjs';

export const row = (cells) => `| ${cells.join(' | ')} |`;
export const rule = (head) => row(head.map((_, i) => (i === 0 ? '---' : '---:')));

export function section(workload, titles) {
  const { title, kind } = workload;
  const lines = [`### ${title}`, ''];
  const columns = kind === 'latency' || kind === 'handler' ? LATENCY : kind === 'burst' ? BURST : RATE;
  const head = ['client', ...columns.map(({ title }) => title)];
  lines.push(row(head), rule(head));
  const context = contextOf(workload, kind === 'latency' || kind === 'handler');
  for (const [name, runs] of Object.entries(workload.runs)) {
    if (!runs.some(succeeded)) {
      lines.push(
        row([titles[name], `failed: ${cell(runs[0]?.failed ?? 'not run')}`, ...columns.slice(1).map(() => '')]),
      );
      continue;
    }
    const failed = runs.filter((run) => !succeeded(run));
    const client =
      failed.length === 0 ? titles[name] : `${titles[name]} (${failed.length} of ${runs.length} runs failed)`;
    lines.push(row([client, ...columns.map(({ of }) => of(runs, name, context))]));
  }
  for (const [name, why] of Object.entries(workload.cannot)) {
    lines.push(row([titles[name] ?? name, `not run: ${cell(why)}`, ...columns.slice(1).map(() => '')]));
  }
  const failures = Object.entries(workload.runs).flatMap(([name, runs]) => {
    const reason = runs.some(succeeded) && runs.find((run) => !succeeded(run))?.failed;
    return reason ? [`${titles[name]}: ${reason}`] : [];
  });
  return failures.length === 0 ? lines : [...lines, '', ...failures.map((line) => `- ${line}`)];
}

/** What the ratios of a table are to. */
function contextOf({ runs }, latency) {
  const pick = latency ? p50 : rate;
  return { limit: runs[LIMIT], best: runs[best(runs, pick, !latency, isPeer)] };
}

const RATE = [
  { title: 'msgs/s', of: (runs) => withSpread(runs, rate, count) },
  { title: 'to native', of: (runs, name, { limit }) => to(runs, name, limit, rate) },
  { title: 'to best peer', of: (runs, _name, { best }) => times(ratio(runs, best, rate)) },
  { title: 'CPU µs/msg', of: (runs) => withSpread(runs, cpu, fixed) },
  { title: 'to native', of: (runs, name, { limit }) => to(runs, name, limit, cpu) },
  { title: 'to best peer', of: (runs, _name, { best }) => times(ratio(runs, best, cpu)) },
  { title: 'JS thread CPU µs/msg', of: (runs) => plain(runs, (run) => run.threadUs) },
  { title: 'event loop µs/msg', of: (runs) => plain(runs, (run) => run.loopUs) },
  { title: 'peak RSS MB', of: (runs) => plain(runs, (run) => run.rssMb, 0) },
];

const LATENCY = [
  { title: 'p50 ms', of: (runs) => withSpread(runs, p50, (value) => fixed(value, 3)) },
  { title: 'p95 ms', of: (runs) => plain(runs, (run) => run.latencyMs.p95, 3) },
  {
    title: 'p99 ms',
    of: (runs) =>
      withSpread(
        runs,
        (run) => run.latencyMs.p99,
        (value) => fixed(value, 3),
      ),
  },
  { title: 'p50 to native', of: (runs, name, { limit }) => to(runs, name, limit, p50) },
  { title: 'p50 to best peer', of: (runs, _name, { best }) => times(ratio(runs, best, p50)) },
  { title: 'CPU µs/msg', of: (runs) => plain(runs, cpu) },
  { title: 'event loop µs/msg', of: (runs) => plain(runs, (run) => run.loopUs) },
  { title: 'peak RSS MB', of: (runs) => plain(runs, (run) => run.rssMb, 0) },
];

const BURST = [
  { title: 'acknowledged', of: ([run]) => run.delivered.toLocaleString('en') },
  { title: 'refused', of: ([run]) => cell(refusals(run)) },
  { title: 'peak RSS MB', of: (runs) => plain(runs, (run) => run.rssMb, 0) },
  { title: 'of that growth', of: (runs) => plain(runs, (run) => run.growthMb, 0) },
  { title: 'seconds until all had settled', of: (runs) => plain(runs, (run) => run.seconds) },
  { title: 'CPU µs/msg', of: (runs) => plain(runs, cpu) },
];

function refusals({ refused }) {
  const all = Object.entries(refused).map(([code, count]) => `${count.toLocaleString('en')} × ${code}`);
  return all.length === 0 ? '0' : all.join(', ');
}

function to(runs, name, limit, pick) {
  if (limit === undefined) return '';
  return name === LIMIT ? '1' : times(ratio(runs, limit, pick));
}

function withSpread(runs, pick, show) {
  const found = spread(runs, pick);
  if (found === undefined) return '';
  const { median, min, max } = found;
  return runs.length === 1 ? show(median) : `${show(median)} (${show(min)}–${show(max)})`;
}

function plain(runs, pick, digits = 2) {
  const found = spread(runs, pick);
  return found === undefined ? '' : fixed(found.median, digits);
}

/** A text that cannot break the table. */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
export const fixed = (value, digits = 2) => value.toFixed(digits);
const times = (value) => (value === undefined ? '' : `${value.toFixed(2)} ×`);

export function count(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value >= 1e4 ? `${(value / 1e3).toFixed(0)} k` : `${(value / 1e3).toFixed(1)} k`;
}
