// The ways of tools/exits on the embedded broker, a few times each; `node tools/exits/run.mjs` does hundreds. The plain
// ones (a natural end, process.exit(), an uncaught exception, worker.terminate()) are __test__/kafka/exits.test.ts's and
// workers.test.ts's.

import { exits } from '../support/trust-tools';

const { makeCopy, repeat, waysNamed } = exits;

const PROCESS_WAYS = [
  ...['exit-in-handler', 'exit-in-start', 'exit-in-stop', 'reject'],
  ...['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGINT-handled', 'SIGTERM-handled', 'SIGTERM-twice'],
];
const WORKER_WAYS = ['worker-exit', 'worker-throw', 'worker-natural', 'exit-with-workers'];
const COPY_WAYS = ['shared', 'shared-exit', 'apart', 'apart-exit', 'worker', 'worker-exit-main'];

let copy: { dir: string; remove(): void };
beforeAll(() => {
  copy = makeCopy();
});
afterAll(() => copy.remove());

/** Nothing died, hung, or ended in another way than it should. */
async function expectClean(name: string, repetitions: number): Promise<void> {
  const [way] = waysNamed([name]);
  const here = { node: process.execPath, version: process.version, broker: 'embedded', copy: copy.dir };
  const row = await repeat(way, { ...here, repetitions, parallel: 2 });
  expect(row.failures).toEqual([]);
  expect(row).toMatchObject({ signalDeaths: 0, hangs: 0, wrong: 0 });
  expect(row.runs).toBeGreaterThanOrEqual(repetitions);
}

test.each(PROCESS_WAYS)('%s', (name) => expectClean(name, 3), 60_000);

test.each(WORKER_WAYS)('%s', (name) => expectClean(name, 2), 60_000);

test.each(COPY_WAYS)('two copies of the addon: %s', (name) => expectClean(name, 2), 60_000);

test('races of connects, disconnects, starts and stops', () => expectClean('races', 10), 60_000);
