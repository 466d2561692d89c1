// Contract section 5: SIGTERM and SIGINT can be hooked by one call; what is in flight is drained.

import { runScript } from '../support/child';

const env = { KAFKA_BROKER: 'embedded' };

const START = `
  import { initializeKafka4, installSignalHandlers, kafkaInitializationService, kafkaProducerService, kafkaConsumerService } from 'kafka4';
  await initializeKafka4();`;

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)(
  '%s with installSignalHandlers: publishes are acknowledged, the handler finishes, then code %d',
  async (signal, code) => {
    const result = await runScript(
      `${START}
     installSignalHandlers();
     let begun = false;
     kafkaConsumerService.registerUserEventHandler(async () => {
       if (begun) return;
       begun = true;
       console.log('ready');
       await new Promise((resolve) => setTimeout(resolve, 500));
       console.log('handler finished');
     });
     // Before the event that makes the handler say that it is ready.
     process.on('${signal}', () => {
       const all = Array.from({ length: 2000 }, (_, i) => kafkaProducerService.publishCourseEvent('e', 'c' + i, 'u', { i }));
       Promise.allSettled(all).then((results) => {
         console.log('acknowledged', results.filter((result) => result.status === 'fulfilled').length);
       });
     });
     await kafkaConsumerService.startConsumer('user-events', 'group');
     await kafkaProducerService.publishUserEvent('e', 'u', {});`,
      {
        env,
        onOutput: (stdout, child) => {
          if (stdout === 'ready\n') child.kill(signal);
        },
      },
    );
    expect(result).toMatchObject({ code, signal: null, hung: false });
    expect(result.stdout.split('\n').sort()).toEqual(['', 'acknowledged 2000', 'handler finished', 'ready']);
  },
);

test('installSignalHandlers({ exit }) leaves the end to the application, after cleanup', async () => {
  const result = await runScript(
    `${START}
     installSignalHandlers({
       signals: ['SIGUSR2'],
       exit: (signal) => { console.log(signal, kafkaInitializationService.isKafkaInitialized()); clearInterval(timer); },
     });
     const timer = setInterval(() => {}, 1000);
     console.log('ready');`,
    { env, onOutput: (stdout, child) => void (stdout === 'ready\n' && child.kill('SIGUSR2')) },
  );
  expect(result).toMatchObject({ code: 0, signal: null, hung: false, stdout: 'ready\nSIGUSR2 false\n' });
});

test('the function that installSignalHandlers returns takes the hooks away', async () => {
  const result = await runScript(
    `${START}
     const before = process.listenerCount('SIGTERM');
     const remove = installSignalHandlers();
     const during = process.listenerCount('SIGTERM');
     remove();
     console.log(before, during, process.listenerCount('SIGTERM'), process.listenerCount('SIGINT'));`,
    { env },
  );
  expect(result).toMatchObject({ code: 0, stdout: '0 1 0 0\n' });
});

test('a second signal ends the process at once, although a handler never returns', async () => {
  let signalled = 0;
  const result = await runScript(
    `${START}
     installSignalHandlers();
     process.on('SIGTERM', () => console.log('signal'));
     kafkaConsumerService.registerUserEventHandler(() => { console.log('ready'); return new Promise(() => {}); });
     await kafkaConsumerService.startConsumer('user-events', 'group');
     await kafkaProducerService.publishUserEvent('e', 'u', {});`,
    {
      env,
      onOutput: (stdout, child) => {
        const wanted = (stdout.includes('ready') ? 1 : 0) + (stdout.includes('signal') ? 1 : 0);
        if (wanted > signalled) {
          signalled = wanted;
          child.kill('SIGTERM');
        }
      },
    },
  );
  expect(result).toMatchObject({ code: 143, signal: null, hung: false });
});

test('a handler that never returns holds a SIGTERM up for KAFKA_TIMEOUT at most', async () => {
  const result = await runScript(
    `${START}
     installSignalHandlers();
     kafkaConsumerService.registerUserEventHandler(() => { console.log('ready'); return new Promise(() => {}); });
     await kafkaConsumerService.startConsumer('user-events', 'group');
     await kafkaProducerService.publishUserEvent('e', 'u', {});`,
    {
      env: { ...env, KAFKA_TIMEOUT: '2000', KAFKA_LOG_LEVEL: '0' },
      onOutput: (_stdout, child) => void child.kill('SIGTERM'),
      within: 12_000,
    },
  );
  expect(result).toMatchObject({ code: 143, signal: null, hung: false });
});
