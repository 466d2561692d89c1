// The body of a worker thread: loads kafka4, consumes, sends without a pause, and tells how far it is.

import { parentPort, workerData } from 'node:worker_threads';

const { entry, way, name } = workerData;
const kafka = await import(entry);
parentPort.postMessage('loaded');
await kafka.initializeKafka4();
parentPort.postMessage('initialized');

let handled = 0;
kafka.kafkaConsumerService.registerUserEventHandler(async () => {
  handled += 1;
  if (handled === 1) parentPort.postMessage('consuming');
  await new Promise((resolve) => setTimeout(resolve, 1));
});
const started = kafka.kafkaConsumerService.startConsumer('user-events', `exits-${process.pid}-${name}`);
let sending = true;
for (let n = 0; n < 100; n += 1) void keepSending(n);
parentPort.postMessage('publishing');
await started;

async function keepSending(n) {
  while (sending) await kafka.kafkaProducerService.publishUserEvent('exits', `user-${n}`, { n });
}

/** What a worker does by itself; a terminated one goes on until it is gone. */
const ENDS = {
  'worker-exit': () => process.exit(3),
  'worker-throw': () => {
    throw new Error('a defect of the worker');
  },
  'worker-natural': async () => {
    sending = false;
    await kafka.kafkaInitializationService.cleanup();
    parentPort.close();
  },
};
if (way in ENDS) {
  while (handled === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  setImmediate(() => void ENDS[way]());
}
