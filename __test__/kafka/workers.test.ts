// Worker threads: load, publish, consume and terminate() in the middle, fifty times, without killing the process.

import { lastLine, runScript } from '../support/child';
import { MAIN, POINTS } from '../support/worker-script';

const env = { KAFKA_BROKER: 'embedded' };

test('fifty workers terminated in the middle do not kill the process, and their threads go', async () => {
  const result = await runScript(
    `${MAIN}
    (async () => {
      const k = require('kafka4');
      await k.initializeKafka4();
      await run({ i: 'first' }, 'consuming');
      const before = threads();
      const points = ${JSON.stringify(POINTS)};
      for (let i = 0; i < 50; i++) await run({ i }, points[i % points.length], i % 7);
      const settled = await until(() => threads() <= before + 3);
      const [{ offset }] = await k.kafkaProducerService.publishCourseEvent('e', 'c', 'u', {});
      console.log(JSON.stringify({ before, after: threads(), settled, offset }));
      await k.kafkaInitializationService.cleanup();
    })().catch((error) => { console.error(error); process.exit(9); });`,
    { type: 'commonjs', env, within: 100_000 },
  );
  expect(result).toMatchObject({ code: 0, signal: null, hung: false });
  expect(lastLine(result)).toMatchObject({ settled: true, offset: '0' });
}, 120_000);

test('many workers at once, terminated while all of them publish and consume', async () => {
  const result = await runScript(
    `${MAIN}
    (async () => {
      for (let round = 0; round < 3; round++) {
        await Promise.all([0, 1, 2, 3, 4, 5].map((i) => run({ i: round + '-' + i }, 'publishing', i * 5)));
      }
      console.log('alive');
    })().catch((error) => { console.error(error); process.exit(9); });`,
    { type: 'commonjs', env, within: 60_000 },
  );
  expect(result).toMatchObject({ code: 0, signal: null, hung: false, stdout: 'alive\n' });
}, 90_000);

test('workers have clients of their own, share the embedded broker, clean up and end by themselves', async () => {
  const result = await runScript(
    `${MAIN}
    (async () => {
      const results = await Promise.all([1, 2, 3].map((i) => run({ i, once: true })));
      const k = require('kafka4');
      let seen = 0;
      k.kafkaConsumerService.registerUserEventHandler(async () => { seen += 1; });
      await k.kafkaConsumerService.startConsumer('user-events', 'all');
      await until(() => seen >= 1800);
      await k.kafkaInitializationService.cleanup();
      console.log(JSON.stringify({ results, seen }));
    })().catch((error) => { console.error(error); process.exit(9); });`,
    { type: 'commonjs', env, within: 60_000 },
  );
  expect(result).toMatchObject({ code: 0, hung: false });
  const { results, seen } = lastLine<{ results: { code: number; steps: string[] }[]; seen: number }>(result);
  for (const { code, steps } of results) expect([code, steps.at(-1)]).toEqual([0, 'done']);
  expect(seen).toBe(1_800);
}, 90_000);

test('a worker that only published ends by itself, and process.exit in a worker is no crash', async () => {
  const publish = `
    const k = require('kafka4');
    k.initializeKafka4().then(async () => {
      await k.kafkaProducerService.publishUserEvent('e', 'u', {});
      if (require('node:worker_threads').workerData === 'exit') {
        for (let i = 0; i < 1000; i++) k.kafkaProducerService.publishUserEvent('e', 'u' + i, {}).catch(() => {});
        process.exit(5);
      }
    });`;
  const result = await runScript(
    `const { Worker } = require('node:worker_threads');
     const run = (workerData) => new Promise((resolve) =>
       new Worker(${JSON.stringify(publish)}, { eval: true, workerData }).on('exit', resolve));
     (async () => { console.log(await run('end'), await run('exit'), await run('end')); })();`,
    { type: 'commonjs', env },
  );
  expect(result).toMatchObject({ code: 0, signal: null, hung: false, stdout: '0 5 0\n' });
});

test('the main thread exits while workers publish and consume', async () => {
  const result = await runScript(
    `${MAIN}
     let ready = 0;
     for (let i = 0; i < 3; i++) {
       new Worker(WORK, { eval: true, workerData: { i } }).on('message', (name) => {
         if (name === 'consuming' && ++ready === 3) process.exit(3);
       });
     }`,
    { type: 'commonjs', env },
  );
  expect(result).toMatchObject({ code: 3, signal: null, hung: false });
});
