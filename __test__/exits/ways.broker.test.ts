// The ways of tools/exits on a real Kafka, a few times each: those whose end has to do with brokers that are elsewhere.

import { startTestBroker, type TestBroker } from '../support/test-broker';
import { exits } from '../support/trust-tools';

const { makeCopy, repeat, waysNamed } = exits;

let copy: { dir: string; remove(): void };
let broker: TestBroker;
beforeAll(async () => {
  copy = makeCopy();
  broker = await startTestBroker({ projectTopics: true });
});
afterAll(async () => {
  copy.remove();
  await broker?.stop();
});

const WAYS = [
  ...['exit-in-handler', 'exit-in-start', 'exit-in-stop', 'reject', 'SIGTERM', 'SIGTERM-handled', 'SIGTERM-twice'],
  ...['worker-exit', 'shared', 'apart', 'apart-exit', 'worker', 'races'],
];

test.each(WAYS)(
  '%s',
  async (name) => {
    const [way] = waysNamed([name]);
    const here = { node: process.execPath, version: process.version, broker: broker.brokers, copy: copy.dir };
    const row = await repeat(way, { ...here, repetitions: 3, parallel: 2 });
    expect(row.failures).toEqual([]);
    expect(row).toMatchObject({ broker: 'real', signalDeaths: 0, hangs: 0, wrong: 0 });
  },
  90_000,
);
