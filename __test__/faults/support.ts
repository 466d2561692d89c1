// The fault lab as specs use it: one cluster a spec file, scenarios of its short profile, every promise held.

const { startCluster } = require('../../tools/faults/cluster/cluster.mjs');
const { runScenario, scenarioNamed } = require('../../tools/faults/scenarios/table.mjs');

/** A scenario takes up to a minute when all is well; it waits longer before it calls something stuck. */
export const SCENARIO_MS = 300_000;

/** Starts a cluster before the tests of the file; the function plays a scenario on it and gives what was not kept. */
export function useCluster(): (scenario: string) => Promise<unknown> {
  let cluster: { stop(): Promise<void> } | undefined;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 120_000);
  afterAll(() => cluster?.stop(), 60_000);
  return async (name) => {
    const result = await runScenario({ cluster, scenario: scenarioNamed(name) });
    // Figures beside the words: a failure is to be understood without a second run.
    const { violations, timeline, producing, consuming, ends } = result;
    return violations.length === 0 ? 'kept' : { violations, timeline, producing, consuming, ends };
  };
}
