// Asks LogOracle.java, which is compiled once a cluster.

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./LogOracle.java', import.meta.url));
/** In place of `javac`, which is not on every PATH that has `java`. */
const COMPILER = ['-m', 'jdk.compiler/com.sun.tools.javac.Main'];

/** @type {WeakMap<object, Promise<void>>} */
const compiled = new WeakMap();

/**
 * @typedef {object} Log
 * @property {{ partition: number, begin: number, end: number }[]} partitions
 * @property {{ partition: number, offset: number, timestamp: number, id: number, key: string }[]} records  by offset
 *   within each partition; those without the run's mark have id -1
 * @property {Map<string, Map<number, number>>} committed  by group and partition
 * @property {Map<string, { state: string, members: number }>} groups
 */

/**
 * @param {import('../cluster/cluster.mjs').Cluster} cluster
 * @param {{ topic: string, run: string, groups?: string[] }} question
 * @returns {Promise<Log>}
 */
export async function askOracle(cluster, { topic, run, groups = [] }) {
  const classes = join(cluster.dir, 'oracle');
  if (!compiled.has(cluster)) compiled.set(cluster, compile(cluster.runtime, classes));
  await compiled.get(cluster);
  const more = groups.flatMap((group) => ['--group', group]);
  const text = await cluster.exec('LogOracle', ['--topic', topic, '--mark', run, ...more], {
    classes,
    timeout: 120_000,
  });
  return parseLog(text);
}

/** @param {string} text */
export function parseLog(text) {
  /** @type {Log} */
  const log = { partitions: [], records: [], committed: new Map(), groups: new Map() };
  let whole = false;
  for (const line of text.split('\n')) {
    const [kind, ...fields] = line.split(' ');
    if (kind === 'P') {
      const [partition, begin, end] = fields.map(Number);
      log.partitions.push({ partition, begin, end });
    } else if (kind === 'R') {
      const [partition, offset, timestamp, id] = fields.map(Number);
      log.records.push({ partition, offset, timestamp, id, key: fields.slice(4).join(' ') });
    } else if (kind === 'C') {
      const [group, partition, offset] = fields;
      if (!log.committed.has(group)) log.committed.set(group, new Map());
      log.committed.get(group)?.set(Number(partition), Number(offset));
    } else if (kind === 'G') {
      log.groups.set(fields[0], { state: fields[1], members: Number(fields[2]) });
    } else if (kind === 'Z') whole = true;
  }
  if (!whole) throw new Error(`the oracle did not tell everything: ${text.slice(-200)}`);
  log.records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  return log;
}

/** @returns {Promise<void>} */
function compile({ java, jars }, classes) {
  // Run as a module the compiler knows no `*`.
  const path = readdirSync(jars).map((name) => join(jars, name));
  const flags = ['-XX:TieredStopAtLevel=1', ...COMPILER, '-d', classes, '-cp', path.join(delimiter)];
  const child = spawn(java, [...flags, SOURCE], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`LogOracle.java (a JDK is needed): ${said}`)),
    );
  });
}
