// Publishing, and groups beside it, while brokers and connections of a three-node cluster fail: nothing acknowledged is
// lost, doubled or out of order, nothing is rejected before its time, every promise settles once, groups go on.
// Kafka's own client reads the log; tools/faults says what each scenario does and holds.

import { SCENARIO_MS, useCluster } from './support';

const play = useCluster();

test.each(['kill-each-broker', 'rolling-restart', 'freeze', 'half-open', 'network-storm', 'outage'])(
  '%s',
  async (scenario) => {
    expect(await play(scenario)).toBe('kept');
  },
  SCENARIO_MS,
);
