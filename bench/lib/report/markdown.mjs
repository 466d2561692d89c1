// The results as Markdown.

import { judge } from '../goals.mjs';
import { caveats } from './caveats.mjs';
import { seriesTables } from './series.mjs';
import { summary } from './summary.mjs';
import { row, section } from './tables.mjs';

export function markdown(report) {
  const lines = [
    `Measured ${report.date} on ${report.machine}.`,
    `${report.broker}. ${report.rounds} round${report.rounds === 1 ? '' : 's'}, clients in turn, each run in a fresh process.`,
    ...(report.quick ? ['**A quick run: fewer messages and rounds, figures of less weight.**'] : []),
    ...(report.trial ? [`**At most ${report.trial} messages: a trial of the bench, no measurement.**`] : []),
    '',
    ...report.adapters.map(({ title, version }) => `- ${title}: ${version}`),
    ...Object.entries(report.missing).map(([name, why]) => `- left out, ${name}: ${why}`),
    '',
    ...summary(report),
  ];
  for (const workload of report.workloads) {
    if (workload.series === undefined) lines.push(...section(workload, report.titles), '');
  }
  lines.push(...seriesTables(report), ...goals(report), ...caveats(report));
  return lines.join('\n');
}

function goals({ workloads, titles }) {
  const judged = judge(workloads, titles);
  if (judged.length === 0) return [];
  const lines = ['### Goals', '', row(['work', 'goal', 'reached', '']), row(['---', '---', '---:', '---'])];
  for (const { work, goal, reached, ratio, met } of judged) {
    const value = reached === undefined ? 'no figure' : `${reached.toFixed(2)}${ratio ? ' ×' : ''}`;
    lines.push(row([work, goal, value, met === undefined ? '' : met ? 'yes' : '**no**']));
  }
  return [...lines, ''];
}
