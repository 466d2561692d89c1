// Workloads, adapter by adapter, round by round; each run in a fresh process, each with the proof that it did what it
// counted.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runScript } from './child.mjs';
import { ENVIRONMENT } from './settings.mjs';
import { sized } from './workloads/list.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
/** Clients that are known to be slow read a topic of this share, so that a run stays short. */
const SLOW_SHARE = 0.2;
/** A million sends that a client serves one by one. */
const BURST_MS = 120_000;

/** The adapters that can run here, and in the output those that cannot. */
export async function loadAdapters(names, say) {
  const adapters = [];
  const missing = {};
  for (const name of names) {
    const adapter = await import(`../adapters/${name}.mjs`);
    const problem = adapter.unavailable?.(say);
    if (problem === undefined) adapters.push({ name, adapter });
    else {
      missing[name] = problem;
      say(`Left out: ${problem}`);
    }
  }
  return { adapters, missing };
}

export class Bench {
  #topics;
  #broker;
  #options;
  #say;
  /** What the consumers read, by shape. */
  #filled = new Map();

  constructor({ topics, broker, options, say }) {
    this.#topics = topics;
    this.#broker = broker;
    this.#options = options;
    this.#say = say;
  }

  /** The rows of one workload: results of the rounds, or why there is none. */
  async measure(workload, adapters) {
    this.#say(workload.title);
    const runs = {};
    const cannot = {};
    const rows = [];
    for (const { name, adapter } of adapters) {
      for (const row of adapter.rows) {
        if (row.kinds !== undefined && !row.kinds.includes(workload.kind)) continue;
        if (workload.series !== undefined && row !== adapter.rows[0]) continue;
        const why =
          workload.kind === 'crossing' && name !== 'kafka4' ? 'kafka4’s own' : adapter.cannot?.(workload, row.name);
        if (why === undefined) rows.push({ adapter: name, row });
        else cannot[row.name] = why;
        if (why === undefined) runs[row.name] = [];
      }
    }
    const rounds = Math.min(workload.rounds ?? this.#options.rounds, this.#options.rounds);
    for (let round = 0; round < rounds; round++) {
      // Whoever comes second finds a warmer broker: so they take turns.
      const order = round % 2 === 1 ? [...rows].reverse() : rows;
      for (const { adapter, row } of order) {
        const result = await this.#attempt(adapter, row, workload, `${round + 1}/${rounds}`);
        runs[row.name].push(result);
      }
    }
    const { name, title, kind, group, series } = workload;
    return { name, title, kind, group, series, runs, cannot };
  }

  /** For workloads that come next with another topic to read. */
  async forget() {
    const topics = [...this.#filled.values()].flatMap((filled) => filled.topics);
    this.#filled.clear();
    if (topics.length > 0) await this.#topics.remove(topics);
  }

  async #attempt(adapter, row, workload, round) {
    const head = `  ${workload.name} ${round} ${row.name}`;
    try {
      const result = await this.#once(adapter, row, workload);
      this.#say(`${head}: ${shown(result)}, ${result.cpuUs.toFixed(2)} µs CPU a message`);
      return result;
    } catch (error) {
      this.#say(`${head} FAILED: ${error.message}`);
      return { failed: error.message };
    }
  }

  async #once(adapter, row, workload) {
    if (workload.kind === 'consume') return this.#consume(adapter, row, workload);
    const options = sized(workload, this.#options.count(workload.messages));
    if (workload.kind === 'crossing') {
      const result = await this.#worker(
        adapter,
        row,
        workload,
        { ...options, topics: [] },
        { KAFKA_BROKER: 'embedded' },
      );
      if (result.delivered !== options.total)
        throw new Error(`${result.delivered} of ${options.total} were acknowledged`);
      return result;
    }
    const own = workload.kind !== 'flood';
    const topics = own ? await this.#topics.create(options.topicCount, options.partitions) : ['user-events'];
    try {
      const before = own ? 0 : await this.#topics.written(topics);
      const result = await this.#worker(adapter, row, workload, { ...options, topics, group: groupOf(topics, row) });
      const stored = (await this.#topics.written(topics)) - before;
      if (stored !== result.delivered || (result.complete !== false && !isWhole(result, options, workload))) {
        throw new Error(`${stored} of ${options.total} messages are stored, ${result.delivered} were acknowledged`);
      }
      return result;
    } finally {
      if (own) await this.#topics.remove(topics);
    }
  }

  async #consume(adapter, row, workload) {
    // Always, or with batches, or with single messages.
    const slow = row.slow === true || row.slow === workload.options.each;
    const messages = Math.round(this.#options.count(workload.messages) * (slow ? SLOW_SHARE : 1));
    const options = sized(workload, messages);
    const filled = await this.#fill(options, messages);
    const { topics } = filled;
    const group = groupOf(topics, row);
    const result = await this.#worker(adapter, row, workload, { ...options, topics, group });
    if (result.delivered !== filled.messages || result.checksum !== filled.checksum) {
      throw new Error(
        `delivered ${result.delivered} messages with checksum ${result.checksum}, ` +
          `written were ${filled.messages} with ${filled.checksum}`,
      );
    }
    return result;
  }

  #worker(adapter, row, workload, options, more = {}) {
    const given = JSON.stringify(options);
    const environment = { KAFKA_BROKER: this.#broker.address, ...ENVIRONMENT, ...more };
    const limit = workload.kind === 'burst' ? BURST_MS : undefined;
    return runScript(join(here, 'worker.mjs'), [adapter, row.name, workload.name, given], environment, limit);
  }

  /** The topics that consumers of one shape read. */
  async #fill({ topicCount, partitions, size, json, keys, headers, read }, messages) {
    const shape = { topicCount, partitions, messages, size, json, keys, headers, read };
    const key = JSON.stringify(shape);
    const known = this.#filled.get(key);
    if (known !== undefined) return known;
    this.#say(`  writing ${messages} messages to read`);
    const topics = await this.#topics.create(topicCount, partitions);
    const environment = { KAFKA_BROKER: this.#broker.address, ...ENVIRONMENT };
    const written = await runScript(join(here, 'lib/fill.mjs'), [JSON.stringify({ ...shape, topics })], environment);
    const stored = await this.#topics.written(topics);
    if (stored !== messages) throw new Error(`${stored} of ${messages} messages are stored`);
    const filled = { topics, ...written };
    this.#filled.set(key, filled);
    return filled;
  }
}

/** A group of its own for each run. */
const groupOf = ([topic], row) => `${topic}-${row.name}-${Date.now().toString(36)}`;

/** Whether a run that was not cut short did all of it: a burst may be refused in part. */
function isWhole(result, options, { kind }) {
  if (kind !== 'burst') return result.delivered === options.total;
  const refused = Object.values(result.refused).reduce((sum, count) => sum + count, 0);
  return result.delivered + refused === options.total;
}

function shown({ latencyMs, rate, rssMb }) {
  if (latencyMs) return `p50 ${latencyMs.p50.toFixed(3)} ms, p99 ${latencyMs.p99.toFixed(3)} ms`;
  return `${Math.round(rate)}/s, ${Math.round(rssMb)} MB`;
}
