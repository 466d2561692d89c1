// Clients that come and go in one process on a real Kafka: a short run of what `node tools/leaks/run.mjs` does at length.

import { startTestBroker, type TestBroker } from '../support/test-broker';
import { leaks } from '../support/trust-tools';

const { judge, KINDS, runCycles } = leaks;

/** KiB a cycle. One step of a MiB among so few cycles is 120 of them; a client that stays is several hundred. */
const MOST_KIB = 200;

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({ projectTopics: true });
});
afterAll(() => broker?.stop());

test('threads and descriptors are back where they were, memory does not run away', async () => {
  // Side by side: each is a process of its own and waits for the broker most of the time.
  const judged = await Promise.all(
    KINDS.filter((kind: string) => kind !== 'worker').map(async (kind: string) => {
      const samples = await runCycles({ kind, cycles: 25, every: 1, broker: broker.brokers, within: 80_000 });
      return { kind, problems: judge(samples, MOST_KIB).problems };
    }),
  );
  expect(judged.filter(({ problems }) => problems.length > 0)).toEqual([]);
}, 90_000);
