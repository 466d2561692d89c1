// Producers that come and go leave nothing behind: programs make one for a request, a health check, a test.

import { lastLine, runScript } from '../support/child';
import { sharedBroker } from '../support/kafka-tools';

const SCRIPT = `
const { Kafka, logLevel } = require('kafka4');
const { readFileSync } = require('node:fs');
const kafka = new Kafka({ brokers: [process.env.BROKER], logLevel: logLevel.NOTHING });

async function cycles(count) {
  for (let i = 0; i < count; i++) {
    const producer = kafka.producer({ transactionalId: i % 4 === 0 ? 'cycles-' + process.pid : undefined });
    await producer.connect();
    if (i % 4 === 0) await (await producer.transaction()).commit();
    await producer.disconnect();
  }
  for (let i = 0; i < 5; i++) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const threads = Number(/Threads:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  return { heap: process.memoryUsage().heapUsed, threads };
}

(async () => {
  const before = await cycles(20);
  const after = await cycles(60);
  console.log(JSON.stringify({ heap: after.heap - before.heap, threads: after.threads - before.threads }));
})();
`;

test('sixty producers later heap and threads are what they were', async () => {
  const result = await runScript(SCRIPT, {
    type: 'commonjs',
    flags: ['--expose-gc'],
    env: { BROKER: sharedBroker() },
    within: 50_000,
  });
  expect(result).toMatchObject({ code: 0, hung: false });
  const grown = lastLine<{ heap: number; threads: number }>(result);
  // A context alone is some 20 kB.
  expect(grown.heap).toBeLessThan(500_000);
  expect(grown.threads).toBeLessThanOrEqual(2);
});
