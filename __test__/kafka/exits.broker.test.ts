// Processes and worker threads that end in the middle of their work with a real Kafka, in plain text and over TLS.

import { type ChildOptions, lastLine, runScript } from '../support/child';
import { startTestBroker, type TestBroker } from '../support/test-broker';
import { unique } from '../support/until';
import { MAIN, POINTS } from '../support/worker-script';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker({ listeners: ['SASL_SSL'], projectTopics: true });
});
afterAll(() => broker?.stop());

/** Silent: what is on standard error then is Node's, of a crash. */
const settings = (protocol: string): Record<string, string> => ({ KAFKA_LOG_LEVEL: '0', ...addressed(protocol) });

const addressed = (protocol: string): Record<string, string> =>
  protocol === 'PLAINTEXT'
    ? { KAFKA_BROKER: broker.brokers }
    : {
        KAFKA_BROKER: broker.endpoints.SASL_SSL as string,
        KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
        KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
        KAFKA_SASL_USERNAME: 'alice',
        KAFKA_SASL_PASSWORD: 'alice-secret',
        KAFKA_SSL_CA_LOCATION: broker.tls?.ca as string,
      };

const run = (protocol: string, script: string, options: ChildOptions = {}) =>
  runScript(script, { within: 40_000, ...options, env: settings(protocol) });

const CONSUME = `
  import { initializeKafka4, kafkaInitializationService, kafkaProducerService, kafkaConsumerService, installSignalHandlers } from 'kafka4';
  await initializeKafka4();
  let handled = 0;
  kafkaConsumerService.registerUserEventHandler(async () => { handled += 1; });
  await kafkaConsumerService.startConsumer('user-events', 'group-' + process.pid);`;

const PROTOCOLS = ['PLAINTEXT', 'SASL_SSL'];

test.each(PROTOCOLS)(
  '%s: process.exit() with publishes in flight and a consumer is no crash, ten times',
  async (protocol) => {
    for (let i = 0; i < 10; i++) {
      const result = await run(
        protocol,
        `${CONSUME}
       for (let i = 0; i < 5000; i++) kafkaProducerService.publishUserEvent('e', 'u' + i, { i }).catch(() => {});
       setTimeout(() => process.exit(7), ${i * 5});`,
      );
      expect(result).toMatchObject({ code: 7, signal: null, hung: false, stderr: '' });
    }
  },
  120_000,
);

test.each(PROTOCOLS)(
  '%s: a process.exit() while it connects is no crash, ten times',
  async (protocol) => {
    for (let i = 0; i < 10; i++) {
      const script = `import { initializeKafka4 } from 'kafka4';
      initializeKafka4().catch(() => {});
      setTimeout(() => process.exit(7), ${i * 6});`;
      expect(await run(protocol, script)).toMatchObject({ code: 7, signal: null, hung: false, stderr: '' });
    }
  },
  60_000,
);

test.each(PROTOCOLS)(
  '%s: a script that only published ends by itself, and so does one after cleanup()',
  async (protocol) => {
    const publish = `import { kafkaProducerService } from 'kafka4'; await kafkaProducerService.publishUserEvent('e', 'u', {});`;
    expect(await run(protocol, publish)).toMatchObject({ code: 0, signal: null, hung: false, stderr: '' });
    const clean = `${CONSUME} await kafkaInitializationService.cleanup();`;
    expect(await run(protocol, clean)).toMatchObject({ code: 0, signal: null, hung: false, stderr: '' });
  },
  60_000,
);

test('SIGTERM with installSignalHandlers: what was published is stored, the group is left, offsets are committed', async () => {
  const group = unique('group');
  const result = await run(
    'PLAINTEXT',
    `import { initializeKafka4, kafkaProducerService, kafkaConsumerService, installSignalHandlers } from 'kafka4';
     await initializeKafka4();
     installSignalHandlers();
     let handled = 0;
     kafkaConsumerService.registerNotificationEventHandler(async () => { handled += 1; });
     await kafkaConsumerService.startConsumer('notification-events', '${group}');
     await Promise.all(Array.from({ length: 200 }, (_, i) => kafkaProducerService.publishNotificationEvent('e', 'u' + i, {})));
     while (handled < 200) await new Promise((resolve) => setTimeout(resolve, 5));
     process.on('SIGTERM', () => {
       const all = Array.from({ length: 1000 }, (_, i) => kafkaProducerService.publishChatEvent('r' + i, 'u', { i }));
       Promise.allSettled(all).then((r) => console.log('stored', r.filter((x) => x.status === 'fulfilled').length));
     });
     console.log('ready');`,
    { onOutput: (stdout, child) => void (stdout === 'ready\n' && child.kill('SIGTERM')) },
  );
  expect(result).toMatchObject({ code: 143, hung: false, stdout: 'ready\nstored 1000\n' });
  const members = await broker.exec('ConsumerGroupCommand', ['--describe', '--group', group, '--members']);
  expect(members).not.toMatch(/edu-matrix-interlinked/);
  const offsets = await broker.exec('ConsumerGroupCommand', ['--describe', '--group', group]);
  const rows = offsets.split('\n').filter((line) => line.includes('notification-events'));
  // GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG …
  const columns = rows.map((row) => row.trim().split(/\s+/).map(Number));
  expect(columns.map(([, , , , , lag]) => lag)).toEqual([0, 0, 0]);
  expect(columns.reduce((sum, [, , , committed = 0]) => sum + committed, 0)).toBe(200);
}, 60_000);

test.each(PROTOCOLS)(
  '%s: fifty workers terminated in the middle do not kill the process, and their threads go',
  async (protocol) => {
    const result = await run(
      protocol,
      `${MAIN}
    (async () => {
      const k = require('kafka4');
      await k.initializeKafka4();
      await run({ i: '${protocol}-first' }, 'publishing');
      const before = threads();
      const points = ${JSON.stringify(POINTS)};
      for (let i = 0; i < 50; i += 5) {
        await Promise.all([0, 1, 2, 3, 4].map((n) => run({ i: '${protocol}-' + (i + n) }, points[(i + n) % points.length], n * 3)));
      }
      const settled = await until(() => threads() <= before + 3);
      await k.kafkaProducerService.publishUserEvent('e', 'u', {});
      console.log(JSON.stringify({ before, after: threads(), settled }));
      await k.kafkaInitializationService.cleanup();
    })();`,
      { type: 'commonjs', within: 150_000 },
    );
    expect(result).toMatchObject({ code: 0, signal: null, hung: false, stderr: '' });
    expect(lastLine(result)).toMatchObject({ settled: true });
  },
  180_000,
);

test('a consumer process that was killed: the next one of its group starts within KAFKA_TIMEOUT and goes on', async () => {
  const group = unique('group');
  const consume = `
    import { initializeKafka4, kafkaProducerService, kafkaConsumerService, kafkaInitializationService } from 'kafka4';
    await initializeKafka4();
    let handled = 0;
    kafkaConsumerService.registerCourseEventHandler(async () => { handled += 1; });
    await kafkaConsumerService.startConsumer('course-events', '${group}');
    await kafkaProducerService.publishCourseEvent('e', 'c', 'u', {});
    while (handled < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    console.log('handled');`;
  const first = await run('PLAINTEXT', consume, { onOutput: (_stdout, child) => void child.kill('SIGKILL') });
  expect(first).toMatchObject({ signal: 'SIGKILL', stdout: 'handled\n' });
  const second = await run('PLAINTEXT', `${consume} await kafkaInitializationService.cleanup();`, { within: 60_000 });
  expect(second).toMatchObject({ code: 0, stdout: 'handled\n', stderr: '' });
}, 120_000);
