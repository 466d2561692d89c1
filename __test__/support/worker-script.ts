// Scripts for processes with worker threads that load, publish and consume.

/** What a worker does, sent to it as text. `step` tells the main thread how far it is. */
const WORK = `
  const { parentPort, workerData } = require('node:worker_threads');
  const k = require('kafka4');
  const step = (name) => parentPort.postMessage(name);
  (async () => {
    step('loaded');
    await k.initializeKafka4();
    step('initialized');
    let handled = 0;
    k.kafkaConsumerService.registerUserEventHandler(async () => {
      if (++handled === 1) step('consuming');
      await new Promise((resolve) => setTimeout(resolve, 1));
    });
    const consuming = k.kafkaConsumerService.startConsumer('user-events', 'group-' + workerData.i);
    for (let i = 0; !workerData.once || i < 3; i++) {
      const all = Array.from({ length: 200 }, (_, n) => k.kafkaProducerService.publishUserEvent('e', 'u' + n, { n }));
      if (i === 0) step('publishing');
      await Promise.all(all);
    }
    await consuming;
    if (workerData.clean) await k.kafkaInitializationService.cleanup();
    if (workerData.once) { await k.kafkaInitializationService.cleanup(); step('done'); }
  })().catch((error) => { step('failed: ' + error.stack); });`;

/** For a CommonJS script: `run(workerData, terminateAt, after)` gives the exit code and the steps of a worker. */
export const MAIN = `
  const { Worker } = require('node:worker_threads');
  const { readdirSync } = require('node:fs');
  const threads = () => readdirSync('/proc/self/task').length;
  const WORK = ${JSON.stringify(WORK)};
  const until = async (condition) => {
    for (let i = 0; i < 1500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    return condition();
  };
  const run = (workerData, terminateAt, after = 0) => new Promise((resolve, reject) => {
    const worker = new Worker(WORK, { eval: true, workerData });
    const steps = [];
    worker.on('error', reject);
    worker.on('exit', (code) => resolve({ code, steps }));
    worker.on('message', (name) => {
      steps.push(name);
      if (name.startsWith('failed')) reject(new Error(name));
      if (name === terminateAt) setTimeout(() => worker.terminate(), after);
    });
  });`;

/** The steps of a worker at which it can be terminated. */
export const POINTS = ['loaded', 'initialized', 'publishing', 'consuming'];
