// Stops with brokers that died, froze or fell silent: within 10 s with the default KAFKA_TIMEOUT everything has been settled
// and the process has ended with its own code. And what a stop must not give up: a flush that gets on, a handler that runs.

import { readdirSync, readFileSync } from 'node:fs';
import { type ChildResult, lastLine, runScript } from '../support/child';
import { openProxy } from '../support/fault-proxy';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { unique, until } from '../support/until';

const BOUND = 10_000;
/** A process of Node starts and ends in it, on a busy machine. */
const PROCESS = 2_500;

let broker: TestBroker;
let proxy: Awaited<ReturnType<typeof openProxy>>;
beforeAll(async () => {
  proxy = await openProxy();
  broker = await startTestBroker({ projectTopics: true, proxied: proxy.address });
  proxy.aim(Number((broker.endpoints.PROXIED as string).split(':')[1]));
});
afterEach(async () => {
  await proxy.normal();
  broker.thaw();
  if (!broker.running) await broker.restart();
});
afterAll(async () => {
  await proxy?.close();
  await broker?.stop();
});

const FAULTS = {
  killed: () => broker.kill9(),
  frozen: async () => {
    broker.freeze();
    const tasks = `/proc/${broker.pid}/task`;
    const state = (task: string) => /\) (\w) /.exec(readFileSync(`${tasks}/${task}/stat`, 'utf8'))?.[1];
    await until('every thread of the broker stands', () => readdirSync(tasks).every((task) => state(task) === 'T'));
  },
  'half-open': () => proxy.halfOpen(),
};
type Fault = keyof typeof FAULTS;

/**
 * Runs a script that prints `ready`, has the fault happen, and lets the script go on (`await go()`). `settled(promise, name)`
 * counts how often each promise settles, and how.
 */
async function runUnder(
  fault: Fault | undefined,
  script: string,
  env: Record<string, string> = {},
): Promise<ChildResult> {
  let told = false;
  return runScript(
    `import { installSignalHandlers, initializeKafka4, kafkaAdminService, kafkaConfig, kafkaConsumerService, kafkaInitializationService, kafkaProducerService } from 'kafka4';
     const outcomes = {};
     const settled = (promise, name) => {
       outcomes[name] ??= { fulfilled: 0, rejected: 0, untyped: 0 };
       promise.then(() => { outcomes[name].fulfilled += 1; }, (error) => {
         outcomes[name].rejected += 1;
         if (!/^Kafka/.test(error.name) || !/^ERR_KAFKA_/.test(error.code)) outcomes[name].untyped += 1;
       });
     };
     const go = async () => {
       const alive = setInterval(() => {}, 1000);
       await new Promise((resolve) => { process.once('SIGUSR2', resolve); console.log('ready'); });
       clearInterval(alive);
     };
     await initializeKafka4();
     ${script}`,
    {
      env: { KAFKA_BROKER: proxy.address, KAFKA_LOG_LEVEL: '0', ...env },
      within: 60_000,
      onOutput: (stdout, child) => {
        if (told || !stdout.startsWith('ready\n')) return;
        told = true;
        void Promise.resolve(fault && FAULTS[fault]()).then(() => child.kill('SIGUSR2'));
      },
    },
  );
}

/** A consumer that has handled something, then publishes of every kind in flight. */
const WORK = `
  let handled = 0;
  kafkaConsumerService.registerUserEventHandler(async () => { handled += 1; });
  await kafkaConsumerService.startConsumer('user-events', 'stopping-' + process.pid);
  await kafkaProducerService.publishUserEvent('e', 'u', {});
  await kafkaProducerService.publishTransaction([{ topic: 'chat-events', messages: [{ value: 'x' }] }]);
  while (handled === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await go();
  const from = performance.now();
  for (let i = 0; i < 500; i++) settled(kafkaProducerService.publishUserEvent('e', 'u' + i, {}), 'publish');
  for (let i = 0; i < 3; i++) settled(kafkaProducerService.publishTransaction([{ topic: 'chat-events', messages: [{ value: 'x' }] }]), 'transaction');
  settled(kafkaAdminService.listTopics(), 'admin');
  await new Promise((resolve) => setTimeout(resolve, 300));`;

