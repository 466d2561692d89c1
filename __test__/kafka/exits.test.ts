// Contract section 5: what keeps a process alive, and how it ends.

import { runScript } from '../support/child';

const env = { KAFKA_BROKER: 'embedded' };

const START = `
  import { initializeKafka4, kafkaInitializationService, kafkaProducerService, kafkaConsumerService, checkKafkaHealth } from 'kafka4';
  await initializeKafka4();`;

const CONSUME = `
  let handled = 0;
  kafkaConsumerService.registerUserEventHandler(async () => { handled += 1; });
  await kafkaConsumerService.startConsumer('user-events', 'group');`;

const ENDED = { code: 0, signal: null, hung: false, stderr: '' };

test('after cleanup() the process exits by itself with code 0, consumers and all', async () => {
  const result = await runScript(
    `${START} ${CONSUME}
     await Promise.all(Array.from({ length: 100 }, (_, i) => kafkaProducerService.publishUserEvent('e', 'u' + i, {})));
     while (handled < 100) await new Promise((resolve) => setTimeout(resolve, 10));
     await kafkaInitializationService.cleanup();
     console.log('clean');`,
    { env },
  );
  expect(result).toMatchObject({ ...ENDED, stdout: 'clean\n' });
});

test('a script that only published and finished exits by itself, without cleanup()', async () => {
  const result = await runScript(
    `import { kafkaProducerService, kafkaAdminService } from 'kafka4';
     await kafkaAdminService.createTopics([{ name: 'user-events', partitions: 1, retentionMs: -1 }]);
     const [{ offset }] = await kafkaProducerService.publishUserEvent('e', 'u', {});
     console.log(offset);`,
    { env },
  );
  expect(result).toMatchObject({ ...ENDED, stdout: '0\n' });
});

test('a publish that nobody awaits is still sent: the process lives until it is acknowledged', async () => {
  const result = await runScript(
    `${START}
     kafkaProducerService.publishUserEvent('e', 'u', {}).then(([{ offset }]) => console.log('stored at', offset));`,
    { env },
  );
  expect(result).toMatchObject({ ...ENDED, stdout: 'stored at 0\n' });
});

test('a script that asked for health and status exits by itself, without cleanup()', async () => {
  const result = await runScript(`${START} console.log(await checkKafkaHealth());`, { env });
  expect(result).toMatchObject({ ...ENDED, stdout: 'true\n' });
});

test('a running consumer keeps the process alive; stopping it lets the process end', async () => {
  const result = await runScript(
    `${START} ${CONSUME}
     console.log('consuming');
     // A timer that keeps nothing alive by itself: it can only fire while the consumer does.
     setTimeout(async () => {
       await kafkaProducerService.publishUserEvent('e', 'u', {});
       while (handled < 1) await new Promise((resolve) => setTimeout(resolve, 10).unref());
       console.log('still here');
       await kafkaConsumerService.stopConsumer('user-events');
       console.log('stopped');
     }, 1500).unref();`,
    { env },
  );
  expect(result).toMatchObject({ ...ENDED, stdout: 'consuming\nstill here\nstopped\n' });
});

test('stopAllConsumers() lets the process end too', async () => {
  const result = await runScript(`${START} ${CONSUME} await kafkaConsumerService.stopAllConsumers();`, { env });
  expect(result).toMatchObject(ENDED);
});

test.each([0, 7])(
  'process.exit(%d) with publishes in flight and a consumer ends at once with that code',
  async (code) => {
    for (let i = 0; i < 5; i++) {
      const result = await runScript(
        `${START} ${CONSUME}
       for (let i = 0; i < 5000; i++) kafkaProducerService.publishUserEvent('e', 'u' + i, { i }).catch(() => {});
       setTimeout(() => { console.log('exiting'); process.exit(${code}); }, ${i * 10});`,
        { env },
      );
      expect(result).toMatchObject({ ...ENDED, code, stdout: 'exiting\n' });
    }
  },
  60_000,
);

test('an uncaught exception in flight ends the process with code 1, not by a crash', async () => {
  const result = await runScript(
    `${START} ${CONSUME}
     for (let i = 0; i < 1000; i++) kafkaProducerService.publishUserEvent('e', 'u' + i, { i }).catch(() => {});
     setTimeout(() => { throw new Error('a bug of the application'); }, 5);`,
    { env },
  );
  expect(result).toMatchObject({ code: 1, signal: null, hung: false });
  expect(result.stderr).toContain('a bug of the application');
});

test('a process whose broker is away ends by itself after the rejection', async () => {
  const result = await runScript(
    `import { initializeKafka4 } from 'kafka4';
     await initializeKafka4().catch((error) => console.log(error.code));`,
    { env: { KAFKA_BROKER: '127.0.0.1:1', KAFKA_TIMEOUT: '1000', KAFKA_LOG_LEVEL: '0' } },
  );
  expect(result).toMatchObject({ ...ENDED, stdout: 'ERR_KAFKA_CONNECTION_FAILED\n' });
  expect(result.ms).toBeLessThan(8_000);
});

test('twenty cycles of initialize and cleanup leave no thread and no socket behind', async () => {
  const result = await runScript(
    `import { readdirSync } from 'node:fs';
     ${START}
     const count = () => [readdirSync('/proc/self/task').length, readdirSync('/proc/self/fd').length];
     const cycle = async () => {
       await initializeKafka4();
       await kafkaProducerService.publishUserEvent('e', 'u', {});
       await kafkaInitializationService.cleanup();
     };
     for (let i = 0; i < 3; i++) await cycle();
     const first = count();
     for (let i = 0; i < 20; i++) await cycle();
     const settled = () => count().every((n, i) => n <= first[i] + 3);
     for (let i = 0; i < 500 && !settled(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
     console.log(JSON.stringify({ first, last: count(), settled: settled() }));`,
    { env, within: 40_000 },
  );
  expect(result).toMatchObject(ENDED);
  expect(JSON.parse(result.stdout)).toMatchObject({ settled: true });
}, 60_000);
