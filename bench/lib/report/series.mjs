// How CPU a message grows with partitions and topics: one table for each, a column for each size.

import { cpu } from '../goals.mjs';
import { spread, succeeded } from '../statistics.mjs';
import { fixed, row, rule } from './tables.mjs';

export function seriesTables({ workloads, titles }) {
  const lines = [];
  for (const name of new Set(workloads.flatMap(({ series }) => (series ? [series.name] : [])))) {
    for (const kind of ['produce', 'consume']) {
      const own = workloads.filter(({ series, kind: each }) => series?.name === name && each === kind);
      if (own.length > 0) lines.push(...table(name, kind, own, titles), '');
    }
  }
  return lines;
}

function table(name, kind, workloads, titles) {
  const head = ['client', ...workloads.map(({ series }) => `${series.count.toLocaleString('en')} ${name}`)];
  const lines = [`### ${kind}: CPU µs a message over the number of ${name}`, '', row(head), rule(head)];
  for (const client of Object.keys(workloads[0].runs)) {
    lines.push(row([titles[client], ...workloads.map(({ runs }) => cell(runs[client]))]));
  }
  return lines;
}

function cell(runs) {
  const found = spread(runs, cpu);
  if (found === undefined) return `failed: ${(runs[0]?.failed ?? 'not run').replaceAll('|', '\\|')}`;
  const failed = runs.filter((run) => !succeeded(run)).length;
  return failed === 0 ? fixed(found.median) : `${fixed(found.median)} (${failed} of ${runs.length} runs failed)`;
}
