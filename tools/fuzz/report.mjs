// The report of a run: totals by class and by outcome, throughput, findings with how to repeat them.

import { Tally } from './tally.mjs';

/** @param {{ tally: import('./tally.mjs').Tally, seconds: number, processes: number, peakRss: number, seed: number }} run */
export function summary({ tally, seconds, processes, peakRss, seed }) {
  const { inputs, verified, classes, outcomes, findings } = tally.toJSON();
  return {
    seed,
    inputs,
    calls: Object.values(outcomes).reduce((sum, n) => sum + n, 0),
    storedAndReadBack: verified,
    seconds: Math.round(seconds * 10) / 10,
    inputsPerSecond: Math.round(inputs / seconds),
    processes,
    peakRssMiB: Math.round(peakRss / 1024 ** 2),
    node: process.version,
    findings: tally.findingCount,
    byCode: byCode(outcomes),
    byClass: classes,
    byCall: outcomes,
    findingsByKind: findings,
  };
}

/** What `summary` takes, of several summaries. @param {ReturnType<typeof summary>[]} parts */
export function merged(parts) {
  const tally = new Tally();
  for (const {
    inputs,
    storedAndReadBack: verified,
    byClass: classes,
    byCall: outcomes,
    findingsByKind: findings,
  } of parts) {
    tally.add({ inputs, verified, classes, outcomes, findings });
  }
  const sum = (name) => parts.reduce((total, part) => total + part[name], 0);
  return {
    tally,
    seconds: sum('seconds'),
    processes: sum('processes'),
    peakRss: Math.max(...parts.map(({ peakRssMiB }) => peakRssMiB)) * 1024 ** 2,
    seed: parts[0].seed,
  };
}

function byCode(outcomes) {
  const codes = new Map();
  for (const [name, n] of Object.entries(outcomes)) {
    const how = name.slice(name.indexOf(': ') + 2);
    codes.set(how, (codes.get(how) ?? 0) + n);
  }
  return Object.fromEntries([...codes].sort((a, b) => b[1] - a[1]));
}

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const number = (n) => n.toLocaleString('en-US');
const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ].join('\n');

/** @param {ReturnType<typeof summary>} s */
export function markdown(s) {
  const findings = Object.entries(s.findingsByKind).flatMap(([kind, { count, examples }]) =>
    examples.slice(0, 5).map(({ index, what }, i) => [i === 0 ? `${kind} (${count})` : '', index, what.slice(0, 300)]),
  );
  return `# Bad input

${number(s.inputs)} inputs (seed ${s.seed}) with ${number(s.calls)} calls in ${s.seconds} s: ${number(s.inputsPerSecond)} a second, in ${s.processes} processes, at most ${s.peakRssMiB} MiB each, Node ${s.node}. ${number(s.storedAndReadBack)} acknowledged messages were read back and compared.

**${s.findings} findings.** An input is repeated by \`node tools/fuzz/run.mjs --seed ${s.seed} --only INDEX\`.

${findings.length > 0 ? table(['finding', 'input', 'what'], findings) : 'No crash, no hang, no promise that did not settle, no message lost or stored against its refusal, no undocumented error, no change of what was given.'}

## Outcomes

${table(
  ['outcome', 'calls'],
  Object.entries(s.byCode).map(([name, n]) => [name, number(n)]),
)}

## Classes of input

${table(
  ['class', 'times'],
  Object.entries(s.byClass).map(([name, n]) => [name, number(n)]),
)}

## Calls

${table(
  ['call and outcome', 'times'],
  Object.entries(s.byCall).map(([name, n]) => [name, number(n)]),
)}
`;
}