const END = `
  const ms = Math.round(performance.now() - from);
  await new Promise((resolve) => setImmediate(resolve));
  console.log(JSON.stringify({ ms, outcomes, at: Date.now() }));`;

describe.each(['killed', 'frozen', 'half-open'] as const)('every broker %s', (fault) => {
  test.each([
    ['cleanup() and the natural end', 'await kafkaInitializationService.cleanup();', '', 0],
    ['cleanup() and process.exit(7)', 'await kafkaInitializationService.cleanup();', 'process.exit(7);', 7],
    [
      'disconnect(), stopAllConsumers() and process.exitCode',
      'await Promise.all([kafkaProducerService.disconnect(), kafkaConsumerService.stopAllConsumers(), kafkaAdminService.disconnect()]);',
      'process.exitCode = 9;',
      9,
    ],
  ])('%s', async (_, stop, exit, code) => {
    const result = await runUnder(fault, `${WORK} ${stop} ${END} ${exit}`);
    expect(result).toMatchObject({ code, signal: null, hung: false });
    const ended = Date.now();
    const { ms, outcomes, at } = lastLine<{ ms: number; outcomes: Record<string, any>; at: number }>(result);
    expect(ms).toBeLessThan(BOUND);
    expect(ended - at).toBeLessThan(PROCESS);
    const { publish, transaction } = outcomes;
    expect(publish).toEqual({ fulfilled: 0, rejected: 500, untyped: 0 });
    // The two that wait behind the first one are told when it has ended.
    expect(transaction).toMatchObject({ fulfilled: 0, untyped: 0 });
  });

  test('process.exit(5) without any stop ends at once', async () => {
    const result = await runUnder(fault, `${WORK} console.log(JSON.stringify({ at: Date.now() })); process.exit(5);`);
    expect(result).toMatchObject({ code: 5, signal: null, hung: false });
    expect(Date.now() - lastLine<{ at: number }>(result).at).toBeLessThan(PROCESS);
  });

  test('SIGTERM with installSignalHandlers(): everything is told, code 143', async () => {
    const result = await runUnder(
      fault,
      `${WORK}
       installSignalHandlers();
       process.on('exit', () => console.log(JSON.stringify({ ms: Math.round(performance.now() - from), outcomes })));
       process.kill(process.pid, 'SIGTERM');
       setInterval(() => settled(kafkaProducerService.publishUserEvent('e', 'u', {}), 'late'), 100);`,
    );
    expect(result).toMatchObject({ code: 143, signal: null, hung: false });
    const { ms, outcomes } = lastLine<{ ms: number; outcomes: Record<string, any> }>(result);
    expect(ms).toBeLessThan(BOUND);
    expect(outcomes.publish).toEqual({ fulfilled: 0, rejected: 500, untyped: 0 });
    expect(outcomes.late).toMatchObject({ fulfilled: 0, untyped: 0 });
    expect(outcomes.late.rejected).toBeGreaterThan(0);
  });
});

test.each(['killed', 'frozen', 'half-open'] as const)(
  'brokers %s while a handler runs: it is waited for, then the stop ends soon',
  async (fault) => {
    const result = await runUnder(
      fault,
      `let finished = false; let begun;
       const running = new Promise((resolve) => { begun = resolve; });
       kafkaConsumerService.registerUserEventHandler(async () => {
         begun();
         await new Promise((resolve) => setTimeout(resolve, 9000));
         finished = true;
       });
       await kafkaConsumerService.startConsumer('user-events', 'busy-' + process.pid);
       await kafkaProducerService.publishUserEvent('e', 'u', {});
       await running;
       const from = performance.now();
       await go();
       await kafkaInitializationService.cleanup();
       console.log(JSON.stringify({ finished, ms: Math.round(performance.now() - from) }));`,
    );
    expect(result).toMatchObject({ code: 0, signal: null, hung: false });
    const { finished, ms } = lastLine<{ finished: boolean; ms: number }>(result);
    expect(finished).toBe(true);
    expect(ms).toBeLessThan(9_000 + BOUND);
  },
);

