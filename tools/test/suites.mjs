// The suites of `npm test`, in the order in which they run, from the floor up. A new kind of test is an entry here.

import { runJest } from './jest.mjs';
import { runRust } from './rust.mjs';
import { runTypes } from './types.mjs';

/**
 * What the machine offers to the suites.
 *
 * @typedef {object} Machine
 * @property {{ available: boolean, why?: string }} kafka
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
 * @property {boolean} [needsKafka]  cannot run at all without a real broker
 * @property {(machine: Machine) => Promise<Outcome>} run
 */

/** @type {Suite[]} */
export const SUITES = [
  { name: 'rust', title: 'Rust tests of the workspace', run: runRust },
  { name: 'unit', title: 'jest on the embedded broker', run: () => runJest('unit') },
  {
    name: 'broker',
    title: 'jest on real Apache Kafka',
    needsKafka: true,
    // One at a time: brokers that are started, killed and measured side by side disturb one another.
    run: () => runJest('broker', { flags: ['--maxWorkers=1'], secondRun: true }),
  },
  { name: 'types', title: 'TypeScript types', run: runTypes },
];
