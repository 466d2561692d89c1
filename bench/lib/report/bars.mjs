// The headline workloads as bars: of each client its best row. No fonts and no scripts from elsewhere; the colours are
// those of the reader's light or dark page.

import { isPeer, LIMIT, OURS, p50, rate } from '../goals.mjs';
import { best, spread } from '../statistics.mjs';
import { document, escaped } from './svg.mjs';
import { count, fixed } from './tables.mjs';

const HEADLINES = ['consume-batch', 'consume-message', 'consume-json', 'produce-1000', 'produce-1', 'flood', 'handler'];
const WIDTH = 760;
const LABEL = 230;
const BAR = 16;
const GAP = 5;

export function bars(report) {
  const shown = HEADLINES.flatMap((name) => report.workloads.find((workload) => workload.name === name) ?? []);
  const parts = [];
  let y = 34;
  for (const workload of shown) {
    const { lines, height } = group(workload, report, y);
    parts.push(...lines);
    y += height;
  }
  parts.unshift(`<text x="0" y="14" class="note">${escaped(`${report.date}, ${report.machine}`)}</text>`);
  const title = 'kafka4 beside other Kafka clients for Node.js: medians';
  const described = shown.map((workload) => sentence(workload, report.titles)).join(' ');
  return document({ width: WIDTH, height: y, title, description: described, body: parts });
}

/** Of each adapter the row that is best at this; the limit last. */
function entries({ runs, kind }, { adapters, titles }) {
  const latency = kind === 'handler' || kind === 'latency';
  const pick = latency ? p50 : rate;
  const found = adapters.flatMap(({ rows }) => {
    const name = best(runs, pick, !latency, (each) => rows.includes(each));
    return name === undefined ? [] : [{ name, title: titles[rows[0]], value: spread(runs[name], pick).median }];
  });
  found.sort((a, b) => (a.name === LIMIT) - (b.name === LIMIT) || (latency ? a.value - b.value : b.value - a.value));
  return { latency, found };
}

function group(workload, report, top) {
  const { latency, found } = entries(workload, report);
  const most = Math.max(...found.map(({ value }) => value), Number.MIN_VALUE);
  const unit = latency ? 'p50, shorter is better' : 'messages a second, longer is better';
  const lines = [
    `<text x="0" y="${top + 12}" class="head">${escaped(workload.title)}<tspan class="note" dx="8">${unit}</tspan></text>`,
  ];
  let y = top + 20;
  for (const { name, title, value } of found) {
    const width = Math.max(2, (value / most) * (WIDTH - LABEL - 90));
    const kind = name === OURS ? 'ours' : isPeer(name) ? 'peer' : 'limit';
    const text = latency ? `${fixed(value, 3)} ms` : count(value);
    lines.push(
      `<text x="${LABEL - 8}" y="${y + 12}" text-anchor="end"${name === OURS ? ' class="strong"' : ''}>${escaped(title)}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" class="${kind}"/>`,
      `<text x="${(LABEL + width + 6).toFixed(1)}" y="${y + 12}"${name === OURS ? ' class="strong"' : ''}>${text}</text>`,
    );
    y += BAR + GAP;
  }
  return { lines, height: y - top + 16 };
}

function sentence(workload, titles) {
  const { runs, kind } = workload;
  const latency = kind === 'handler' || kind === 'latency';
  const pick = latency ? p50 : rate;
  const show = (name) => {
    const value = spread(runs[name] ?? [], pick)?.median;
    return value === undefined
      ? undefined
      : `${titles[name]} ${latency ? `${fixed(value, 3)} ms` : `${count(value)}/s`}`;
  };
  const peer = best(runs, pick, !latency, isPeer);
  const parts = [show(OURS), peer && show(peer)].filter(Boolean);
  return `${workload.title}: ${parts.join(', best other client ')}.`;
}