test('a flush that gets on is not given up: slow brokers have all of KAFKA_TIMEOUT', async () => {
  const script = `
    kafkaConfig.librdkafka = { 'batch.num.messages': 1, 'max.in.flight.requests.per.connection': 1 };
    await initializeKafka4();
    await kafkaProducerService.publishBatch('user-events', [{ value: 'first', partition: 0 }]);
    await go();
    const from = performance.now();
    for (let i = 0; i < 45; i++) settled(kafkaProducerService.publishBatch('user-events', [{ value: 'x', partition: 0 }]), 'publish');
    await kafkaProducerService.disconnect();
    console.log(JSON.stringify({ ms: Math.round(performance.now() - from), outcomes }));`;
  proxy.latency(100);
  const result = await runUnder(undefined, `await kafkaInitializationService.cleanup();${script}`);
  expect(result).toMatchObject({ code: 0, hung: false });
  const { ms, outcomes } = lastLine<{ ms: number; outcomes: unknown }>(result);
  expect(outcomes).toEqual({ publish: { fulfilled: 45, rejected: 0, untyped: 0 } });
  // Longer than brokers that do not answer would get.
  expect(ms).toBeGreaterThan(8_000);
});

test('a stop in the middle of a rebalance: nobody hangs, the group goes on with the other member', async () => {
  const group = unique('rebalancing');
  const member = (body: string) => `
    import { initializeKafka4, kafkaConsumerService, kafkaInitializationService, kafkaProducerService } from 'kafka4';
    await initializeKafka4();
    let handled = 0;
    kafkaConsumerService.registerAnalyticsEventHandler(async ({ batch }) => { handled += batch.messages.length; });
    ${body}`;
  const env = { KAFKA_BROKER: broker.brokers, KAFKA_LOG_LEVEL: '0' };
  const stays = runScript(
    member(`
      await kafkaConsumerService.startConsumer('analytics-events', '${group}');
      console.log('started');
      const end = Date.now() + 45000;
      let sent = 0;
      process.once('SIGUSR2', async () => {
        const before = handled;
        await Promise.all(Array.from({ length: 240 }, (_, i) => kafkaProducerService.publishAnalyticsEvent('e', 'x' + i, {})));
        while (handled - before < 240 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
        console.log(JSON.stringify({ handled: handled - before }));
        await kafkaInitializationService.cleanup();
      });`),
    {
      env,
      within: 60_000,
      onOutput: (stdout, child) => {
        if (stdout === 'started\n') void others(child);
      },
    },
  );
  /** Members that join and stop after ever longer: before, during and after the rebalance that they cause. */
  const others = async (child: { kill(signal: 'SIGUSR2'): boolean }) => {
    const results = await Promise.all(
      [0, 300, 1_000, 2_000, 3_200].map((ms) =>
        runScript(
          member(`
            const started = kafkaConsumerService.startConsumer('analytics-events', '${group}').catch((error) => error.code);
            await new Promise((resolve) => setTimeout(resolve, ${ms}));
            const from = performance.now();
            await kafkaInitializationService.cleanup();
            console.log(JSON.stringify({ ms: Math.round(performance.now() - from), start: (await started) ?? null }));`),
          { env, within: 30_000 },
        ),
      ),
    );
    for (const result of results) {
      stopped.push(result);
    }
    child.kill('SIGUSR2');
  };
  const stopped: ChildResult[] = [];
  const result = await stays;
  expect(stopped).toHaveLength(5);
  for (const each of stopped) {
    expect(each).toMatchObject({ code: 0, signal: null, hung: false });
    expect(lastLine<{ ms: number }>(each).ms).toBeLessThan(BOUND);
  }
  expect(result).toMatchObject({ code: 0, signal: null, hung: false });
  expect(lastLine(result)).toEqual({ handled: 240 });
});
