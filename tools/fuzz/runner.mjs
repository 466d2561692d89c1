// The parent: runs inputs in child processes, and finds what a child cannot tell of itself: that it crashed, that it
// stands still, that it does not end. Then narrows the inputs down until one is left.

import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tally } from './tally.mjs';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Inputs of one process: long enough for its start to cost little, short enough to repeat. */
const CHUNK = 20_000;
const BATCH = 2_000;
/** ms without a sign of life: longer than the child's own bound for a batch. */
const silenceMs = () => Number(process.env.KAFKA4_FUZZ_SILENCE_MS ?? 75_000);
/** ms from the end of the work to the end of the process. */
const EXIT_MS = 20_000;
/** A process that has grown to this grows without a bound. */
const RSS_LIMIT = 3 * 1024 ** 3;

/** The environment without settings of Kafka and of a test runner. */
function environment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^(KAFKA_|JEST|NODE_ENV$|NODE_OPTIONS$)/.test(name));
  return {
    ...Object.fromEntries(kept),
    KAFKA_BROKER: 'embedded',
    KAFKA_TIMEOUT: '3000',
    KAFKA_LOG_LEVEL: '0',
  };
}

/**
 * @typedef {object} Options
 * @property {number} seed
 * @property {number} [from]
 * @property {number} inputs      at most so many
 * @property {number} [seconds]   and no longer than this
 * @property {number} [batch]
 * @property {number} [parallel]  processes at a time: much of a batch is waiting
 * @property {Record<number, string>} [planted]
 * @property {(tally: Tally) => void} [onProgress]
 */

/**
 * @param {Options} options
 * @returns {Promise<{ tally: Tally, seconds: number, processes: number, peakRss: number }>}
 */
export async function fuzz({
  seed,
  from = 0,
  inputs,
  seconds = Number.POSITIVE_INFINITY,
  batch = BATCH,
  parallel = 1,
  planted,
  onProgress = () => {},
}) {
  const begun = performance.now();
  const tally = new Tally();
  const over = () => performance.now() > begun + seconds * 1_000;
  const progress = () => onProgress(tally);
  let next = from;
  let processes = 0;
  let peakRss = 0;

  /** The inputs of one process; of several, where it is ended by one of them. */
  const chunk = async (first, to) => {
    while (first < to && !over()) {
      const job = { seed, from: first, to, batch, planted };
      const result = await runChild(job, tally, over, progress);
      processes += 1;
      peakRss = Math.max(peakRss, result.rss);
      if (result.problem === undefined) return;
      const culprit = await narrow(job, result);
      tally.finding({ kind: result.problem, index: culprit.index, what: culprit.what });
      // What came after it in its batch is run again.
      first = culprit.index >= 0 ? culprit.index + 1 : result.at.to;
    }
  };

  const lane = async () => {
    while (next < from + inputs && !over()) {
      const first = next;
      next = Math.min(first + CHUNK, from + inputs);
      await chunk(first, Math.min(first + CHUNK, from + inputs));
    }
  };

  await Promise.all(Array.from({ length: parallel }, lane));
  return { tally, seconds: (performance.now() - begun) / 1_000, processes, peakRss };
}

/** Runs the inputs of the last batch again, one at a time, to see which of them it was. */
async function narrow(job, { at, problem, detail }) {
  const tail = detail === '' ? '' : `\n${detail}`;
  if (at.to - at.from > 1) {
    const again = await runChild(
      { ...job, ...at, batch: 1 },
      new Tally(),
      () => false,
      () => {},
    );
    if (again.problem === problem)
      return { index: again.at.from, what: `input ${again.at.from} alone in its batch${tail}` };
  }
  if (at.to - at.from === 1) return { index: at.from, what: `input ${at.from}${tail}` };
  return {
    index: -1,
    what: `inputs ${at.from} to ${at.to} of the process that began at ${job.from}; not alone${tail}`,
  };
}

/**
 * @param {import('./child.mjs').Job} job
 * @param {Tally} tally
 * @param {() => boolean} over
 * @param {() => void} onProgress
 * @returns {Promise<{ problem?: string, at: { from: number, to: number }, detail: string, rss: number }>}
 */
function runChild(job, tally, over, onProgress) {
  return new Promise((resolve) => {
    const files = mkdtempSync(join(tmpdir(), 'kafka4-fuzz-'));
    const child = fork(CHILD, [], {
      cwd: ROOT,
      env: { ...environment(), KAFKA4_FUZZ_FILES: files },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
    });
    let at = { from: job.from, to: Math.min(job.from + job.batch, job.to) };
    let output = '';
    let rss = 0;
    let ended = false;
    let problem;
    let enough = false;
    /** @type {ReturnType<typeof setTimeout>} */
    let timer;
    const watch = (ms, what) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        problem = what;
        child.kill('SIGKILL');
      }, ms);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output = (output + chunk).slice(-4_000);
      });
    }
    child.on('message', (/** @type {any} */ message) => {
      watch(silenceMs(), 'no progress');
      if (message.at !== undefined) at = message.at;
      if (message.done !== undefined) {
        tally.add(message.done);
        rss = Math.max(rss, message.rss);
        if (message.rss > RSS_LIMIT) {
          problem = 'memory without a bound';
          child.kill('SIGKILL');
        }
        onProgress();
        if (over() && !message.ended) {
          enough = true;
          child.kill('SIGKILL');
        }
      }
      if (message.ended) {
        ended = true;
        watch(EXIT_MS, 'the process does not end');
      }
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      rmSync(files, { recursive: true, force: true });
      if (problem === undefined && !enough) {
        if (signal !== null) problem = `crash by ${signal}`;
        else if (code !== 0 || !ended) problem = `the process ended with code ${code}`;
      }
      resolve({ problem, at, detail: problem === undefined ? '' : output.trim(), rss });
    });
    watch(silenceMs(), 'no progress');
    child.send(job);
  });
}
