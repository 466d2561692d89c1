// The table of all ways that were run, as JSON to add to and as Markdown to read.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('./repeat.mjs').Row} Row */

const sameRun = (a, b) => a.way === b.way && a.broker === b.broker && a.node === b.node;

/** Rows that a later run of the same way replaces; the rest stays, so that a long run can be done in pieces. */
export class Report {
  /** @type {Row[]} */
  rows = [];

  /** @param {string} dir */
  constructor(dir) {
    this.dir = dir;
    this.json = join(dir, 'exits.json');
    if (existsSync(this.json)) this.rows = JSON.parse(readFileSync(this.json, 'utf8')).rows;
  }

  /** The row of an earlier run with at least so many repetitions. */
  find(way, broker, node, repetitions) {
    return this.rows.find((row) => sameRun(row, { way, broker, node }) && row.runs >= repetitions);
  }

  /** @param {Row} row */
  add(row) {
    this.rows = [...this.rows.filter((each) => !sameRun(each, row)), row];
    mkdirSync(this.dir, { recursive: true });
    writeFileSync(this.json, `${JSON.stringify({ rows: this.rows }, null, 2)}\n`);
    writeFileSync(join(this.dir, 'exits.md'), markdown(this.rows));
  }
}

/** @param {Row[]} rows */
export function markdown(rows) {
  const head = [
    'way',
    'broker',
    'Node.js',
    'repetitions',
    'signal deaths',
    'hangs',
    'other',
    'slowest end',
    'slowest run',
  ];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
  const body = rows.map((row) =>
    line([
      row.title,
      row.broker,
      row.node,
      row.runs,
      row.signalDeaths,
      row.hangs,
      row.wrong,
      seconds(row.slowestEndMs),
      seconds(row.slowestMs),
    ]),
  );
  const sum = (name) => rows.reduce((total, row) => total + row[name], 0);
  const total = line(['**all**', '', '', sum('runs'), sum('signalDeaths'), sum('hangs'), sum('wrong'), '', '']);
  return `${[line(head), line(head.map(() => '---')), ...body, total].join('\n')}\n`;
}
