// The suites of `npm test`, in the order in which they run, from the floor up. A new kind of test is an entry here.

import { runJest } from './jest.mjs';
import { runRust } from './rust.mjs';
import { runTypes } from './types.mjs';

/**
 * What the machine offers to the suites.
 *
 * @typedef {object} Machine
 * @property {import('./programs.mjs').Found} kafka
 * @property {import('./programs.mjs').Found} chromium
 * @property {import('./programs.mjs').Found} postgres
 * @property {import('./programs.mjs').Found} redis
 * @property {() => Promise<import('../broker/testing.mjs').TestBroker | undefined>} startBroker
 *   undefined where no Kafka can be started
 */

/**
 * @typedef {object} Outcome
 * @property {import('./counts.mjs').Counts} [counts]
 * @property {string} [problem]  why the suite as a whole failed, besides its tests
 * @property {string} [notRun]   a part of it that this machine cannot run
 * @property {import('./failures.mjs').Failure[]} [failures]  the tests that failed
 * @property {import('./failures.mjs').Failure[]} [unsteady]  the tests that failed and passed at a second run
 */

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} title
 * @property {('kafka' | 'chromium' | 'postgres' | 'redis')[]} [needs]  it cannot run at all without them
 * @property {(machine: Machine) => Promise<Outcome>} run
 */

/** Brokers that are started, killed and measured side by side disturb one another; so do builds. */
const ONE_AT_A_TIME = { flags: ['--maxWorkers=1'], secondRun: true };

/** @type {Suite[]} */
export const SUITES = [
  { name: 'rust', title: 'Rust tests of the workspace', run: runRust },
  { name: 'unit', title: 'jest on the embedded broker', run: () => runJest('unit', { secondRun: true }) },
  {
    name: 'broker',
    title: 'jest on real Apache Kafka',
    needs: ['kafka'],
    run: () => runJest('broker', ONE_AT_A_TIME),
  },
  {
    name: 'kafkajs',
    title: 'the same specs on kafkajs and on kafka4, on real Apache Kafka',
    needs: ['kafka'],
    // kafkajs leaves timers of its own behind; that kafka4 leaves none is what exits.test.ts and others look at.
    run: () => runJest('kafkajs', { ...ONE_AT_A_TIME, lingers: true }),
  },
  { name: 'package', title: 'the package as users install it', run: () => runJest('package', ONE_AT_A_TIME) },
  {
    name: 'browser',
    title: 'the Next.js example in Chromium, on real servers',
    needs: ['kafka', 'chromium', 'postgres', 'redis'],
    run: () => runJest('browser', ONE_AT_A_TIME),
  },
  { name: 'types', title: 'TypeScript types', run: runTypes },
];
