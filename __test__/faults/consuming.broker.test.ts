// Groups of a three-node cluster, classic, static and KIP-848, while their members come, go and die: nothing is lost or
// out of order, nothing comes twice where all went in order, and other partitions go on meanwhile.

import { SCENARIO_MS, useCluster } from './support';

/** No broker fails here, and most of the time is waited for sessions: so side by side, in rows one after the other. */
const ROWS = [['planned-rebalance', 'stop-in-rebalance'], ['kill-member', 'join-while-handling'], ['long-handlers']];

const play = useCluster();
const played = new Map<string, Promise<unknown>>();

beforeAll(() => {
  for (const row of ROWS) {
    let before: Promise<unknown> = Promise.resolve();
    for (const scenario of row) {
      before = before.catch(() => {}).then(() => play(scenario));
      // Told by its own test.
      before.catch(() => {});
      played.set(scenario, before);
    }
  }
});

test.each(ROWS.flat())(
  '%s',
  async (scenario) => {
    expect(await played.get(scenario)).toBe('kept');
  },
  SCENARIO_MS,
);
