// One way on one broker and one Node.js, as often as was asked for.

import { runChild } from './child.mjs';
import { argumentsOf, judge } from './ways.mjs';

/**
 * @typedef {object} Row
 * @property {string} way
 * @property {string} title
 * @property {string} broker  `embedded` or `real`
 * @property {string} node  its version
 * @property {number} runs  repetitions
 * @property {number} processes
 * @property {number} signalDeaths  by a signal that nobody had sent
 * @property {number} hangs
 * @property {number} wrong  wrong exit code, or something on standard error
 * @property {number} slowestMs  from the start of a process to its end
 * @property {number} slowestEndMs  from where its end began
 * @property {object[]} failures  the first ones, with what repeats them
 */

/** Failures that are kept word for word. */
const KEPT = 5;
const KEPT_TEXT = 20_000;

/**
 * @param {import('./ways.mjs').Way} way
 * @param {object} where
 * @param {string} where.node
 * @param {string} where.version
 * @param {string} where.broker  KAFKA_BROKER
 * @param {string} where.copy  folder of the second copy
 * @param {number} where.repetitions  at least so many
 * @param {number} [where.parallel]  processes side by side
 * @param {number} [where.first]  number of the first repetition, from which delays and seeds follow
 * @returns {Promise<Row>}
 */
export async function repeat(way, { node, version, broker, copy, repetitions, parallel = 1, first = 0 }) {
  const each = way.repetitions ?? 1;
  const processes = Math.ceil(repetitions / each);
  /** @type {Row} */
  const row = {
    way: way.name,
    title: way.title,
    broker: broker.startsWith('embedded') ? 'embedded' : 'real',
    node: version,
    runs: processes * each,
    processes,
    signalDeaths: 0,
    hangs: 0,
    wrong: 0,
    slowestMs: 0,
    slowestEndMs: 0,
    failures: [],
  };
  let next = 0;
  const take = async () => {
    while (next < processes) {
      const number = first + next * each;
      next += 1;
      const args = argumentsOf(way, number, copy);
      note(row, way, number, await runChild({ node, script: way.script, args, broker }));
    }
  };
  await Promise.all(Array.from({ length: parallel }, take));
  return row;
}

/** @param {Row} row */
function note(row, way, number, ended) {
  row.slowestMs = Math.max(row.slowestMs, ended.ms);
  row.slowestEndMs = Math.max(row.slowestEndMs, ended.endMs ?? 0);
  const wrong = judge(way, ended);
  if (wrong === undefined) return;
  if (wrong === 'hang') row.hangs += 1;
  else if (wrong === 'signal') row.signalDeaths += 1;
  else row.wrong += 1;
  if (row.failures.length >= KEPT) return;
  const cut = (text) => text?.slice(0, KEPT_TEXT);
  row.failures.push({ number, wrong, ...ended, stderr: cut(ended.stderr), stacks: cut(ended.stacks) });
}

/** @param {Row} row */
export const isClean = (row) => row.signalDeaths + row.hangs + row.wrong === 0;
