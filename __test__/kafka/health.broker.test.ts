// Contract section 5: health and status with a broker that is dead, frozen, late or back; all bounded by 5 s.

import { readdirSync, readFileSync } from 'node:fs';
import {
  checkKafkaHealth,
  getKafka4Status,
  initializeKafka4,
  KafkaConnectionError,
  kafkaConfig,
  kafkaConsumerService,
  kafkaInitializationService,
  kafkaProducerService,
} from '@/lib/kafka';
import { runScript } from '../support/child';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { rejection, unique, until } from '../support/until';

/** The bound of the contract, and what a busy machine may add. */
const BOUND = 5_000;
const SLACK = 2_500;

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({ projectTopics: true });
  kafkaConfig.brokers = [broker.brokers];
  kafkaConfig.logLevel = 0;
});
afterEach(async () => {
  broker.thaw();
  if (!broker.running) await broker.restart();
  await kafkaInitializationService.cleanup();
  kafkaConfig.timeout = 30_000;
});
afterAll(() => broker?.stop());

/** SIGSTOP reaches the threads of a JVM one after another: returns when all of them stand. */
async function freeze(): Promise<void> {
  broker.freeze();
  const tasks = `/proc/${broker.pid}/task`;
  const state = (task: string) => /\) (\w) /.exec(readFileSync(`${tasks}/${task}/stat`, 'utf8'))?.[1];
  await until('every thread of the broker stands', () => readdirSync(tasks).every((task) => state(task) === 'T'));
}

/** A broker that was frozen or killed takes its time until it hands out partitions and leads groups again. */
async function serving(): Promise<void> {
  kafkaConfig.timeout = 30_000;
  await initializeKafka4();
  kafkaConsumerService.registerUserEventHandler(() => Promise.resolve());
  await kafkaConsumerService.startConsumer('user-events', unique('group'));
  await kafkaProducerService.publishUserEvent('e', 'u', {});
  await kafkaInitializationService.cleanup();
}

/** In a script: says that it is ready, and waits to be told that the broker is gone. */
const READY = `
     const alive = setInterval(() => {}, 1000);
     await new Promise((resolve) => { process.once('SIGUSR2', resolve); console.log('ready'); });
     clearInterval(alive);`;

async function bounded<T>(call: () => Promise<T>, bound = BOUND): Promise<T> {
  const from = Date.now();
  const result = await call();
  expect(Date.now() - from).toBeLessThan(bound + SLACK);
  return result;
}

test.each(['frozen', 'killed'] as const)(
  'a %s broker: health is false within 5 s, status says why, and both recover',
  async (how) => {
    await initializeKafka4();
    expect(await checkKafkaHealth()).toBe(true);
    if (how === 'frozen') await freeze();
    else await broker.kill9();
    expect(await bounded(checkKafkaHealth)).toBe(false);
    const status = await bounded(getKafka4Status);
    expect(status).toMatchObject({ initialized: true, status: 'unhealthy', responseTime: null });
    expect(status.reasons.join('\n')).toMatch(/does not answer/);
    // Many at once are no slower than one.
    const many = await bounded(() => Promise.all(Array.from({ length: 30 }, () => checkKafkaHealth())));
    expect(many).toEqual(Array(30).fill(false));
    if (how === 'frozen') broker.thaw();
    else await broker.restart();
    await until('it is healthy again', checkKafkaHealth, 30_000);
    // It answers before it leads its partitions again, which the status tells.
    await until('the status is healthy again', async () => (await getKafka4Status()).status === 'healthy', 30_000);
  },
  120_000,
);

test.each(['frozen', 'killed'] as const)(
  'initializeKafka4 with a %s broker rejects within KAFKA_TIMEOUT, and works when it is back',
  async (how) => {
    kafkaConfig.timeout = 4_000;
    if (how === 'frozen') await freeze();
    else await broker.kill9();
    const error = await bounded(() => rejection(initializeKafka4()), 4_000);
    expect(error).toBeInstanceOf(KafkaConnectionError);
    expect(error.message).toContain(broker.brokers);
    if (how === 'frozen') broker.thaw();
    else await broker.restart();
    kafkaConfig.timeout = 30_000;
    await initializeKafka4();
    await kafkaProducerService.publishUserEvent('e', 'u', {});
  },
  120_000,
);

