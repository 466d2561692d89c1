// Clients that come and go in one process on the embedded broker. Memory is not judged here, since the broker in this
// process keeps what was sent; threads and descriptors are.

import { leaks } from '../support/trust-tools';

const { judge, runCycles } = leaks;

test.concurrent.each([
  ['everything', 25],
  ['worker', 12],
])(
  '%s: threads and descriptors are back where they were',
  async (kind, cycles) => {
    const samples = await runCycles({ kind, cycles, every: 1, broker: 'embedded', within: 60_000 });
    expect(judge(samples, Number.POSITIVE_INFINITY).problems).toEqual([]);
  },
  70_000,
);
