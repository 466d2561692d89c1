// A program that terminates fifty worker threads, each in the middle of something else.

/** What a worker leaves open; it says so when it has come to that. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const k = require('kafka4');
const { startEmbeddedKafka, waitForEvent } = require('kafka4/testing');
const kinds = {
  async consuming() {
    await k.initializeKafka4();
    let handled = 0;
    k.kafkaConsumerService.registerUserEventHandler(async () => {
      if (++handled === 1) parentPort.postMessage('there');
      await new Promise((resolve) => setTimeout(resolve, 1));
    });
    await k.kafkaConsumerService.startConsumer('user-events', 'consuming-' + workerData.i);
    for (;;) await Promise.all(Array.from({ length: 100 }, (_, n) => k.kafkaProducerService.publishUserEvent('e', 'u' + n, {})));
  },
  async endless() {
    await k.initializeKafka4();
    k.kafkaConsumerService.registerChatEventHandler(() => { parentPort.postMessage('there'); return new Promise(() => {}); });
    await k.kafkaConsumerService.startConsumer('chat-events', 'endless-' + workerData.i);
    await k.kafkaProducerService.publishChatEvent('r', 'u', {});
  },
  async publishing() {
    await k.initializeKafka4();
    for (let i = 0; i < 5000; i++) k.kafkaProducerService.publishUserEvent('e', 'u' + i, { i }).catch(() => {});
    parentPort.postMessage('there');
  },
  async dead() {
    k.kafkaConfig.brokers = ['127.0.0.1:1'];
    k.kafkaProducerService.publishUserEvent('e', 'u', {}).catch(() => {});
    setTimeout(() => parentPort.postMessage('there'), 20);
  },
  async testing() {
    await startEmbeddedKafka();
    k.kafkaProducerService.publishUserEvent('e', 'u', {}).catch(() => {});
    waitForEvent('never').catch(() => {});
    parentPort.postMessage('there');
  },
};
kinds[workerData.kind]().catch((error) => parentPort.postMessage('failed: ' + error.stack));
setInterval(() => {}, 1000);
`;

export const WORKERS = `
const { Worker } = require('node:worker_threads');
const KINDS = ['consuming', 'endless', 'publishing', 'dead', 'testing'];
const counts = new Map();
const one = (i) => new Promise((resolve, reject) => {
  const kind = KINDS[i % KINDS.length];
  const worker = new Worker(${JSON.stringify(WORKER)}, { eval: true, workerData: { kind, i } });
  worker.on('error', reject);
  worker.on('message', (message) => {
    if (message !== 'there') return reject(new Error(kind + ' ' + i + ' ' + message));
    setTimeout(() => worker.terminate().then(() => { counts.set(kind, (counts.get(kind) ?? 0) + 1); resolve(); }), i % 7);
  });
});
(async () => {
  // Loaded here, too, as a main program would.
  await require('kafka4').initializeKafka4();
  for (let i = 0; i < 50; i++) await one(i);
  await require('kafka4').kafkaInitializationService.cleanup();
  const same = new Set(counts.values()).size === 1;
  console.log('fifty workers, ' + (same ? counts.get('dead') : 'not the same') + ' of each kind: ' + [...counts.keys()].join(', '));
  console.log('all terminated');
})().catch((error) => { console.error(error); process.exit(9); });
`;