test('cleanup with a frozen broker, publishes in flight and a consumer is bounded by KAFKA_TIMEOUT and rejects them', async () => {
  await serving();
  // What is bounded here is the end, not the beginning.
  kafkaConfig.timeout = 30_000;
  await initializeKafka4();
  kafkaConsumerService.registerUserEventHandler(() => Promise.resolve());
  await kafkaConsumerService.startConsumer('user-events', unique('group'));
  await kafkaProducerService.publishUserEvent('e', 'u', {});
  kafkaConfig.timeout = 3_000;
  await freeze();
  const publishes = Array.from({ length: 50 }, (_, i) =>
    rejection(kafkaProducerService.publishUserEvent('e', `u${i}`, {})),
  );
  await bounded(() => kafkaInitializationService.cleanup(), 3_000);
  for (const error of await bounded(() => Promise.all(publishes), 1_000)) {
    expect(error.name).toBe('KafkaPublishError');
    expect(error.results).toHaveLength(1);
    expect(error.results[0].status).toMatch(/notStored|unknown/);
  }
}, 120_000);

test.each([
  ['frozen', 'cleanup() and the end of the script', ''],
  ['frozen', 'process.exit()', 'process.exit(0);'],
  ['killed', 'cleanup() and the end of the script', ''],
] as const)(
  'with a %s broker a process ends by %s',
  async (how, _what, exit) => {
    await serving();
    const result = await runScript(
      `import { initializeKafka4, kafkaConsumerService, kafkaProducerService, kafkaInitializationService } from 'kafka4';
     await initializeKafka4();
     kafkaConsumerService.registerUserEventHandler(async () => {});
     await kafkaConsumerService.startConsumer('user-events', '${unique('group')}');
     await kafkaProducerService.publishUserEvent('e', 'u', {});
     ${READY}
     kafkaProducerService.publishUserEvent('e', 'u', {}).catch((error) => console.log(error.name));
     await kafkaInitializationService.cleanup();
     ${exit}`,
      {
        env: { KAFKA_BROKER: broker.brokers, KAFKA_TIMEOUT: '8000', KAFKA_LOG_LEVEL: '0' },
        within: 30_000,
        onOutput: (stdout, child) => {
          if (stdout !== 'ready\n') return;
          void (how === 'frozen' ? freeze() : broker.kill9()).then(() => child.kill('SIGUSR2'));
        },
      },
    );
    expect(result).toMatchObject({ code: 0, signal: null, hung: false, stdout: 'ready\nKafkaPublishError\n' });
  },
  120_000,
);

test('a script without cleanup whose broker has frozen ends when its publish was given up', async () => {
  const result = await runScript(
    `import { kafkaProducerService } from 'kafka4';
     await kafkaProducerService.publishUserEvent('e', 'u', {});
     ${READY}
     const from = Date.now();
     await kafkaProducerService.publishUserEvent('e', 'u', {}).catch((error) => console.log(error.code));
     console.log(Date.now() - from >= 3900);`,
    {
      // A publish is retried for four times KAFKA_TIMEOUT.
      env: { KAFKA_BROKER: broker.brokers, KAFKA_TIMEOUT: '1000', KAFKA_LOG_LEVEL: '0' },
      within: 30_000,
      onOutput: (stdout, child) => {
        if (stdout === 'ready\n') void freeze().then(() => child.kill('SIGUSR2'));
      },
    },
  );
  expect(result).toMatchObject({ code: 0, hung: false, stdout: 'ready\nERR_KAFKA_MSG_TIMED_OUT\ntrue\n' });
}, 60_000);
