// A process that is fuzzed: runs the inputs that it is told, and tells its parent of its progress, so that the parent
// knows where it crashed or stood still.

import { CASES } from './cases/index.mjs';
import { describe } from './judge.mjs';
import { PLANTED } from './planted.mjs';
import { randomOf } from './random.mjs';
import { Tally } from './tally.mjs';
import { Trial } from './trial.mjs';
import { PEM_FILES } from './values/settings.mjs';
import { World } from './world.mjs';

/** @typedef {{ seed: number, from: number, to: number, batch: number, planted?: Record<number, string> }} Job */

/** ms that all promises of a batch have to settle: the longest bound of the client here, the delivery of a message. */
const SETTLE_MS = Number(process.env.KAFKA4_FUZZ_SETTLE_MS ?? 40_000);
/** ms that the reader has to find what was acknowledged. */
const READ_MS = Math.min(SETTLE_MS, 15_000);
/** ms in which a message that should not be there would be read. */
const LATE_MS = 300;
const LARGE_BYTES = 3 * 1024 * 1024;

const { setTimeout, clearTimeout } = globalThis;
let tally = new Tally();
let at = { from: 0, to: 0 };

process.on('uncaughtException', (error) => lost('uncaught exception', error));
process.on('unhandledRejection', (reason) => lost('unhandled rejection', reason));
process.on('message', (/** @type {Job} */ job) => {
  run(job).catch((error) => {
    lost('the fuzzer itself failed', error);
    end();
  });
});

function lost(kind, error) {
  tally.finding({
    kind,
    index: at.to - at.from === 1 ? at.from : -1,
    what: `inputs ${at.from} to ${at.to}: ${describe(error)}`,
  });
}

/** @param {Job} job */
async function run({ seed, from, to, batch, planted = {} }) {
  const world = new World();
  at = { from, to };
  for (const file of PEM_FILES) file.write();
  await world.start();
  for (let first = from; first < to; first += batch) {
    at = { from: first, to: Math.min(first + batch, to) };
    process.send?.({ at });
    await runBatch(world, seed, planted);
    tally.verified = world.ledger.verified;
    process.send?.({ done: tally.toJSON(), rss: process.memoryUsage().rss });
    world.ledger.verified = 0;
    tally = new Tally();
  }
  // What was refused in the last batch must not come either.
  await new Promise((resolve) => setTimeout(resolve, LATE_MS));
  look(world);
  process.send?.({ stopping: true });
  const stop = world.stop().then(() => true);
  if (!(await within(stop, SETTLE_MS)))
    tally.finding({ kind: 'never settled', index: -1, what: 'the stop of everything' });
  end();
}

async function runBatch(world, seed, planted) {
  world.largeLeft = LARGE_BYTES;
  const trials = [];
  const running = [];
  let slice = performance.now();
  for (let index = at.from; index < at.to; index++) {
    const random = randomOf(seed, index);
    const trial = new Trial(world, random, index, tally);
    const run = planted[index] === undefined ? random.weighted(CASES) : PLANTED[planted[index]];
    tally.inputs += 1;
    trials.push(trial);
    running.push(outcome(trial, run));
    if (performance.now() - slice > 20) {
      // Reports and messages come in between, as in an application.
      await new Promise((resolve) => setImmediate(resolve));
      slice = performance.now();
    }
  }
  if (!(await within(Promise.all(running), SETTLE_MS))) {
    for (const { open, index } of trials) {
      for (const name of open) tally.finding({ kind: 'never settled', index, what: `${name}, after ${SETTLE_MS} ms` });
    }
  }
  const until = performance.now() + READ_MS;
  while (!world.ledger.complete && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 2));
  look(world);
}

function look(world) {
  for (const { kind, index, what } of world.ledger.close()) tally.finding({ kind, index, what });
  for (const what of world.takeDefects()) tally.finding({ kind: 'a view of a message', index: -1, what });
}

async function outcome(trial, run) {
  try {
    await run(trial);
  } catch (error) {
    trial.finding('the case itself failed', describe(error));
  }
}

async function within(promise, ms) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const over = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return over;
}

/** Leaves by itself: what keeps the process alive now is a finding of the parent. */
function end() {
  process.send?.({ done: tally.toJSON(), rss: process.memoryUsage().rss, ended: true }, () => process.disconnect?.());
  process.removeAllListeners('message');
}
