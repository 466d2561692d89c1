// The headlines as one table, for a README: kafka4, the best of the others, librdkafka's own limit.

import { cpu, isPeer, LIMIT, OURS, p50, rate } from '../goals.mjs';
import { best, ratio, spread } from '../statistics.mjs';
import { count, fixed, row, rule } from './tables.mjs';

const SHOWN = [
  'consume-batch',
  'consume-message',
  'consume-json',
  'consume-headers',
  'produce-1000',
  'produce-100',
  'produce-1',
  'flood',
  'latency',
  'handler',
];

export function summary({ workloads, titles }) {
  const rows = SHOWN.flatMap((name) => {
    const workload = workloads.find((each) => each.name === name);
    return workload?.runs[OURS]?.length > 0 ? [line(workload, titles)] : [];
  });
  if (rows.length === 0) return [];
  const head = ['', 'kafka4', 'CPU a message', 'best other client', 'to it', 'to native'];
  return [row(head), rule(head), ...rows, ''];
}

function line({ title, kind, runs }, titles) {
  const latency = kind === 'latency' || kind === 'handler';
  const pick = latency ? p50 : rate;
  const show = (name) => {
    const value = spread(runs[name] ?? [], pick)?.median;
    if (value === undefined) return '–';
    return latency ? `${fixed(value, 2)} ms` : `${count(value)}/s`;
  };
  const peer = best(runs, pick, !latency, isPeer);
  const times = (value) => (value === undefined ? '–' : `${fixed(value, 2)} ×`);
  return row([
    latency ? `${title}, p50` : title,
    `**${show(OURS)}**`,
    `${fixed(spread(runs[OURS], cpu)?.median ?? Number.NaN, 2)} µs`,
    peer === undefined ? '–' : `${show(peer)} (${titles[peer]})`,
    peer === undefined ? '–' : times(ratio(runs[OURS], runs[peer], pick)),
    times(ratio(runs[OURS], runs[LIMIT], pick)),
  ]);
}
