// A worker thread that sends and waits for its end, with its client open.

import { parentPort, workerData } from 'node:worker_threads';
import { kafkaProducerService } from 'kafka4';

const sends = Array.from({ length: workerData.messages }, (_, n) =>
  kafkaProducerService.publishUserEvent('cycle', `user-${n}`, { n }),
);
await Promise.all(sends);
parentPort.postMessage('sent');
